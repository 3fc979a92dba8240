import Catalog
import Foundation
import Pipeline
import Storage
import Support
import Testing
import VectorSearch
import Vision

extension VectorShop {
  fileprivate func adaptation(of model: URL = RealModel.folder) -> CatalogAdaptation {
    let path = folder.path
    return CatalogAdaptation(
      store: store, lane: ComputeLane(threads: 1), model: model,
      folder: { [models] in models.appending(path: $0) },
      index: { "\(path)/\($0).index" })
  }

  fileprivate static var training: HeadTraining {
    var training = HeadTraining()
    (training.hidden, training.outputs, training.batch, training.steps) = (24, 8, 48, 40)
    training.rate = 1e-2
    return training
  }
}

@Suite struct CatalogAdaptationTests {
  @Test func `a head that gains answers from then on, over every vector there was`() async throws {
    let shop = try await VectorShop(products: 80, isTold: true)
    let base = shop.model.modelID
    // What an adaptation left that was killed, and a model that another took the place of.
    let left = ["\(base)-head-0123456789ab", "\(base)-head-ba9876543210"]
    for left in left {
      _ = try await shop.store.enqueueEmbeddings(model: left, dimension: 264)
      for place in [
        shop.index(left), shop.models.path + "/\(left)", shop.models.path + "/.\(left).new",
      ] {
        try FileManager.default.createDirectory(
          atPath: place, withIntermediateDirectories: true)
      }
    }
    try await shop.store.useModel(
      left[1], folder: shop.models.appending(path: left[1]).path, now: .now)
    try await shop.store.useModel(base, folder: RealModel.folder.path, now: .now)
    // A picture whose vector is not there yet.
    let late = shop.images[7]
    let writer = try IndexWriter(
      folder: shop.index(base),
      identity: IndexIdentity(model: base, dimension: shop.model.dimension))
    try writer.delete(keys: [UInt64(late.rawValue)])
    // Two boxes of a picture, of which one has its vector.
    let seen = try [0, 0.5].map {
      Detection(
        region: try #require(Region(x: $0, y: 0, width: 0.5, height: 1)), name: "dress", score: 1)
    }
    try await shop.store.recordBoxes(seen, in: shop.images[3], by: "cells", now: .now)
    let boxes = try await shop.store.boxOverview(of: shop.images[3]).boxes.map(\.id)
    let part = try #require(try writer.snapshot.vector(for: shop.images[4].vectorKey))
    try writer.append(keys: [boxes[0].vectorKey], vectors: part)
    try await shop.store.completeBoxes([boxes[0]], model: base, now: .now)

    let trial = try await shop.adaptation().train(VectorShop.training)
    #expect(trial.report.refusal == nil && trial.report.adapted == nil)
    #expect(trial.report.pictures == 159 && trial.report.products == 80)
    #expect(trial.report.gains.map(\.facet) == ["product", "category"])
    #expect(trial.report.gains.map(\.gain).max() ?? 0 > 0.05)
    #expect(
      try await shop.store.modelInUse()?.name == base, "training alone changes nothing")

    let report = try await shop.adaptation().putToUse(trial)
    let used = try #require(try await shop.store.modelInUse())
    #expect(used.name == report.adapted && report.vectors == 160)
    let embedder = try OpenVINOEmbedder(model: URL(filePath: used.folder))
    #expect(embedder.modelID == used.name && embedder.baseID == base)
    let index = try IndexReader(folder: shop.index(used.name)).snapshot
    #expect(index.count == 160 && index.identity?.dimension == embedder.dimension)
    let key = UInt64(shop.images[3].rawValue)
    let stored = try #require(try writer.snapshot.vector(for: key))
    let wanted = try #require(embedder.head)
      .adapted(VectorTable(dimension: stored.count, values: stored))[0]
    for (a, b) in zip(try #require(try index.vector(for: key)), wanted) {
      #expect(abs(a - b) < 1e-6)
    }

    let adaptedPart = try #require(try index.vector(for: boxes[0].vectorKey))
    let adaptedWhole = try #require(try index.vector(for: shop.images[4].vectorKey))
    for (a, b) in zip(adaptedPart, adaptedWhole) { #expect(abs(a - b) < 1e-6) }
    #expect(try await shop.store.embeddedBoxes(model: used.name) == [boxes[0]])
    #expect(try await shop.store.queuedBoxes(model: used.name) == 1)

    let records = try await shop.store.models()
    #expect(Set(records.map(\.name)) == [base, used.name], "what was left is gone")
    #expect(records.first { $0.name == used.name }.map { [$0.done, $0.queued] } == [159, 1])
    for left in left { #expect(!FileManager.default.fileExists(atPath: shop.index(left))) }
    let folders = try FileManager.default.contentsOfDirectory(atPath: shop.models.path)
    #expect(folders == [used.name])

    // Again: the same vectors, nothing twice.
    #expect(try await shop.adaptation().putToUse(trial).vectors == 160)
    // From the adapted model: training starts from the base's vectors.
    let next = try await shop.adaptation(of: URL(filePath: used.folder)).train(VectorShop.training)
    #expect(next.report.model == used.name && next.report.base == base)
    for (a, b) in zip(next.report.gains, trial.report.gains) {
      #expect(abs(a.base.meanAveragePrecision - b.base.meanAveragePrecision) < 1e-3)
    }
    // Nothing came since: rounding makes another head, and it is not put to use.
    #expect(next.report.isLearnt && !trial.report.isLearnt)
    let settled = try await shop.adaptation(of: URL(filePath: used.folder)).putToUse(next)
    #expect(settled.adapted == nil && settled.refusal == nil)
    #expect(try await shop.store.modelInUse()?.name == used.name)
    #expect(try await shop.store.models().count == 2)
  }

  @Test func `a head that gains nothing changes nothing`() async throws {
    let shop = try await VectorShop(products: 120, isTold: false)
    let trial = try await shop.adaptation().train(VectorShop.training)
    let report = try await shop.adaptation().putToUse(trial)
    #expect(report.adapted == nil && report.refusal != nil && report.vectors == nil)
    #expect(try await shop.store.modelInUse() == nil)
    #expect(try await shop.store.models().map(\.name) == [shop.model.modelID])
    #expect(!FileManager.default.fileExists(atPath: shop.models.path))
  }

  @Test func `a catalog of few products is refused with the bound`() async throws {
    let shop = try await VectorShop(products: 49, isTold: true)
    await #expect {
      try await shop.adaptation().train(VectorShop.training)
    } throws: { error in
      error as? CatalogAdaptation.Refusal == .tooFew(pictures: 98, products: 49)
        && "\(error)".contains("at least 100 of 50")
    }
  }
}
