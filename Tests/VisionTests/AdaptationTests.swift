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

  @Test func `labels that mean nothing leave no head`() {
    let (vectors, classes) = sample(count: 200, classes: 3, seed: 3)
    let adaptation = Adaptation(
      of: vectors, labels: labels(classes, shuffledBy: 7), training: training)
    #expect(adaptation.head == nil && adaptation.gains.count == 1)
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

  @Test func `words agree by what they share`() {
    let words = WeakLabels.Facet(
      name: "title words", weight: 1, values: [[1, 2, 5], [2, 5, 9], [], [7]])
    #expect(words.agreement(0, 1) == 0.5 && words.agreement(0, 0) == 1)
    #expect(words.agreement(0, 2) == 0 && words.agreement(0, 3) == 0)
  }
}
