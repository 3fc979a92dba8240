import Catalog
import Foundation
import Support
import Testing

@testable import Vision

struct ModelCardTests {
  private func card(_ text: String, named name: String = "model.yaml") throws -> ModelCard {
    let folder = TemporaryFolder()
    try Data(text.utf8).write(to: folder.file(name))
    try Data("weights".utf8).write(to: folder.file("net.onnx"))
    return try ModelCard(readingFrom: folder.url)
  }

  private let tiny = """
    id: means
    file: net.onnx
    dimension: 3
    side: 16
    resize: squash
    layout: nchw
    element: f32
    mean: [127.5, 127.5, 127.5]
    scale: [0.0078125, 0.0078125, 0.0078125]
    pooling: none
    """

  @Test func `a card says how pixels become the input`() throws {
    let card = try card(tiny)
    #expect(card.id.hasPrefix("means-") && card.id.count == 18)
    #expect(card.resize == .squash && card.format.layout == .nchw)
    var square = [UInt8](repeating: 0, count: 768)
    square[3 * 17 + 1] = 255
    let input = card.format.input(of: square)
    #expect(input.shape == [1, 3, 16, 16])
    guard case .floats(let numbers) = input.values else {
      Issue.record("no numbers")
      return
    }
    #expect(numbers[256 + 17] == 127.5 / 128 && numbers[17] == -127.5 / 128)
  }

  @Test func `what setup writes is a card too and keeps its name`() throws {
    let card = try card(
      #"{"id": "x-1", "dimension": 4, "side": 32, "share": 0.5}"#, named: "model.json")
    #expect(card.id == "x-1" && card.file == "model.xml" && card.format.element == .u8)
    let black = [UInt8](repeating: 0, count: 3 * 32 * 32)
    #expect(card.format.input(of: black).shape == [1, 32, 32, 3] && card.share == 0.5)
  }

  @Test func `another card or another file is another model`() throws {
    let first = try card(tiny).id
    #expect(try card(tiny).id == first)
    #expect(try card(tiny.replacing("squash", with: "pad")).id != first)
  }

  @Test(arguments: [
    ("side: 16", "side: 4", "side 4"), ("dimension: 3", "dimension: 0", "dimension 0"),
    ("net.onnx", "../net.onnx", "within the folder"), ("[127.5, ", "[", "three numbers"),
    ("f32", "u8", "u8"),
    ("squash", "stretch", "resize: stretch, one of middle, squash, pad wanted"),
    ("pooling", "poling", "poling"),
    ("net.onnx", "none.onnx", "none.onnx: no such file"), ("side: 16\n", "", ": side is missing"),
    ("dimension: 3", "dimension: 5000", "dimension 5000"), ("id: means", "id: [", "parser"),
  ])
  func `a card that cannot be is refused with the reason`(
    part: String, replacement: String, reason: String
  ) {
    #expect {
      try card(tiny.replacing(part, with: replacement))
    } throws: { error in
      "\(error)".contains(reason)
    }
  }

  @Test func `padding keeps the whole picture, in white`() throws {
    let card = try card(tiny.replacing("squash", with: "pad"))
    let square = card.square(
      of: Picture(width: 40, height: 20, pixels: Array(repeating: 9, count: 2400)))
    #expect(square.count == 768 && square[0] == 255 && square[3 * 16 * 8] == 9)
    #expect(square.count { $0 == 9 } == 3 * 16 * 8)
  }

  @Test func `a model of many pixels is given fine stripes`() throws {
    #expect(try card(tiny).wantedSide == 16)
    let cropped = tiny.replacing("squash", with: "middle\nshare: 0.75")
    #expect(try card(cropped.replacing("side: 16", with: "side: 448")).wantedSide == 598)
    let large = tiny.replacing("side: 16", with: "side: 600").replacing("squash", with: "middle")
    let embedder = try embedder(large, ONNXFile.channelMeans(side: 600))
    #expect(embedder.wantedSide == 600)
    // Columns of two pixels are grey at a fourth of the size.
    let row: [UInt8] = (0..<3 * 1200).map { $0 / 3 % 4 < 2 ? 255 : 0 }
    let stripes = Picture(
      width: 1200, height: 1200, pixels: Array(repeatElement(row, count: 1200).joined()))
    let file = stripes.jpeg(quality: 95)
    let fine = try PictureAnalysis.picture(of: file, atLeast: embedder.wantedSide)
    let coarse = try PictureAnalysis.picture(of: file)
    func contrast(_ picture: Picture) -> Int {
      Int(picture.pixels.max() ?? 0) - Int(picture.pixels.min() ?? 0)
    }
    #expect(contrast(fine) > 150 && contrast(coarse) < 50)
    #expect(fine.width == 600 && coarse.width == 300)
  }

  @Test func `outputs are pooled by their shape`() throws {
    var card = try card(tiny)
    let output: [Float] = [1, 2, 3, 5, 6, 7]
    #expect(card.pooled([1, 2, 3], shape: [1, 3]) == [1, 2, 3])
    #expect(card.pooled(output, shape: [1, 2, 3]) == nil)
    card.pooling = .first
    #expect(card.pooled(output, shape: [1, 2, 3]) == [1, 2, 3])
    #expect(card.pooled(output, shape: [1, 6]) == nil)
    card.pooling = .mean
    #expect(card.pooled(output, shape: [1, 2, 3]) == [3, 4, 5])
    #expect(card.pooled(output, shape: [1, 3, 1, 2]) == [1.5, 4, 6.5])
    #expect(card.pooled(output, shape: [1, 2, 1, 3]) == nil)
  }

  private func embedder(_ card: String, _ model: [UInt8]) throws -> OpenVINOEmbedder {
    let folder = TemporaryFolder()
    try Data(card.utf8).write(to: folder.file("model.yaml"))
    try Data(model).write(to: folder.file("net.onnx"))
    return try OpenVINOEmbedder(model: folder.url, streams: 1)
  }

  @Test(arguments: [false, true])
  func `an ONNX model gives vectors, of half precision too`(inHalves: Bool) async throws {
    let embedder = try embedder(
      inHalves ? tiny.replacing("f32", with: "f16") : tiny,
      ONNXFile.channelMeans(side: 16, inHalves: inHalves))
    let red = Picture(
      width: 20, height: 30, pixels: (0..<1800).map { $0 % 3 == 0 ? 255 : 0 })
    let vector = try await embedder.embed([red])[0]
    // (255 − 127.5) ÷ 128, (0 − 127.5) ÷ 128 twice, at unit length.
    let part = Float(1 / 3.0.squareRoot())
    for (value, expected) in zip(vector, [part, -part, -part]) {
      #expect(abs(value - expected) < (inHalves ? 1e-3 : 1e-5))
    }
  }

  @Test func `weights beside an ONNX file are the model's, whatever they are called`() async throws
  {
    let folder = TemporaryFolder()
    try Data(tiny.utf8).write(to: folder.file("model.yaml"))
    func write(_ factors: [Float], _ location: String) throws -> OpenVINOEmbedder {
      let place = folder.file(location)
      try FileManager.default.createDirectory(
        at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try factors.withUnsafeBytes { try Data($0).write(to: place) }
      try Data(ONNXFile.scaledMeans(side: 16, by: location)).write(to: folder.file("net.onnx"))
      return try OpenVINOEmbedder(model: folder.url, streams: 1)
    }
    for location in ["net.onnx.data", "other name", "deep/weights.bin"] {
      let first = try write([1, 2, 3], location)
      #expect(try write([3, 2, 1], location).modelID != first.modelID)
      #expect(try write([1, 2, 3], location).modelID == first.modelID)
      // Nor does a stranger's file make another model of it.
      try Data([1]).write(to: folder.file("net.onnx.bak"))
      #expect(try OpenVINOEmbedder(model: folder.url, streams: 1).modelID == first.modelID)

      var random = SplitMix(seed: 9)
      let head = Head(inputs: 3, hidden: 4, outputs: 2, weight: 0.5, random: &random)
      let adapted = folder.file("adapted")
      try AdaptedModel.write(head, to: folder.url, as: adapted)
      #expect(try ModelCard(readingFrom: adapted).id == first.modelID)
      #expect(!FileManager.default.fileExists(atPath: adapted.path + "/net.onnx.bak"))
      try FileManager.default.removeItem(at: adapted)
      try FileManager.default.removeItem(at: folder.file(location))
      #expect(throws: EmbedError.self) { try ModelCard(readingFrom: folder.url) }
    }
    #expect {
      try Data(ONNXFile.scaledMeans(side: 16, by: "../net.data")).write(to: folder.file("net.onnx"))
      _ = try ModelCard(readingFrom: folder.url)
    } throws: { error in
      "\(error)".contains("weights in ../net.data")
    }
  }

  @Test func `a model without weights beside it keeps its name`() throws {
    // As it was before weights beside a model counted.
    let all = Array(tiny.utf8) + ContentHash(of: Array("weights".utf8)).bytes
    #expect(try card(tiny).id == "means-" + ContentHash(of: all).description.prefix(12))
  }

  @Test func `a model that does not give what its card says is refused when it is opened`() {
    let means = ONNXFile.channelMeans(side: 16)
    for (card, model, reason) in [
      (tiny.replacing("dimension: 3", with: "dimension: 4"), means, "no vector of 4"),
      (tiny.replacing("pooling: none", with: "pooling: first"), means, "pooling first"),
      (tiny.replacing("nchw", with: "nhwc"), means, "cannot"),
      (tiny.replacing("f32", with: "f16"), means, "cannot"),
      (tiny.replacing("pooling: none", with: "output: z"), means, "z"),
      (tiny, ONNXFile.brokenMeans(side: 16, areWhole: false), "nan"),
      (tiny, ONNXFile.brokenMeans(side: 16, areWhole: true), "3 values of i64"),
    ] {
      #expect {
        try embedder(card, model)
      } throws: { error in
        guard case .modelUnusable(let path, let told)? = error as? EmbedError else { return false }
        return path.hasSuffix("net.onnx") && told.contains(reason)
      }
    }
  }
}
