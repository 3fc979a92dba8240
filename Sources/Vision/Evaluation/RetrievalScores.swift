/// How well nearest neighbours share their query's class: every picture asks for all the others.
///
/// The measures are those of Manning, Raghavan & Schütze, Introduction to Information Retrieval
/// (2008), chapter 8. Equal scores keep the pictures' order. A class of one picture has no right
/// answer and asks nothing, yet is found by others.
package struct RetrievalScores: Sendable, Encodable {
  /// What a set of queries found.
  package struct Measures: Sendable, Equatable, Encodable {
    package var queries = 0
    /// Mean over queries of the mean precision at each right answer.
    package var meanAveragePrecision = 0.0
    /// The same within the first ten, over the right answers that ten places can hold.
    package var meanAveragePrecisionAt10 = 0.0
    /// The share of queries whose first answer is right.
    package var recallAt1 = 0.0
    /// The share of right answers among the first ten.
    package var precisionAt10 = 0.0
  }

  package private(set) var overall = Measures()
  package private(set) var classes: [String]
  /// In the order of `classes`.
  package private(set) var perClass: [Measures]
  /// The nearest pictures of each, best first, at most `kept`.
  package private(set) var neighbours: [[Int]]
  /// The class that asked and the class of what it found first, query by query.
  private var answers: [(own: Int, found: Int)] = []

  private enum CodingKeys: String, CodingKey { case overall, classes, perClass, confusion }

  /// - Parameters:
  ///   - vectors: unit length, a row a picture.
  ///   - labels: each picture's place in `classes`.
  ///   - kept: how many neighbours of each picture are kept.
  /// - Complexity: `count² · dimension`; one block of rows of scores in memory at a time.
  package init(of vectors: VectorTable, labels: [Int], classes: [String], keeping kept: Int = 10) {
    precondition(vectors.count == labels.count && labels.allSatisfy(classes.indices.contains))
    self.classes = classes
    perClass = Array(repeating: Measures(), count: classes.count)
    neighbours = []
    neighbours.reserveCapacity(vectors.count)
    var sizes = Array(repeating: 0, count: classes.count)
    for label in labels { sizes[label] += 1 }
    let block = 64
    for start in stride(from: 0, to: vectors.count, by: block) {
      let rows = start..<min(start + block, vectors.count)
      let scores = vectors.scores(rows, against: vectors)
      for row in rows {
        let own = scores[(row - start) * vectors.count..<(row - start + 1) * vectors.count]
        let ranked = Self.ranking(own, without: row)
        neighbours.append(Array(ranked.prefix(kept)))
        guard let nearest = ranked.first, sizes[labels[row]] > 1 else { continue }
        answers.append((labels[row], labels[nearest]))
        perClass[labels[row]].add(
          ranked.map { labels[$0] == labels[row] }, relevant: sizes[labels[row]] - 1)
      }
    }
    for measures in perClass { overall.add(measures) }
    overall.divide()
    for i in perClass.indices { perClass[i].divide() }
  }

  /// Row: the query's class. Column: the class of its nearest neighbour. `[classes × classes]`.
  package var confusion: [[Int]] {
    var table = Array(repeating: Array(repeating: 0, count: classes.count), count: classes.count)
    for answer in answers { table[answer.own][answer.found] += 1 }
    return table
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(overall, forKey: .overall)
    try container.encode(classes, forKey: .classes)
    try container.encode(perClass, forKey: .perClass)
    try container.encode(confusion, forKey: .confusion)
  }

  private static func ranking(_ scores: ArraySlice<Float>, without row: Int) -> [Int] {
    let first = scores.startIndex
    var order = Array(0..<scores.count)
    order.remove(at: row)
    order.sort { a, b in
      let (left, right) = (scores[first + a], scores[first + b])
      return left == right ? a < b : left > right
    }
    return order
  }
}

extension RetrievalScores.Measures {
  /// Adds one query's answers, best first; the sums become means in `divide`.
  fileprivate mutating func add(_ isRight: [Bool], relevant: Int) {
    var found = 0
    var sum = 0.0
    var sumAt10 = 0.0
    var foundAt10 = 0
    for (place, right) in isRight.enumerated() where right {
      found += 1
      let precision = Double(found) / Double(place + 1)
      sum += precision
      guard place < 10 else { continue }
      sumAt10 += precision
      foundAt10 += 1
    }
    queries += 1
    meanAveragePrecision += sum / Double(relevant)
    meanAveragePrecisionAt10 += sumAt10 / Double(min(10, relevant))
    recallAt1 += isRight.first == true ? 1 : 0
    precisionAt10 += Double(foundAt10) / Double(min(10, isRight.count))
  }

  fileprivate mutating func add(_ other: Self) {
    queries += other.queries
    meanAveragePrecision += other.meanAveragePrecision
    meanAveragePrecisionAt10 += other.meanAveragePrecisionAt10
    recallAt1 += other.recallAt1
    precisionAt10 += other.precisionAt10
  }

  fileprivate mutating func divide() {
    guard queries > 0 else { return }
    meanAveragePrecision /= Double(queries)
    meanAveragePrecisionAt10 /= Double(queries)
    recallAt1 /= Double(queries)
    precisionAt10 /= Double(queries)
  }
}
