import Catalog
import Foundation
import Server
import Support
import Testing
import Vision

/// Boxes of a detector whose classes are colours.
struct BoxTests {
  static func detector() throws -> Detector {
    let folder = TemporaryFolder()
    let card = """
      id: cells
      file: cells.onnx
      side: 64
      form: yolov8
      classes: [red, green, blue]
      score: 0.6
      """
    try Data(card.utf8).write(to: folder.file("detector.yaml"))
    try Data(ONNXFile.colouredCells(side: 64, hasObjects: false))
      .write(to: folder.file("cells.onnx"))
    return try Detector(model: folder.url)
  }

  /// Black, with a blue corner at the lower right.
  static let corner: [UInt8] = {
    var pixels = [UInt8](repeating: 0, count: 3 * 64 * 64)
    for y in 48..<64 { for x in 48..<64 { pixels[3 * (64 * y + x) + 2] = 255 } }
    return Picture(width: 64, height: 64, pixels: pixels).jpeg(quality: 95)
  }()

  @Test func `a picture tells its boxes, of the catalog and sent, as a crop takes them`()
    async throws
  {
    let catalog = try await TestCatalog()
    let added = try await catalog.add(
      .product(try .test("Corner", images: ["https://shop.example/1.jpg"])),
      at: "https://shop.example/1",
      shots: [.init(url: "https://shop.example/1.jpg", bytes: Self.corner)])
    try await withServer(catalog, detector: try Self.detector()) { client in
      let answer = try await client.get("/v1/images/\(added.images[0])/boxes").json()
      let box = try #require(answer["boxes"]?[0])
      #expect(answer["boxes"]?.array.count == 1 && box["name"]?.string == "blue")
      for (side, expected) in [("x", 0.75), ("y", 0.75), ("width", 0.25), ("height", 0.25)] {
        #expect(abs(try #require(box[side]?.number) - expected) < 1e-6)
      }
      #expect(try #require(box["score"]?.number) > 0.9)
      let sent = try await client.post("/v1/boxes", "image/jpeg", Self.corner).json()
      #expect(sent["boxes"]?[0]?["x"]?.number == box["x"]?.number)
      let id = try await client.get("/v1/stats").json()["detector"]?.string
      #expect(id?.hasPrefix("cells-") == true && answer["detector"]?.string == id)
      #expect(
        try await client.post("/v1/boxes", "image/png", Array("no".utf8)).code
          == "unreadable_picture")
      #expect(try await client.post("/v1/boxes", "text/plain", [1]).status == 415)
    }
  }

  @Test func `without a detector a picture has the boxes of the catalog, and none is looked for`()
    async throws
  {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let answer = try await client.get("/v1/images/1/boxes").json()
      #expect(answer["boxes"]?.array.isEmpty == true && answer["kept"]?.bool == false)
      #expect(try await client.get("/v1/images/999/boxes").code == "unknown_image")
      let reply = try await client.post("/v1/boxes", "image/jpeg", Self.corner)
      #expect(reply.status == 404 && reply.code == "no_detector")
    }
  }
}
