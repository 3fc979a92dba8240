import Catalog
import Foundation
import Pipeline
import Storage
import Support
import Testing
import VectorSearch
import Vision

/// A tiny model and a detector whose classes are colours: where a vector comes from can be read in it.
@Suite struct GarmentTests {
  /// Black, with squares of a quarter of its side in the cells that are named.
  private static func picture(_ cells: [(column: Int, row: Int, channel: Int)]) -> Picture {
    var pixels = [UInt8](repeating: 0, count: 3 * 128 * 128)
    for cell in cells {
      for y in 32 * cell.row..<32 * (cell.row + 1) {
        for x in 32 * cell.column..<32 * (cell.column + 1) {
          pixels[3 * (128 * y + x) + cell.channel] = 255
        }
      }
    }
    return Picture(width: 128, height: 128, pixels: pixels)
  }

  private static func detector(_ id: String = "cells", keep: String = "[red, green, blue]") throws
    -> Detector
  {
    let folder = TemporaryFolder()
    let card = """
      id: \(id)
      file: cells.onnx
      side: 64
      form: yolov8
      classes: [red, green, blue]
      keep: \(keep)
      score: 0.6
      """
    try Data(card.utf8).write(to: folder.file("detector.yaml"))
    try Data(ONNXFile.colouredCells(side: 64, hasObjects: false))
      .write(to: folder.file("cells.onnx"))
    return try Detector(model: folder.url)
  }

  /// A night over a shop with two pictures: a red and a blue garment in one, a green one in the other.
  private static func workshop() async throws -> Workshop {
    let folder = TemporaryFolder()
    try JointModel.write(to: folder.url, hasText: false)
    let workshop = try Workshop(model: OpenVINOEmbedder(model: folder.url, streams: 1))
    let shop = try Shop()
    shop.put(home: ["/p/1"])
    shop.put(product: "/p/1", name: "A", pictures: ["/1.jpg", "/2.jpg"])
    shop.put(picture: "/1.jpg", picture([(0, 0, 0), (3, 3, 2)]), quality: 95)
    shop.put(picture: "/2.jpg", picture([(1, 2, 1)]), quality: 95)
    try await workshop.crawl(shop, embeds: false)
    return workshop
  }

  private func boxes(_ workshop: Workshop) async throws -> [BoxRecord] {
    let ids = try await workshop.store.standingBoxes().map(\.box)
    return try await workshop.store.boxes(ids).values.sorted { $0.id < $1.id }
  }

  @Test func `each garment has a vector of its own, and only new ones cost anything`() async throws
  {
    let workshop = try await Self.workshop()
    let detector = try Self.detector()
    let summary = try await workshop.pipeline(detector: detector).embed()
    #expect(summary.embedded == 2 && summary.lookedAt == 2 && summary.boxes == 3)
    #expect(summary.failed == 0)
    let boxes = try await boxes(workshop)
    #expect(Set(boxes.map(\.name)) == ["red", "green", "blue"])
    let snapshot = try workshop.index().snapshot
    #expect(snapshot.count == 5)
    for box in boxes {
      let vector = try #require(try snapshot.vector(for: box.id.vectorKey))
      let colour = try #require(JointModel.colours.first { $0.word == box.name }?.channels)
      let hit = try snapshot.search(SearchRequest(query: JointModel.vector(colour), k: 1)).hits[0]
      #expect(hit.key == box.id.vectorKey && hit.score > 0.98)
      #expect(vector.count == JointModel.dimension)
    }
    let again = try await workshop.pipeline(detector: detector).embed()
    #expect(again.finished == 0)
    #expect(try workshop.index().snapshot.generation == snapshot.generation)
    // Without a detector the boxes stay, and none is looked for.
    #expect(try await workshop.pipeline().embed().finished == 0)
    #expect(try await self.boxes(workshop) == boxes)
  }

  @Test func `a run that dies between any two steps is taken up without loss or doubling`()
    async throws
  {
    let workshop = try await Self.workshop()
    let detector = try Self.detector()
    _ = try await workshop.pipeline(detector: detector).embed()
    let before = try workshop.index().snapshot
    let boxes = try await boxes(workshop)
    func sameVectors() throws -> Bool {
      let now = try workshop.index().snapshot
      return try now.count == before.count
        && before.keys.allSatisfy { try now.vector(for: $0) == before.vector(for: $0) }
    }
    // Vectors durable, jobs not marked done.
    try await workshop.store.requeueEmbeddings(model: workshop.model.modelID)
    #expect(try await workshop.pipeline(detector: detector).embed().boxes == 3)
    #expect(try sameVectors())
    #expect(try await self.boxes(workshop) == boxes)
    // Boxes in the catalog, none in the index: a rebuild.
    try await workshop.store.requeueEmbeddings(model: workshop.model.modelID)
    try FileManager.default.removeItem(atPath: workshop.folder.path + "/index")
    #expect(try await workshop.pipeline().embed().boxes == 3)
    #expect(try sameVectors())
    // A box taken away; its vector has left the index, and the catalog has not been told.
    let gone = boxes[0]
    _ = try await workshop.store.placeBoxes([], in: gone.image, now: .now)
    do {
      let writer = try workshop.writer()
      #expect(try writer.delete(keys: [gone.id.vectorKey]) == 1)
    }
    #expect(try await workshop.pipeline(detector: detector).embed().finished == 0)
    let left = try await self.boxes(workshop)
    #expect(left.map(\.id) == boxes.filter { $0.image != gone.image }.map(\.id))
    #expect(
      try Set(workshop.index().snapshot.keys.filter { $0 > 1 << 40 })
        == Set(left.map(\.id.vectorKey)))
    #expect(
      try await workshop.store.leavingBoxes(model: workshop.model.modelID, limit: 9).isEmpty)
  }

  @Test func `parts of the pictures, with their boxes, are embedded apart and are all of them`()
    async throws
  {
    let workshop = try await Self.workshop()
    _ = try await workshop.pipeline(detector: Self.detector()).embed()
    let all = try Set(workshop.index().snapshot.keys)
    try await workshop.store.requeueEmbeddings(model: workshop.model.modelID)
    try FileManager.default.removeItem(atPath: workshop.folder.path + "/index")
    var keys: Set<UInt64> = []
    for number in 1...3 {
      let part = try #require(QueuePart("\(number)/3"))
      let pipeline = try workshop.pipeline(part: part)
      let waiting = try await pipeline.waiting()
      let summary = try await pipeline.embed()
      #expect(summary.embedded + summary.boxes == waiting && summary.embedded < 2)
      let now = try Set(workshop.index().snapshot.keys)
      #expect(now.count == keys.count + waiting)
      keys = now
    }
    #expect(keys == all)
    #expect(try await workshop.pipeline().waiting() == 0)
  }

  @Test func `another detector looks through what is there and takes its own out of the index`()
    async throws
  {
    let workshop = try await Self.workshop()
    _ = try await workshop.pipeline(detector: Self.detector()).embed()
    let before = try await boxes(workshop)
    let other = try Self.detector("others", keep: "[red]")
    let summary = try await workshop.pipeline(detector: other).embed()
    #expect(summary.lookedAt == 2 && summary.boxes == 0)
    let after = try await boxes(workshop)
    #expect(after.map(\.id) == before.filter { $0.name == "red" }.map(\.id))
    #expect(try workshop.index().snapshot.count == 3)
  }

  @Test func `a box that a person moves has the vector of its new place`() async throws {
    let workshop = try await Self.workshop()
    let detector = try Self.detector()
    _ = try await workshop.pipeline(detector: detector).embed()
    let red = try #require(try await boxes(workshop).first { $0.name == "red" })
    // From the red corner to the blue one.
    let corner = try #require(Region(x: 0.75, y: 0.75, width: 0.25, height: 0.25))
    _ = try await workshop.store.placeBoxes(
      [WantedBox(id: red.id, region: corner, name: "mine")], in: red.image, now: .now)
    // No detector is needed for what a person drew.
    #expect(try await workshop.pipeline().embed().boxes == 1)
    let mine = try #require(try await boxes(workshop).first { $0.name == "mine" })
    let snapshot = try workshop.index().snapshot
    #expect(!snapshot.contains(red.id.vectorKey))
    let blue = try #require(JointModel.colours.first { $0.word == "blue" }?.channels)
    let hit = try snapshot.search(SearchRequest(query: JointModel.vector(blue), k: 1)).hits[0]
    #expect(hit.key == mine.id.vectorKey)
    #expect(try await workshop.pipeline(detector: detector).embed().finished == 0)
  }

  @Test func `a picture whose bytes are gone fails once and the rest goes on`() async throws {
    let workshop = try await Self.workshop()
    let store = workshop.store
    let first = try #require(try await store.image(ID(1)))
    try FileManager.default.removeItem(atPath: workshop.blobs.path(of: first.hash))
    let detector = try Self.detector()
    let summary = try await workshop.pipeline(detector: detector).embed()
    #expect(summary.failed == 2 && summary.embedded == 1 && summary.lookedAt == 1)
    #expect(try await workshop.pipeline(detector: detector).embed().finished == 0)
  }

  @Test func `a crawl finds the boxes of the pictures that it fetches`() async throws {
    let folder = TemporaryFolder()
    try JointModel.write(to: folder.url, hasText: false)
    let workshop = try Workshop(model: OpenVINOEmbedder(model: folder.url, streams: 1))
    let shop = try Shop()
    shop.put(home: ["/p/1"])
    shop.put(product: "/p/1", name: "A", pictures: ["/1.jpg"])
    shop.put(picture: "/1.jpg", Self.picture([(2, 1, 2)]), quality: 95)
    try await workshop.crawl(shop, detector: Self.detector())
    #expect(try await boxes(workshop).map(\.name) == ["blue"])
    #expect(try workshop.index().snapshot.count == 2)
  }
}
