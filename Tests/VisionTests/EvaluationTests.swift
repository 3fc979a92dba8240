import Foundation
import Support
import Testing

@testable import Vision

struct RetrievalScoresTests {
  /// Unit vectors at these degrees.
  private func fan(_ degrees: [Double]) -> VectorTable {
    VectorTable(
      dimension: 2,
      values: degrees.flatMap { [Float(cos($0 * .pi / 180)), Float(sin($0 * .pi / 180))] })
  }

  @Test func `measures are those worked out by hand`() {
    // From 0°: 1° a, 3° b, 6° a. Each query's order follows from the gaps.
    let scores = RetrievalScores(
      of: fan([0, 1, 3, 6]), labels: [0, 0, 1, 0], classes: ["a", "b"])
    // 0 asks: a b a → (1 + 2/3) / 2. 1 asks: 0 (a), 3 (b), 6 (a). 6 asks: b a a → (1/2 + 2/3) / 2.
    let expected = ((1 + 2.0 / 3) / 2 * 2 + (0.5 + 2.0 / 3) / 2) / 3
    #expect(abs(scores.overall.meanAveragePrecision - expected) < 1e-9)
    #expect(abs(scores.overall.meanAveragePrecisionAt10 - expected) < 1e-9)
    #expect(abs(scores.overall.recallAt1 - 2.0 / 3) < 1e-9)
    #expect(abs(scores.overall.precisionAt10 - 2.0 / 3) < 1e-9)
    // The only b has nothing to find; the a at 6° finds it first.
    #expect(scores.overall.queries == 3 && scores.perClass[1].queries == 0)
    #expect(scores.confusion == [[2, 1], [0, 0]])
    #expect(scores.neighbours[3] == [2, 1, 0])
  }

  @Test func `only ten places count for the measures at ten`() {
    // One a, eleven b nearer to it than the other a.
    let degrees = [0] + (1...11).map { Double($0) } + [30]
    let labels = [0] + Array(repeating: 1, count: 11) + [0]
    let scores = RetrievalScores(of: fan(degrees), labels: labels, classes: ["a", "b"])
    #expect(scores.perClass[0].meanAveragePrecisionAt10 == 0)
    #expect(abs(scores.perClass[0].meanAveragePrecision - 1.0 / 12) < 1e-9)
    #expect(scores.perClass[0].precisionAt10 == 0 && scores.perClass[1].recallAt1 == 1)
  }

  @Test func `equal scores keep the pictures' order`() {
    let scores = RetrievalScores(
      of: fan([0, 0, 0, 0]), labels: [0, 1, 0, 1], classes: ["a", "b"])
    #expect(scores.neighbours == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]])
  }
}

struct GroundTruthTests {
  @Test func `a folder's folders are classes`() throws {
    let folder = TemporaryFolder()
    for name in ["hat/2.jpg", "hat/1.PNG", "dress/deep/3.webp", "dress/notes.txt", "loose.jpg"] {
      let file = folder.url.appending(path: name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: file)
    }
    let truth = try GroundTruth(at: folder.url)
    #expect(truth.classes == ["dress", "hat"])
    #expect(truth.files.map(\.lastPathComponent) == ["3.webp", "1.PNG", "2.jpg"])
    #expect(truth.labels == [0, 1, 1])
  }

  @Test func `a table has quotes, a heading and paths of its own`() throws {
    let folder = TemporaryFolder()
    for name in ["a.jpg", "b, c.jpg"] { try Data().write(to: folder.file(name)) }
    let table = folder.file("truth.csv")
    try Data("file,class\r\na.jpg,\"say \"\"x\"\"\"\r\n\r\n\"b, c.jpg\",hat\r\n".utf8)
      .write(to: table)
    let truth = try GroundTruth(at: table)
    #expect(truth.classes == ["hat", "say \"x\""] && truth.labels == [1, 0])
    #expect(truth.files.map(\.lastPathComponent) == ["a.jpg", "b, c.jpg"])
    try Data("file,class\nmissing.jpg,hat\na.jpg,hat\nnone.jpg,hat\n".utf8).write(to: table)
    #expect(throws: GroundTruthError.self) { try GroundTruth(at: table) }
  }

  @Test(arguments: [
    "id,file,class\n1,a.jpg,x\n2,\"b, c.jpg\",y", "Class;Note;Path\nx;;a.jpg\ny;;b, c.jpg",
    "\u{FEFF}a.jpg\tx\nb, c.jpg\ty\n", "\u{FEFF}label,image\nx,a.jpg\ny,\"b, c.jpg\"",
    "bild;klasse\na.jpg;x\nb, c.jpg;y",
  ])
  func `a table's columns are those its heading names, parted as they are`(text: String) throws {
    let folder = TemporaryFolder()
    for name in ["a.jpg", "b, c.jpg"] { try Data().write(to: folder.file(name)) }
    try Data(text.utf8).write(to: folder.file("truth.csv"))
    let truth = try GroundTruth(at: folder.file("truth.csv"))
    #expect(truth.classes == ["x", "y"] && truth.labels == [0, 1])
    #expect(truth.files.map(\.lastPathComponent) == ["a.jpg", "b, c.jpg"])
  }

  @Test(arguments: [
    ("a.jpg\nb.jpg\n", "record 1 has no file and class: [\"a.jpg\"]"),
    ("missing.jpg,x\na.jpg,y\n", "record 1 names missing.jpg, which is no file"),
    ("name,hue\na.jpg,x\n7,y\n", "record 3 names 7, which is no file"),
    ("file,class\na.jpg,\n", "record 2 has no file and class: [\"a.jpg\", \"\"]"),
  ])
  func `a table that tells nothing says where and what is wanted`(text: String, reason: String)
    throws
  {
    let folder = TemporaryFolder()
    try Data().write(to: folder.file("a.jpg"))
    let table = folder.file("truth.csv")
    try Data(text.utf8).write(to: table)
    #expect(
      throws: GroundTruthError.unreadable(
        path: table.path, reason: "\(reason); want lines of file,class")
    ) { try GroundTruth(at: table) }
  }

  @Test func `a class may be a link to a folder`() throws {
    let folder = TemporaryFolder()
    for name in ["photos/hat/1.jpg", "elsewhere/2.jpg"] {
      let file = folder.url.appending(path: name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: file)
    }
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "photos/dress"),
      withDestinationURL: folder.url.appending(path: "elsewhere"))
    let truth = try GroundTruth(at: folder.url.appending(path: "photos"))
    #expect(truth.classes == ["dress", "hat"] && truth.labels == [0, 1])
    #expect(truth.files.map(\.lastPathComponent) == ["2.jpg", "1.jpg"])
  }

  @Test func `what holds no two classes is refused`() throws {
    let folder = TemporaryFolder()
    #expect(throws: GroundTruthError.tooFew(pictures: 0, classes: 0, path: folder.url.path)) {
      try GroundTruth(at: folder.url)
    }
    #expect(throws: GroundTruthError.self) { try GroundTruth(at: folder.file("none")) }
  }
}

struct PictureEditTests {
  private let picture = Drawing.garment(seed: 3, tint: (150, 60, 60)).picture

  @Test func `every edit changes the picture and none loses it`() throws {
    for edit in PictureEdit.allCases {
      let edited = try edit.applied(to: picture)
      #expect(edited != picture, "\(edit)")
      let small = (edited.resized(width: 8, height: 8), picture.resized(width: 8, height: 8))
      let apart = zip(small.0.pixels, small.1.pixels).reduce(0) {
        $0 + abs(Int($1.0) - Int($1.1))
      }
      #expect(apart / small.0.pixels.count < 60, "\(edit)")
    }
  }

  @Test func `mirroring twice gives the picture back, pixels out of the frame are the edge's`()
    throws
  {
    #expect(
      try PictureEdit.mirrored.applied(to: PictureEdit.mirrored.applied(to: picture)) == picture)
    let plain = Picture(width: 9, height: 5, pixels: Array(repeating: 77, count: 135))
    #expect(try PictureEdit.rotated2.applied(to: plain) == plain)
    let padded = try PictureEdit.padded.applied(to: plain)
    #expect(padded.width == 9 && padded.height == 9)
    #expect(Array(padded.pixels[..<3]) == [255, 255, 255])
    #expect(Array(padded.pixels[3 * 9 * 2..<3 * 9 * 7]) == plain.pixels)
  }

  @Test func `the smallest picture that is decoded bears every edit`() throws {
    let dot = Picture(width: 8, height: 8, pixels: Array(repeating: 90, count: 192))
    for edit in PictureEdit.allCases { #expect(try edit.applied(to: dot).width >= 4, "\(edit)") }
  }
}

struct NeighbourMapTests {
  @Test func `groups that are apart stay apart on the map`() {
    var random = SplitMix(seed: 9)
    let vectors = VectorTable(
      dimension: 8,
      values: (0..<36).flatMap { row in
        (0..<8).map { ($0 == row % 3 ? 1 : 0) + 0.1 * random.normal() }
      }
    ).normalised()
    let map = NeighbourMap(perplexity: 6, rounds: 120)
    let points = map.points(of: vectors)
    #expect(points == map.points(of: vectors))
    for (row, point) in points.enumerated() {
      let nearest = points.indices.filter { $0 != row }.min {
        func far(_ i: Int) -> Float { ((points[i] - point) * (points[i] - point)).sum() }
        return far($0) < far($1)
      }
      #expect(nearest.map { $0 % 3 } == row % 3)
      #expect(abs(point.x) <= 1.0001 && abs(point.y) <= 1.0001)
    }
  }

  @Test func `few points and equal points have places`() {
    for count in 0...4 {
      let points = NeighbourMap(rounds: 20).points(
        of: VectorTable(dimension: 2, values: (0..<count).flatMap { _ in [1, 0] }))
      #expect(points.count == count && points.allSatisfy { $0.x.isFinite && $0.y.isFinite })
    }
  }
}

struct EvaluationTests {
  /// Two classes of four drawings each and a file that is no picture.
  private func truth(in folder: TemporaryFolder) throws -> GroundTruth {
    for (first, name, tint) in [(0, "red <i>", (170, 50, 50)), (4, "blue", (50, 70, 170))] {
      let place = folder.url.appending(path: name)
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      for seed in UInt64(first)..<UInt64(first + 4) {
        let picture = Drawing.garment(seed: seed, tint: tint).picture
        try Data(picture.jpeg(quality: 90)).write(to: place.appending(path: "\(seed).jpg"))
      }
    }
    try Data("no picture".utf8).write(to: folder.url.appending(path: "blue/x.jpg"))
    return try GroundTruth(at: folder.url)
  }

  @Test func `pictures of known classes give figures and a page of their own`() async throws {
    let folder = TemporaryFolder()
    let truth = try truth(in: folder)
    let lane = ComputeLane(name: "test")
    let evaluation = try await Evaluation.run(
      truth, with: EmbedderTests.embedder(), sample: 2, lane: lane)
    #expect(evaluation.pictures == 8 && evaluation.refused.count == 1)
    #expect(evaluation.refused[0].file.hasSuffix("blue/x.jpg"))
    #expect(evaluation.retrieval.overall.queries == 8)
    #expect(evaluation.retrieval.confusion.joined().reduce(0, +) == 8)
    #expect(evaluation.robustness.map(\.edit) == PictureEdit.allCases)
    #expect(evaluation.robustness[0].recallAt1 == 1 && evaluation.robustness[0].queries == 2)

    let page = await EvaluationReport(of: evaluation, lane: lane).html
    #expect(page.hasPrefix("<!doctype html>") && page.hasSuffix("</html>\n"))
    #expect(page.contains("red &lt;i&gt;") && !page.contains("red <i>"))
    #expect(!page.contains("http"), "nothing is loaded from elsewhere")
    // Eight points; eight rows of one query and seven neighbours.
    #expect(page.split(separator: "<circle").count == 9)
    #expect(page.split(separator: "<li ").count == 65)

    let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(evaluation))
    let table = try #require(json as? [String: Any])
    #expect(
      Set(table.keys) == ["model", "pictures", "retrieval", "robustness", "latency", "refused"])
  }

  @Test func `a slow picture or a broken one changes nobody else's class`() async throws {
    let folder = TemporaryFolder()
    var truth = try truth(in: folder)
    // The first file of all takes longest, and every second one is broken.
    let large = try Picture(decoding: [UInt8](Data(contentsOf: truth.files[0])))
      .resized(width: 1600, height: 2000)
    try Data(large.jpeg(quality: 90)).write(to: truth.files[0])
    for (place, name) in ["blue/0.jpg", "blue/41.jpg", "red <i>/11.jpg", "red <i>/z.jpg"]
      .enumerated()
    {
      try Data(repeating: 0xFF, count: place).write(to: folder.url.appending(path: name))
    }
    truth = try GroundTruth(at: folder.url)
    let embedder = try EmbedderTests.embedder()
    let evaluation = try await Evaluation.run(
      truth, with: embedder, sample: 0, lane: ComputeLane(threads: 2))
    #expect(
      evaluation.refused.map { URL(filePath: $0.file).lastPathComponent }
        == ["0.jpg", "41.jpg", "x.jpg", "11.jpg", "z.jpg"])
    #expect(evaluation.pictures == 8)
    for (row, file) in evaluation.files.enumerated() {
      #expect(
        file.deletingLastPathComponent().lastPathComponent == truth.classes[evaluation.labels[row]])
      let picture = try PictureAnalysis.picture(of: [UInt8](Data(contentsOf: file)))
      let own = try await embedder.embed([picture])[0]
      #expect(zip(own, evaluation.vectors[row]).reduce(0) { $0 + $1.0 * $1.1 } > 0.9999)
    }
  }
}
