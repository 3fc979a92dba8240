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
    ("f32", "u8", "u8"), ("squash", "stretch", "stretch"), ("pooling", "poling", "poling"),
    ("net.onnx", "none.onnx", "none.onnx"), ("id: means", "id: [", "parser"),
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

  @Test func `an ONNX model gives vectors`() async throws {
    let folder = TemporaryFolder()
    try Data(tiny.utf8).write(to: folder.file("model.yaml"))
    try Data(ONNXFile.channelMeans(side: 16)).write(to: folder.file("net.onnx"))
    let embedder = try OpenVINOEmbedder(model: folder.url, streams: 1)
    let red = Picture(
      width: 20, height: 30, pixels: (0..<1800).map { $0 % 3 == 0 ? 255 : 0 })
    let vector = try await embedder.embed([red])[0]
    // (255 − 127.5) ÷ 128, (0 − 127.5) ÷ 128 twice, at unit length.
    let part = Float(1 / 3.0.squareRoot())
    for (value, expected) in zip(vector, [part, -part, -part]) {
      #expect(abs(value - expected) < 1e-5)
    }
  }
}
