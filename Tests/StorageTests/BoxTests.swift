import Catalog
import Foundation
import GRDB
import Schema
import Storage
import Support
import Testing

@Suite struct CatalogBoxTests {
  private static let detector = "cells-1"

  private func region(_ x: Double, _ y: Double = 0, _ side: Double = 0.25) throws -> Region {
    try #require(Region(x: x, y: y, width: side, height: side))
  }

  private func seen(_ x: Double, _ name: String = "dress", _ score: Double = 0.8) throws
    -> Detection
  {
    Detection(region: try region(x), name: name, score: score)
  }

  /// A catalog with a picture and two models.
  private func gallery() async throws -> (sample: Sample, image: ID<ImageRecord>) {
    let sample = try await Sample()
    for model in ["model", "other"] {
      _ = try await sample.store.enqueueEmbeddings(model: model, dimension: 8)
    }
    let image = try await sample.show(try sample.picture(1), at: "/1.jpg").id
    return (sample, image)
  }

  private func boxes(_ sample: Sample, _ image: ID<ImageRecord>) async throws -> [BoxRecord] {
    try await sample.store.boxOverview(of: image).boxes
  }

  @Test func `a region lies within its picture, exact to a millionth`() throws {
    #expect(Region(x: 0, y: 0, width: 1, height: 1) != nil)
    #expect(try #require(Region(x: 1.0 / 3, y: 0, width: 0.5, height: 0.5)).x == 0.333333)
    for (x, width) in [(-0.1, 0.5), (0.6, 0.5), (0, 0.009), (.nan, 0.5), (0, .infinity)] {
      #expect(Region(x: x, y: 0, width: width, height: 0.5) == nil)
      #expect(Region(x: 0, y: x, width: 0.5, height: width) == nil)
    }
  }

  @Test func `keys of boxes and of pictures are apart, and both come back`() {
    let picture = ID<ImageRecord>(7)
    let box = ID<Box>(7)
    #expect(picture.vectorKey == 7 && box.vectorKey != 7)
    #expect(VectorKey(picture.vectorKey) == .picture(picture))
    #expect(VectorKey(box.vectorKey) == .box(box))
  }

  @Test func `a picture's boxes come with their jobs and the end of its own`() async throws {
    let (sample, image) = try await gallery()
    let store = sample.store
    try await store.enqueueDetections(detector: Self.detector)
    let jobs = try await store.queuedDetections(detector: Self.detector, after: ID(0), limit: 9)
    #expect(jobs.map(\.image) == [image])
    try await store.recordBoxes(
      [seen(0), seen(0.5, "bag")], in: image, by: Self.detector, models: ["model"],
      now: Sample.start)
    #expect(try await store.queuedDetections() == 0)
    try await store.enqueueDetections(detector: Self.detector)
    #expect(try await store.queuedDetections() == 0)
    let overview = try await store.boxOverview(of: image)
    #expect(overview.detector == Self.detector && overview.revision == 2)
    #expect(overview.boxes.map(\.name) == ["dress", "bag"])
    #expect(overview.boxes.allSatisfy { $0.score == 0.8 && !$0.isEdited })
    let waiting = try await store.queuedBoxes(model: "model", after: ID(0), limit: 9)
    #expect(waiting.map(\.box) == overview.boxes.map(\.id))
    #expect(waiting.map(\.region) == overview.boxes.map(\.region))
    #expect(try await store.queuedBoxes(model: "other") == 0)
    _ = try await store.enqueueEmbeddings(model: "other", dimension: 8)
    #expect(try await store.queuedBoxes(model: "other") == 2)
  }

  @Test func `another detector looks again, and what stays where it is keeps its vector`()
    async throws
  {
    let (sample, image) = try await gallery()
    let store = sample.store
    try await store.recordBoxes(
      [seen(0), seen(0.3), seen(0.7, "bag")], in: image, by: "a", now: Sample.start)
    let before = try await boxes(sample, image)
    for model in ["model", "other"] {
      try await store.completeBoxes(before.map(\.id), model: model, now: Sample.start)
    }
    try await store.enqueueDetections(detector: "b")
    #expect(try await store.queuedDetections() == 1)
    // The first is where it was, the second a little aside, the third is not seen.
    try await store.recordBoxes(
      [seen(0, "dress", 0.9), seen(0.31)], in: image, by: "b", now: Sample.start)
    let after = try await boxes(sample, image)
    #expect(after.map(\.region.x) == [0, 0.31])
    #expect(after[0].id == before[0].id && after[0].score == 0.9)
    #expect(after[1].id != before[1].id)
    #expect(
      try await store.queuedBoxes(model: "model", after: ID(0), limit: 9).map(\.box)
        == [after[1].id])
    #expect(try await store.leavingBoxes(model: "model", limit: 9) == [before[1].id, before[2].id])
    let changes = try await store.boxChanges(after: before[2].revision)
    #expect(Set(changes.filter { !$0.stands }.map(\.id)) == [before[1].id, before[2].id])
    #expect(changes.filter(\.stands).map(\.id) == [after[1].id])
    // Rows leave with the last index that held them, and no id comes back.
    for model in ["model", "other"] {
      try await store.forgetVectors(of: before.map(\.id), model: model)
    }
    #expect(
      try await store.boxChanges(after: 0).map(\.id).sorted() == [before[0].id, after[1].id])
    #expect(try await store.embeddedBoxes(model: "model") == [before[0].id])
    try await store.recordBoxes([], in: image, by: "b", now: Sample.start)
    for model in ["model", "other"] {
      try await store.forgetVectors(of: after.map(\.id), model: model)
    }
    #expect(try await store.boxChanges(after: 0).isEmpty)
    try await store.recordBoxes([seen(0)], in: image, by: "b", now: Sample.start)
    let latest = try #require(try await boxes(sample, image).first)
    #expect(latest.id > after[1].id)
    #expect(latest.revision > changes.map(\.revision).max() ?? 0)
  }

  @Test func `what a person took away, moved, named or drew no detector undoes`() async throws {
    let (sample, image) = try await gallery()
    let store = sample.store
    let sight = [
      try seen(0), try seen(0.25, "bag"), try seen(0.5, "shoe"), try seen(0.75, "hat"),
    ]
    try await store.recordBoxes(sight, in: image, by: "a", now: Sample.start)
    let first = try await boxes(sample, image)
    try await store.completeBoxes(first.map(\.id), model: "model", now: Sample.start)
    // The dress goes, the bag moves down, the shoe becomes a boot, the hat stays, a belt comes.
    let wanted = [
      WantedBox(id: first[1].id, region: try region(0.25, 0.5), name: "bag"),
      WantedBox(id: first[2].id, region: first[2].region, name: "boot"),
      WantedBox(region: first[3].region, name: "hat"),
      WantedBox(region: try region(0, 0.6), name: "belt"),
    ]
    let placement = try await store.placeBoxes(wanted, in: image, now: Sample.start)
    let second = try await boxes(sample, image)
    #expect(placement == .placed(second))
    #expect(second.map(\.name) == ["boot", "hat", "bag", "belt"])
    #expect(second.map(\.isEdited) == [true, false, true, true])
    #expect(second[0].id == first[2].id && second[1] == first[3])
    #expect(second[2].id > first[3].id)
    // A name has no vector; a place has.
    #expect(
      try await store.queuedBoxes(model: "model", after: ID(0), limit: 9).map(\.box)
        == [second[2].id, second[3].id])
    #expect(try await store.leavingBoxes(model: "model", limit: 9) == [first[0].id, first[1].id])
    for detector in ["a", "b"] {
      try await store.recordBoxes(sight, in: image, by: detector, now: Sample.start)
      let now = try await boxes(sample, image)
      #expect(now.map(\.id) == second.map(\.id) && now.map(\.name) == second.map(\.name))
    }
    // Said twice, nothing changes.
    let again = second.map { WantedBox(region: $0.region, name: $0.name) }
    let revision = try await store.boxOverview(of: image).revision
    _ = try await store.placeBoxes(again, in: image, expecting: revision, now: Sample.start)
    #expect(try await store.boxOverview(of: image).revision == revision)
    // Of two garments over each other the one that was taken away hides only one.
    try await store.recordBoxes(
      sight + [try seen(0.02, "coat")], in: image, by: "b", now: Sample.start)
    #expect(
      try await boxes(sample, image).map(\.name) == ["boot", "hat", "bag", "belt", "coat"])
  }

  @Test func `edits that do not fit are refused whole`() async throws {
    let (sample, image) = try await gallery()
    let other = try await sample.show(try sample.picture(2), at: "/2.jpg").id
    let store = sample.store
    try await store.recordBoxes([seen(0)], in: image, by: "a", now: Sample.start)
    try await store.recordBoxes([seen(0)], in: other, by: "a", now: Sample.start)
    let here = try await boxes(sample, image)
    let there = try await boxes(sample, other)
    let new = WantedBox(region: try region(0.5), name: "")
    let stranger = WantedBox(id: there[0].id, region: try region(0.5), name: "")
    #expect(
      try await store.placeBoxes([stranger], in: image, now: Sample.start)
        == .unknown(there[0].id))
    #expect(
      try await store.placeBoxes([new, new], in: image, now: Sample.start)
        == .doubled(new.region))
    #expect(
      try await store.placeBoxes([new], in: image, expecting: 0, now: Sample.start)
        == .changedMeanwhile(revision: here[0].revision))
    #expect(try await boxes(sample, image) == here)
  }

  @Test func `vectors that came from elsewhere end their jobs, and strange ones are told`()
    async throws
  {
    let (sample, image) = try await gallery()
    let store = sample.store
    try await store.recordBoxes([seen(0)], in: image, by: "a", now: Sample.start)
    let box = try #require(try await boxes(sample, image).first).id
    let known = [VectorKey.picture(image), .box(box)]
    let strange = [VectorKey.picture(ID(999)), .box(ID(999))]
    #expect(try await store.unknownVectors(known) == 0)
    #expect(try await store.unknownVectors(known + strange) == 2)
    try await store.completeVectors(known, model: "model", now: Sample.start)
    #expect(Set(try await store.embeddedVectors(model: "model")) == Set(known))
    try await store.requeueEmbeddings(model: "model", of: [.box(box)])
    #expect(try await store.embeddedVectors(model: "model") == [.picture(image)])
    #expect(try await store.queuedBoxes(model: "model") == 1)
  }

  @Test func `a job of a box that left is not marked done`() async throws {
    let (sample, image) = try await gallery()
    let store = sample.store
    try await store.recordBoxes([seen(0)], in: image, by: "a", now: Sample.start)
    let box = try #require(try await boxes(sample, image).first)
    // The worker has it in hand while a person takes it away.
    _ = try await store.placeBoxes([], in: image, now: Sample.start)
    try await store.completeBoxes([box.id], model: "model", now: Sample.start)
    try await store.failBox(box.id, model: "model", reason: "no", isFinal: true)
    #expect(try await store.embeddedBoxes(model: "model").isEmpty)
    #expect(try await store.leavingBoxes(model: "model", limit: 9) == [box.id])
    try await store.requeueEmbeddings(model: "model")
    #expect(try await store.leavingBoxes(model: "model", limit: 9) == [box.id])
  }

  @Test func `the file itself refuses boxes outside the picture and the same box twice`()
    async throws
  {
    let (sample, image) = try await gallery()
    let database = try DatabaseQueue(path: sample.store.path)
    func insert(_ x: Double, _ width: Double) throws {
      try database.write {
        try $0.execute(
          sql: """
            INSERT INTO box (image_id, x, y, width, height, name, is_edited, state, revision,
              created_at, changed_at)
            VALUES (?, ?, 0, ?, 0.5, 'dress', 0, 0, (SELECT coalesce(max(revision), 0) + 1 FROM box), 0, 0)
            """, arguments: [image.rawValue, x, width])
      }
    }
    try insert(0, 0.5)
    for (x, width) in [(0.0, 0.5), (-0.1, 0.5), (0.8, 0.5), (0.5, 0.001)] {
      #expect(throws: DatabaseError.self) { try insert(x, width) }
    }
    #expect(try await boxes(sample, image).count == 1)
  }

  @Test func `a catalog from before boxes is brought up to date with all that it holds`()
    async throws
  {
    let folder = TemporaryFolder()
    let path = folder.path + "/catalog.sqlite"
    do {
      let queue = try DatabaseQueue(path: path)
      var migrator = DatabaseMigrator()
      for (name, sql) in Schema.migrations.prefix(while: { $0.name != "v0007_boxes" }) {
        migrator.registerMigration(name) { try $0.execute(sql: sql) }
      }
      try migrator.migrate(queue)
      let print = Sample.fingerprint(1).bytes
      try await queue.write { database in
        try database.execute(
          sql: """
            INSERT INTO image (id, hash, format, byte_count, width, height, fingerprint, group_id,
              fetched_at)
            VALUES (7, zeroblob(32), 'jpeg', 1, 1, 1, ?, 7, 0)
            """, arguments: [Data(print)])
      }
      try queue.close()
    }
    #expect(throws: StorageError.olderSchema(path: path)) {
      try CatalogStore(path: path, isReadOnly: true)
    }
    let store = try CatalogStore(path: path)
    #expect(try await store.boxOverview(of: ID(7)).boxes.isEmpty)
    try await store.enqueueDetections(detector: Self.detector)
    #expect(
      try await store.queuedDetections(detector: Self.detector, after: ID(0), limit: 9)
        .map(\.image) == [ID(7)])
  }
}
