import Foundation
import Support
import Testing

@testable import Vision

struct TextEmbedderTests {
  private func folder(text: String = JointModel.textCard) throws -> TemporaryFolder {
    let folder = TemporaryFolder()
    try JointModel.write(to: folder.url)
    try Data(text.utf8).write(to: folder.file("text.yaml"))
    return folder
  }

  private func cosine(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func picture(_ colour: (UInt8, UInt8, UInt8)) -> Picture {
    Picture(
      width: 20, height: 20,
      pixels: (0..<400).flatMap { _ in [colour.0, colour.1, colour.2] })
  }

  @Test func `words and pictures of one thing have one vector`() async throws {
    let folder = try folder()
    let pictures = try OpenVINOEmbedder(model: folder.url, streams: 1)
    let texts = try #require(try TextEmbedder(model: folder.url))
    #expect(texts.modelID == pictures.modelID && texts.dimension == JointModel.dimension)
    for (text, colour) in [
      ("a Red dress", (255, 0, 0)), ("GREEN", (0, 255, 0)), ("blue & blue", (0, 0, 255)),
      ("white", (255, 255, 255)),
    ] as [(String, (UInt8, UInt8, UInt8))] {
      let vector = try await texts.embed(text)
      let of = try await pictures.embed([picture(colour)])[0]
      #expect(cosine(vector, of) > 0.9999)
    }
    // Opposite colours cancel out; what is left is the start marker's.
    #expect(abs(try await texts.embed("white black")[11]) < 0.5)
  }

  @Test(arguments: [
    ("output: sum", "output: tokens\npooling: end", [Float](arrayLiteral: 0, 0, 0)),
    ("output: sum", "output: tokens\npooling: mean", [1, -1, -1]),
    ("output: sum", "output: tokens\npooling: first", [0.001, 0.002, 0.003]),
  ])
  func `the vector is where the card says`(part: String, other: String, expected: [Float])
    async throws
  {
    let folder = try folder(text: JointModel.textCard.replacing(part, with: other))
    guard expected.contains(where: { $0 != 0 }) else {
      // The end marker's row is zero, which no direction is made of.
      #expect(throws: EmbedError.self) { try TextEmbedder(model: folder.url) }
      return
    }
    let texts = try #require(try TextEmbedder(model: folder.url))
    #expect(
      cosine(try await texts.embed("red"), try JointModel.vector(expected).atUnitLength()) > 0.9999)
  }

  @Test func `a head's part of the pictures' vectors is left out of the question`() async throws {
    let folder = try folder()
    var random = SplitMix(seed: 3)
    let head = Head(
      inputs: JointModel.dimension, hidden: 4, outputs: 2, weight: 0.5, random: &random)
    let place = folder.file("adapted")
    let id = try AdaptedModel.write(head, to: folder.url, as: place)
    let texts = try #require(try TextEmbedder(model: place))
    let pictures = try OpenVINOEmbedder(model: place, streams: 1)
    #expect(texts.modelID == id && texts.dimension == 14)
    let vector = try await texts.embed("red")
    #expect(vector.count == 14 && vector[12...] == [0, 0])
    let red = try await pictures.embed([picture((255, 0, 0))])[0]
    let blue = try await pictures.embed([picture((0, 0, 255))])[0]
    // As without the head, but for the length that every row's first part has: 1 ÷ √1.25.
    let part = 1 / Float(1.25).squareRoot()
    #expect(abs(cosine(vector, red) - part) < 1e-3)
    #expect(abs(cosine(vector, blue) + part / 3) < 1e-3)
  }

  @Test func `a text encoder that comes later changes no vector's name`() throws {
    let folder = TemporaryFolder()
    try JointModel.write(to: folder.url, hasText: false)
    #expect(try TextEmbedder(model: folder.url) == nil)
    let before = try ModelCard(readingFrom: folder.url).id
    try JointModel.write(to: folder.url)
    #expect(try ModelCard(readingFrom: folder.url).id == before)
  }

  @Test(arguments: [
    ("vocab: vocab.json\n", "", "tokenizer"), ("text.onnx", "../text.onnx", "within the folder"),
    ("context: 12", "context: 2", "context 2"), ("output: sum", "output: none", "none"),
    ("input: input_ids\n", "", "mask"), ("mask: attention_mask\n", "", "2 inputs"),
    ("context: 12", "context: 9", "cannot"), ("file: text.onnx", "file: vocab.json", "vocab.json"),
    ("output: sum", "pooling: last", "last"), ("output: sum", "size: 3", "unknown key size"),
    ("context: 12", "element: i32\ncontext: 12", "cannot"),
  ])
  func `a card that cannot be is refused with the reason`(
    part: String, replacement: String, reason: String
  ) throws {
    let folder = try folder(text: JointModel.textCard.replacing(part, with: replacement))
    #expect {
      try TextEmbedder(model: folder.url)
    } throws: { error in
      "\(error)".contains(reason)
    }
  }

  @Test func `text vectors of another length than the pictures' are refused`() throws {
    let folder = try folder()
    let rows = [[Float]](repeating: [1, 2, 3, 4], count: JointModel.Vocabulary().tokens.count)
    try Data(ONNXFile.tokenRows(rows, context: 12)).write(to: folder.file("text.onnx"))
    #expect {
      try TextEmbedder(model: folder.url)
    } throws: { error in
      "\(error)".contains("vectors of 4 beside pictures' of 12")
    }
  }
}
