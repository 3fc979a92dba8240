import Synchronization
import VectorSearch
import Vision

/// A model with the index of its vectors.
package struct SearchModel: Sendable {
  package let index: IndexReader
  /// Absent where no model is installed: searches by picture answer `model_not_ready`.
  package let embedder: OpenVINOEmbedder?

  package init(index: IndexReader, embedder: OpenVINOEmbedder?) {
    self.index = index
    self.embedder = embedder
  }

  /// What one answer is made of, whatever comes after.
  struct Moment: Sendable {
    let snapshot: Snapshot
    let embedder: OpenVINOEmbedder?
  }

  var now: Moment { Moment(snapshot: index.snapshot, embedder: embedder) }
}

/// The model that answers, exchanged whole: an answer is of the one before or of the one after.
final class ModelInUse: Sendable {
  private let model: Mutex<SearchModel>

  init(_ model: SearchModel) { self.model = Mutex(model) }

  var current: SearchModel {
    get { model.withLock { $0 } }
    set { model.withLock { $0 = newValue } }
  }
}
