import Catalog
import Foundation
import Support
import Testing

@testable import Vision

struct DetectorTests {
  private static let card = """
    id: cells
    file: cells.onnx
    side: 64
    form: yolov8
    classes: [red, green, blue]
    score: 0.6
    """

  private func detector(
    _ card: String = card, hasObjects: Bool = false, inShares: Bool = false
  ) throws -> Detector {
    let folder = TemporaryFolder()
    try Data(card.utf8).write(to: folder.file("detector.yaml"))
    try Data(ONNXFile.colouredCells(side: 64, hasObjects: hasObjects, inShares: inShares))
      .write(to: folder.file("cells.onnx"))
    return try Detector(model: folder.url)
  }

  /// Black, with rectangles of one colour.
  private func picture(
    _ width: Int, _ height: Int,
    _ parts: [(x: Range<Int>, y: Range<Int>, colour: (UInt8, UInt8, UInt8))]
  ) -> Picture {
    var pixels = [UInt8](repeating: 0, count: 3 * width * height)
    for part in parts {
      for y in part.y {
        for x in part.x {
          pixels[3 * (y * width + x)] = part.colour.0
          pixels[3 * (y * width + x) + 1] = part.colour.1
          pixels[3 * (y * width + x) + 2] = part.colour.2
        }
      }
    }
    return Picture(width: width, height: height, pixels: pixels)
  }

  private func near(_ detection: Detection, _ box: [Double]) -> Bool {
    let region = detection.region
    return zip([region.x, region.y, region.width, region.height], box)
      .allSatisfy { abs($0 - $1) < 1e-6 }
  }

  @Test(arguments: [false, true])
  func `boxes are where things are, by either form of output`(hasObjects: Bool) async throws {
    let card = Self.card.replacing("yolov8", with: hasObjects ? "yolov5" : "yolov8")
    let square = picture(
      128, 128, [(0..<32, 32..<64, (250, 0, 0)), (96..<128, 96..<128, (0, 0, 200))])
    let found = try await detector(card, hasObjects: hasObjects).detect(square)
    #expect(found.map(\.name) == ["red", "blue"])
    #expect(near(found[0], [0, 0.25, 0.25, 0.25]) && near(found[1], [0.75, 0.75, 0.25, 0.25]))
    #expect(abs(found[0].score - 250.0 / 255) < 0.05)
  }

  @Test func `places are those of the picture, not of the square around it`() async throws {
    // 64 × 32 in a square of 64: rows 16 to 48; the second row of cells is the picture's upper half.
    let wide = picture(128, 64, [(32..<64, 0..<32, (0, 255, 0))])
    let found = try await detector().detect(wide)
    #expect(found.count == 1 && near(found[0], [0.25, 0, 0.25, 0.5]))
    let tall = picture(64, 128, [(32..<64, 96..<128, (0, 255, 0))])
    let below = try await detector().detect(tall)
    #expect(below.count == 1 && near(below[0], [0.5, 0.75, 0.5, 0.25]))
  }

  @Test func `only the classes that are kept are told, and only so many`() async throws {
    let square = picture(
      64, 64,
      [
        (0..<16, 0..<16, (255, 0, 0)), (16..<32, 0..<16, (0, 240, 0)),
        (32..<48, 0..<16, (0, 0, 230)),
        (48..<64, 0..<16, (0, 220, 0)),
      ])
    let kept = try await detector(Self.card + "\nkeep: [green, blue]").detect(square)
    #expect(kept.map(\.name) == ["green", "blue", "green"])
    let two = try await detector(Self.card + "\nlimit: 2").detect(square)
    #expect(two.map(\.name) == ["red", "green"])
    #expect(try await detector().detect(picture(64, 64, [])) == [])
  }

  @Test func `of boxes over each other the surest of a class stays`() throws {
    func box(_ x: Double, _ width: Double, _ name: String, _ score: Double) throws -> Detection {
      Detection(
        region: try #require(Region(x: x, y: 0, width: width, height: 1)), name: name, score: score)
    }
    let boxes = try [
      box(0.1, 0.5, "dress", 0.6), box(0, 0.5, "dress", 0.9), box(0.05, 0.5, "bag", 0.5),
      box(0.4, 0.5, "dress", 0.7),
    ]
    #expect(
      boxes.withoutOverlaps(above: 0.45, limit: 8).map(\.score) == [0.9, 0.7, 0.5])
    #expect(boxes.withoutOverlaps(above: 0.7, limit: 8).count == 4)
    #expect(boxes.withoutOverlaps(above: 0.45, limit: 1).map(\.score) == [0.9])
    #expect(boxes[0].region.overlap(try box(0.6, 0.1, "dress", 1).region) == 0)
  }

  @Test func `values that are no numbers make no boxes`() throws {
    let folder = TemporaryFolder()
    try Data(Self.card.utf8).write(to: folder.file("detector.yaml"))
    try Data([1]).write(to: folder.file("cells.onnx"))
    let card = try DetectorCard(readingFrom: folder.url)
    let columns: [[Float]] = [
      [8, .nan, 8, 8, 8], [8, 8, .infinity, 8, 8], [4, 4, 4, -4, 4], [4, 4, 4, 4, 0],
      [0.9, 0.9, 0.9, 0.9, 0.9], [0, 0, 0, 0, 0], [.nan, 0, 0, 0, 0],
    ]
    let output = CompiledModel.Output(values: columns.flatMap { $0 }, shape: [1, 7, 5])
    #expect(card.candidates(output)?.map(\.x) == [6])
    #expect(card.candidates(.init(values: [], shape: [1, 7, 0])) == [])
    #expect(card.candidates(.init(values: [], shape: [1, 0, 7])) == nil)
    #expect(card.candidates(.init(values: output.values, shape: [35])) == nil)
  }

  @Test(arguments: [false, true])
  func `places in shares of the sides are boxes where the card says so`(hasObjects: Bool)
    async throws
  {
    let card = Self.card.replacing("yolov8", with: hasObjects ? "yolov5" : "yolov8")
    let square = picture(128, 128, [(96..<128, 32..<64, (0, 0, 250))])
    let found = try await detector(
      card + "\nplaces: shares", hasObjects: hasObjects, inShares: true
    ).detect(square)
    #expect(found.map(\.name) == ["blue"] && near(found[0], [0.75, 0.25, 0.25, 0.25]))
    #expect {
      try detector(card, hasObjects: hasObjects, inShares: true)
    } throws: { error in
      "\(error)".contains("give places: shares")
    }
  }

  @Test func `boxes that the network chose itself have corners and one class`() throws {
    let folder = TemporaryFolder()
    let text = Self.card.replacing("yolov8", with: "yolov10") + "\nkeep: [red, blue]"
    try Data(text.utf8).write(to: folder.file("detector.yaml"))
    try Data([1]).write(to: folder.file("cells.onnx"))
    var card = try DetectorCard(readingFrom: folder.url)
    let rows: [[Float]] = [
      [8, 4, 24, 44, 0.9, 2], [8, 4, 24, 44, 0.5, 2], [8, 4, 24, 44, 0.9, 1],
      [8, 4, 24, 44, 0.9, 3], [8, 4, 24, 44, 0.9, -1], [8, 4, 24, 44, 0.9, .nan],
      [24, 4, 8, 44, 0.9, 0], [8, .nan, 24, 44, 0.9, 0], [8, 4, 24, 44, .nan, 0],
      [0, 0, 1, 1, 1.5, 0],
    ]
    let output = CompiledModel.Output(values: rows.flatMap { $0 }, shape: [1, rows.count, 6])
    #expect(
      card.candidates(output) == [
        .init(x: 8, y: 4, width: 16, height: 40, name: "blue", score: 0.9),
        .init(x: 0, y: 0, width: 1, height: 1, name: "red", score: 1),
      ])
    card.places = .shares
    #expect(card.candidates(output)?.last?.width == 64)
    #expect(card.candidates(.init(values: [], shape: [1, 0, 7])) == nil)
  }

  @Test(arguments: [
    ("yolov8", "yolov5", "holds no boxes"), ("blue]", "blue, white]", "4 classes"),
    ("blue]", "red]", "different names"), ("side: 64", "side: 8", "side 8"),
    ("side: 64", "side: 96", "cannot"), ("score: 0.6", "score: 1", "score 1"),
    ("score: 0.6", "overlap: 0", "overlap 0"), ("score: 0.6", "limit: 0", "limit 0"),
    ("score: 0.6", "keep: [hat]", "hat"), ("cells.onnx", "../cells.onnx", "within the folder"),
    ("score: 0.6", "threshold: 1", "unknown key threshold"), ("id: cells", "id: ''", "id is empty"),
    ("yolov8", "yolov9", "form: yolov9, one of yolov8, yolov5, yolov10 wanted"),
  ])
  func `a card that cannot be is refused with the reason`(
    part: String, replacement: String, reason: String
  ) {
    #expect {
      try detector(Self.card.replacing(part, with: replacement))
    } throws: { error in
      "\(error)".contains(reason)
    }
  }

  @Test func `another card is another detector`() throws {
    #expect(try detector().id == detector().id)
    #expect(try detector().id != detector(Self.card.replacing("0.6", with: "0.5")).id)
  }
}
