import Foundation
import Support
import Testing

@testable import Vision

struct AdaptationTests {
  /// Pictures of `classes` classes whose difference hides in two of twelve dimensions.
  private func sample(count: Int, classes: Int, seed: UInt64) -> (VectorTable, [Int]) {
    var random = SplitMix(seed: seed)
    let labels = (0..<count).map { $0 % classes }
    let values = labels.flatMap { label -> [Float] in
      let angle = 2 * Float.pi * Float(label) / Float(classes)
      return (0..<12).map { axis in
        let hint: Float = axis == 0 ? cos(angle) : axis == 1 ? sin(angle) : 0
        return hint + 0.6 * random.normal() * (axis < 2 ? 0.3 : 1)
      }
    }
    return (VectorTable(dimension: 12, values: values).normalised(), labels)
  }

  private var training: HeadTraining {
    var training = HeadTraining()
    (training.hidden, training.outputs, training.batch, training.steps) = (24, 8, 48, 60)
    training.rate = 1e-2
    return training
  }

  private func labels(_ classes: [Int], shuffledBy seed: UInt64? = nil) -> WeakLabels {
    var values = classes.map { [Int32($0)] }
    if let seed {
      var random = SplitMix(seed: seed)
      values.shuffle(using: &random)
    }
    return WeakLabels(
      products: classes.indices.map { Int32($0) },
      facets: [.init(name: "category", weight: 1, values: values)])
  }

  @Test func `a head that learns what hides in the vectors is kept and helps on others`() throws {
    let (vectors, classes) = sample(count: 240, classes: 3, seed: 1)
    let adaptation = Adaptation(of: vectors, labels: labels(classes), training: training)
    let head = try #require(adaptation.head)
    #expect(adaptation.trainedOn + adaptation.heldOut == 240 && adaptation.heldOut > 20)
    #expect(adaptation.gains.map(\.facet) == ["category"] && adaptation.gains[0].gain > 0.1)
    let (others, truth) = sample(count: 90, classes: 3, seed: 2)
    func map(_ table: VectorTable) -> Double {
      RetrievalScores(of: table, labels: truth, classes: ["a", "b", "c"]).overall
        .meanAveragePrecision
    }
    let adapted = head.adapted(others)
    #expect(adapted.dimension == 20 && head.dimension == 20)
    #expect(map(adapted) > map(others) + 0.1)
    #expect(abs(adapted[4].reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `labels that mean nothing leave no head`(seed: UInt64) {
    let (vectors, classes) = sample(count: 120, classes: 3, seed: seed)
    let adaptation = Adaptation(
      of: vectors, labels: labels(classes, shuffledBy: seed + 7), training: training)
    #expect(adaptation.head == nil && adaptation.gains.count == 1)
    #expect(adaptation.refusal != nil && adaptation.standardError > 0)
  }

  @Test func `too few pictures leave no head`() {
    let (vectors, classes) = sample(count: 2, classes: 2, seed: 3)
    #expect(Adaptation(of: vectors, labels: labels(classes), training: training).head == nil)
    let none = Adaptation(
      of: VectorTable(dimension: 4), labels: WeakLabels(products: [], facets: []))
    #expect(none.head == nil && none.trainedOn == 0)
  }

  @Test func `one seed gives one head, another another`() {
    let (vectors, classes) = sample(count: 60, classes: 2, seed: 4)
    let rows = Array(0..<60)
    var training = training
    training.steps = 5
    let first = training.head(vectors, labels(classes), rows: rows)
    #expect(training.head(vectors, labels(classes), rows: rows) == first)
    training.seed = 2
    #expect(training.head(vectors, labels(classes), rows: rows).id != first.id)
  }

  @Test func `every step brings pictures that agree nearer each other`() {
    let (vectors, classes) = sample(count: 60, classes: 3, seed: 6)
    var training = training
    func spread(_ head: Head) -> Double {
      RetrievalScores(
        of: head.outputs(of: vectors), labels: classes, classes: ["a", "b", "c"]
      ).overall.meanAveragePrecision
    }
    training.steps = 1
    let before = spread(training.head(vectors, labels(classes), rows: Array(0..<60)))
    training.steps = 40
    #expect(spread(training.head(vectors, labels(classes), rows: Array(0..<60))) > before + 0.1)
  }

  @Test func `a head survives its file, and files that are none are refused`() throws {
    var random = SplitMix(seed: 8)
    let head = Head(inputs: 5, hidden: 7, outputs: 3, weight: 0.7, random: &random)
    let bytes = head.bytes
    #expect(try Head(bytes: bytes) == head)
    for count in [0, 8, 23, 24, bytes.count - 1] {
      #expect(throws: HeadError.self) { try Head(bytes: Array(bytes.prefix(count))) }
    }
    #expect(throws: HeadError.self) { try Head(bytes: bytes + [0]) }
    var vast = bytes
    vast[11] = 0x7F
    #expect(throws: HeadError.self) { try Head(bytes: vast) }
    var broken = bytes
    broken.replaceSubrange(30..<32, with: [0xC0, 0x7F])
    #expect(throws: HeadError.self) { try Head(bytes: broken) }
  }

  /// A folder with a model of the channels' means, and a head for it.
  private func meansModel() throws -> (folder: TemporaryFolder, base: URL, head: Head) {
    let folder = TemporaryFolder()
    let base = folder.file("base")
    try FileManager.default.createDirectory(at: base, withIntermediateDirectories: false)
    let card = """
      {"id": "means", "file": "net.onnx", "dimension": 3, "side": 16, "resize": "squash",
       "layout": "nchw", "element": "f32"}
      """
    try Data(card.utf8).write(to: base.appending(path: "model.json"))
    try Data(ONNXFile.channelMeans(side: 16)).write(to: base.appending(path: "net.onnx"))
    var random = SplitMix(seed: 9)
    return (folder, base, Head(inputs: 3, hidden: 5, outputs: 2, weight: 0.7, random: &random))
  }

  @Test func `a model with a head gives the head's vectors under an id of its own`() async throws {
    let (folder, base, head) = try meansModel()
    let picture = Picture(
      width: 20, height: 30, pixels: (0..<1800).map { [200, 90, 20][$0 % 3] })
    let plain = try OpenVINOEmbedder(model: base, streams: 1)
    let vector = try await plain.embed([picture])[0]
    #expect(plain.head == nil && plain.baseID == plain.modelID)
    let place = folder.file("adapted")
    let id = try AdaptedModel.write(head, to: base, as: place)
    // The copy lives on without the folder it came from.
    try FileManager.default.removeItem(at: base)
    let adapted = try OpenVINOEmbedder(model: place, streams: 1)
    #expect(id == adapted.modelID && id == "\(plain.modelID)-\(head.id)")
    #expect(adapted.baseID == plain.modelID && adapted.dimension == 5 && adapted.head == head)
    let wanted = head.adapted(VectorTable(dimension: 3, values: vector))[0]
    let found = try await adapted.embed([picture])[0]
    #expect(found.count == 5)
    for (a, b) in zip(found, wanted) { #expect(abs(a - b) < 1e-6) }
    #expect(found[4] != 0)

    var random = SplitMix(seed: 10)
    let other = Head(inputs: 3, hidden: 4, outputs: 6, weight: 1, random: &random)
    let next = try AdaptedModel.write(other, to: place, as: folder.file("next"))
    #expect(next == "\(plain.modelID)-\(other.id)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.sorted() == ["adapted", "next"])
  }

  @Test func `a model remembers what its head was learnt from`() throws {
    let (folder, base, head) = try meansModel()
    func lesson(_ keys: [UInt64], _ label: Int32 = 2, seed: UInt64 = 1) -> Lesson {
      var training = HeadTraining()
      training.seed = seed
      let brands = WeakLabels.Facet(name: "brand", weight: 1, values: [[1], [label], []])
      return Lesson(
        base: "means", keys: keys, labels: WeakLabels(products: [1, 1, 2], facets: [brands]),
        training: training)
    }
    let place = folder.file("adapted")
    try AdaptedModel.write(head, learntFrom: lesson([5, 6, 7]), to: base, as: place)
    #expect(lesson([5, 6, 7]).isLearnt(byModelIn: place))
    for other in [lesson([5, 7, 6]), lesson([5, 6, 7], 3), lesson([5, 6, 7], seed: 2)] {
      #expect(!other.isLearnt(byModelIn: place))
    }
    #expect(!lesson([5, 6, 7]).isLearnt(byModelIn: base))
    // Another head of the same folder was learnt from something else.
    try AdaptedModel.write(head, to: place, as: folder.file("next"))
    #expect(!lesson([5, 6, 7]).isLearnt(byModelIn: folder.file("next")))
  }

  @Test func `a head that is damaged or another model's is refused with the reason`() throws {
    let (folder, base, head) = try meansModel()
    let place = folder.file("adapted")
    try AdaptedModel.write(head, to: base, as: place)
    let file = place.appending(path: "head.bin")
    var random = SplitMix(seed: 9)
    let wide = Head(inputs: 4, hidden: 5, outputs: 2, weight: 1, random: &random)
    for (bytes, reason) in [
      (Array(head.bytes.dropLast()), "bytes"), (Array("nonsense".utf8), "no magic"),
      (wide.bytes, "a head for vectors of 4, the model's have 3"),
    ] {
      try Data(bytes).write(to: file)
      #expect {
        try OpenVINOEmbedder(model: place, streams: 1)
      } throws: { error in
        guard case .modelUnusable(let path, let told)? = error as? EmbedError else { return false }
        return path == file.path && told.contains(reason)
      }
    }
  }

  @Test func `a model that cannot be loaded with the head leaves nothing behind`() throws {
    let (folder, base, _) = try meansModel()
    var random = SplitMix(seed: 9)
    let wide = Head(inputs: 4, hidden: 5, outputs: 2, weight: 1, random: &random)
    #expect(throws: EmbedError.self) {
      try AdaptedModel.write(wide, to: base, as: folder.file("adapted"))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["base"])
  }

  @Test func `words agree by what they share`() {
    let words = WeakLabels.Facet(
      name: "title words", weight: 1, values: [[1, 2, 5], [2, 5, 9], [], [7]])
    #expect(words.agreement(0, 1) == 0.5 && words.agreement(0, 0) == 1)
    #expect(words.agreement(0, 2) == 0 && words.agreement(0, 3) == 0)
  }
}
