import Synchronization
import VectorSearch
import Vision

/// A model with the index of its vectors.
package struct SearchModel: Sendable {
  package let index: IndexReader
  /// Absent where no model is installed: searches by picture answer `model_not_ready`.
  package let embedder: OpenVINOEmbedder?
  /// Absent where the model has no text encoder: searches by words answer `no_text_model`.
  package let words: TextEmbedder?

  package init(index: IndexReader, embedder: OpenVINOEmbedder?, words: TextEmbedder? = nil) {
    self.index = index
    self.embedder = embedder
    self.words = words
  }

  /// What one answer is made of, whatever comes after.
  struct Moment: Sendable {
    var snapshot: Snapshot
    let embedder: OpenVINOEmbedder?
    let words: TextEmbedder?
  }

  var now: Moment { Moment(snapshot: index.snapshot, embedder: embedder, words: words) }
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
