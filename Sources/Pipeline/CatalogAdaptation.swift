import Catalog
import Foundation
import Storage
import VectorSearch
import Vision

/// Trains a head on what a catalog says of its own pictures and, where that helps, lets the model with
/// the head answer.
///
/// No picture is decoded: vectors come from the index of the model in use. Where that has a head
/// already its vectors begin with the base model's, and training starts from those.
package struct CatalogAdaptation: Sendable {
  /// Fewer say too little about what a head gains.
  package static let leastProducts = 50
  package static let leastPictures = 100
  /// The newest are trained on: the vectors of these fit into memory twice.
  private static let mostPictures = 100_000
  private static let batch = 1024

  /// Why a catalog is not trained on; nothing was changed.
  package enum Refusal: Error, Equatable, CustomStringConvertible {
    case tooFew(pictures: Int, products: Int)

    package var description: String {
      switch self {
      case .tooFew(let pictures, let products):
        "too little to learn from: \(pictures) different pictures of \(products) products have a "
          + "vector, at least \(leastPictures) of \(leastProducts) are needed"
      }
    }
  }

  /// What was trained on and what it gained.
  package struct Report: Sendable, Encodable {
    /// The model that answered when the training began.
    package var model: String
    /// The same without a head.
    package var base: String
    /// Of products and with a vector, copies counted once.
    package var pictures: Int
    package var products: Int
    /// How many of the pictures have a label, by its kind.
    package var labelled: [String: Int]
    package var trainedOn: Int
    package var heldOut: Int
    package var weight: Float
    /// On pictures of products that the trial head never saw.
    package var gains: [Adaptation.Gain]
    /// Of mAP, over the kinds of label, and its standard error.
    package var meanGain: Double
    package var standardError: Double
    /// Whether the head of the model in use was learnt from just this: then it stays.
    package var isLearnt: Bool
    /// Why the head is not worth using; `nil` where it is.
    package var refusal: String?
    package var seconds: Double
    /// The model that was put to use; `nil` where none was.
    package var adapted: String?
    /// In the index of `adapted`.
    package var vectors: Int?
  }

  /// A trained head that changed nothing yet.
  package struct Trial: Sendable {
    package fileprivate(set) var report: Report
    let head: Head?
    fileprivate let lesson: Lesson
    fileprivate let source: Source
  }

  /// The vectors of the base model, out of the index of the model in use.
  fileprivate struct Source: Sendable {
    var snapshot: Snapshot
    var embedder: OpenVINOEmbedder

    func contains(_ key: UInt64) -> Bool { snapshot.contains(key) }

    func vectors(of keys: [UInt64]) throws(IndexError) -> VectorTable {
      let inputs = embedder.head?.inputs ?? embedder.dimension
      var table = VectorTable(dimension: inputs)
      for key in keys {
        guard let vector = try snapshot.vector(for: key) else {
          preconditionFailure("\(VectorKey(key)) was found in this snapshot before")
        }
        table.append(Array(vector.prefix(inputs)))
      }
      return embedder.head == nil ? table : table.normalised()
    }
  }

  private let store: CatalogStore
  private let lane: ComputeLane
  private let model: URL
  private let folder: @Sendable (_ model: String) -> URL
  private let index: @Sendable (_ model: String) -> String

  /// - Parameters:
  ///   - model: the folder of the model in use.
  ///   - folder: where an adapted model is; all stand in one folder.
  ///   - index: where the index of a model is.
  package init(
    store: CatalogStore, lane: ComputeLane, model: URL,
    folder: @escaping @Sendable (_ model: String) -> URL,
    index: @escaping @Sendable (_ model: String) -> String
  ) {
    self.store = store
    self.lane = lane
    self.model = model
    self.folder = folder
    self.index = index
  }

  /// Trains and measures; changes nothing.
  ///
  /// - Throws: ``Refusal`` where the catalog holds too little.
  package func train(_ training: HeadTraining = HeadTraining()) async throws -> Trial {
    let clock = ContinuousClock()
    let start = clock.now
    let embedder = try await lane.run { [model] () throws(EmbedError) in
      try OpenVINOEmbedder(model: model, streams: 1)
    }
    let source = Source(
      snapshot: try IndexReader(folder: index(embedder.modelID)).snapshot, embedder: embedder)
    let pictures = try await store.pictureLabels(
      model: embedder.modelID, limit: Self.mostPictures
    ).filter { source.contains($0.image.vectorKey) }
    let products = Set(pictures.map(\.product)).count
    guard pictures.count >= Self.leastPictures, products >= Self.leastProducts else {
      throw Refusal.tooFew(pictures: pictures.count, products: products)
    }
    let labels = WeakLabels(of: pictures)
    let keys = pictures.map(\.image.vectorKey)
    let lesson = Lesson(base: embedder.baseID, keys: keys, labels: labels, training: training)
    let adaptation = try await lane.run { () throws(IndexError) in
      Adaptation(of: try source.vectors(of: keys), labels: labels, training: training)
    }
    let report = Report(
      model: embedder.modelID, base: embedder.baseID, pictures: pictures.count, products: products,
      labelled: Dictionary(
        uniqueKeysWithValues: labels.facets.map { ($0.name, $0.values.count { !$0.isEmpty }) }),
      trainedOn: adaptation.trainedOn, heldOut: adaptation.heldOut, weight: adaptation.weight,
      gains: adaptation.gains, meanGain: adaptation.meanGain,
      standardError: adaptation.standardError, isLearnt: lesson.isLearnt(byModelIn: model),
      refusal: adaptation.refusal,
      seconds: (clock.now - start) / .seconds(1))
    return Trial(report: report, head: adaptation.head, lesson: lesson, source: source)
  }

  /// Writes the adapted model and its index and lets it answer; a trial whose head is not worth it
  /// changes nothing.
  ///
  /// The model's folder comes first, then its vectors, after each batch its jobs, and last the one
  /// transaction that puts it to use: until then the model before answers, and it stays for whoever goes
  /// back. Adapted models before that, and what an interruption leaves, are removed by the next call. The
  /// caller holds the writer's lock.
  package func putToUse(_ trial: Trial) async throws -> Report {
    var report = trial.report
    guard let head = trial.head else { return report }
    let name = "\(report.base)-\(head.id)"
    try await removeLeftovers(of: report, before: name)
    guard name != report.model, !report.isLearnt else { return report }
    let identity = try IndexIdentity(
      model: name, dimension: head.dimension,
      element: IndexIdentity.ofIndex(in: index(report.model))?.element ?? .f32)
    let folder = self.folder(name)
    if !FileManager.default.fileExists(atPath: folder.path) {
      let written = try await lane.run { [model] in
        try AdaptedModel.write(head, learntFrom: trial.lesson, to: model, as: folder)
      }
      precondition(written == name, "\(written) was written, \(name) wanted")
    }
    report.vectors = try await fillIndex(identity, head, trial)
    try await store.useModel(name, folder: folder.path, now: .now)
    report.adapted = name
    return report
  }

  /// - Returns: how many vectors the new index has.
  private func fillIndex(_ identity: IndexIdentity, _ head: Head, _ trial: Trial) async throws
    -> Int
  {
    _ = try await store.enqueueEmbeddings(model: identity.model, dimension: identity.dimension)
    let place = URL(filePath: index(identity.model))
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    let writer = try IndexWriter(folder: place.path, identity: identity)
    // What has no vector keeps its job: the next crawl embeds it by the new model.
    let vectors = try await store.embeddedVectors(model: trial.report.model)
      .filter { trial.source.contains($0.key) }
    for start in stride(from: 0, to: vectors.count, by: Self.batch) {
      try Task.checkCancellation()
      let part = Array(vectors[start..<min(start + Self.batch, vectors.count)])
      try await lane.run { () throws(IndexError) in
        let keys = part.map(\.key)
        let vectors = try trial.source.vectors(of: keys)
        _ = try writer.append(keys: keys, vectors: head.adapted(vectors).values)
      }
      try await store.completeVectors(part, model: identity.model, now: .now)
    }
    try await lane.run { () throws(IndexError) in _ = try writer.tend() }
    return writer.snapshot.count
  }

  /// Removes adapted models of the base that were never put to use or that others have taken the place
  /// of: their files first, so that what is left after a crash is still known.
  ///
  /// - Parameter next: what is put to use now.
  private func removeLeftovers(of report: Report, before next: String) async throws {
    let files = FileManager.default
    let records = try await store.models()
    let used = try await store.modelInUse()?.name
    let isLeft = { (record: ModelRecord) in
      record.name.hasPrefix("\(report.base)-head-") && record.name != report.model
        && record.name != used && (record.folder == nil || record.name != next)
    }
    for record in records where isLeft(record) {
      let place = index(record.name)
      if files.fileExists(atPath: place) { try files.removeItem(atPath: place) }
      try await store.removeModel(record.name)
    }
    let models = folder(report.base).deletingLastPathComponent()
    guard files.fileExists(atPath: models.path) else { return }
    let kept = Set(records.filter { !isLeft($0) }.map { folder($0.name).lastPathComponent })
    for name in try files.contentsOfDirectory(atPath: models.path)
    where name.contains("-head-") && !kept.contains(name) {
      try files.removeItem(at: models.appending(path: name))
    }
  }
}
