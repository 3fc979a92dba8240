import Catalog
import Foundation
import Support
import Testing
import Vision

/// Pictures of one colour each, with a picture and a text encoder whose vectors are known.
struct ColourGallery {
  let folder = TemporaryFolder()
  let catalog: TestCatalog
  let embedder: OpenVINOEmbedder
  let words: TextEmbedder

  static let colours: [(name: String, pixel: [UInt8])] = [
    ("red", [220, 20, 30]), ("green", [10, 200, 40]), ("blue", [20, 30, 210]),
    ("white", [250, 250, 250]),
  ]

  init() async throws {
    try JointModel.write(to: folder.url)
    embedder = try OpenVINOEmbedder(model: folder.url, streams: 1)
    words = try #require(try TextEmbedder(in: folder.url, beside: embedder))
    catalog = try await TestCatalog(model: embedder.modelID, dimension: embedder.dimension)
    for (n, (name, pixel)) in Self.colours.enumerated() {
      let picture = Picture(
        width: 24, height: 24, pixels: (0..<24 * 24).flatMap { _ in pixel })
      let url = "https://shop.example/\(name)"
      try await catalog.add(
        .product(try .test(name, brand: n < 2 ? "Nordvik" : "Linden", images: [url + ".jpg"])),
        at: url,
        shots: [
          .init(
            url: url + ".jpg", bytes: picture.jpeg(quality: 95),
            vector: try await embedder.embed([picture])[0])
        ])
    }
  }
}
