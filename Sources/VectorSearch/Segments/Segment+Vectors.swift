import CKernels

extension Segment {
  /// Rows that are read before they are scored.
  private static let readTogether = 32

  /// The row as it is stored, ``RowLayout/words`` of it, valid as long as the mapping.
  func stored(_ row: Int) -> UnsafePointer<UInt32> { words + Int(rows.offsets[row]) }

  /// The vector that the row stands for, `[dimension]`.
  func vector(of row: Int) throws(IndexError) -> [Float] {
    var vector = [Float](repeating: 0, count: layout.dimension)
    try withStored([rows.offsets[row]]) { words, offsets, _ in
      layout.load(words + Int(offsets[0]), into: &vector)
    }
    return vector
  }

  /// The scores of rows, in their order.
  func scores(of rows: some Collection<Int>, _ query: UnitQuery) throws(IndexError) -> [Float] {
    let offsets = rows.map { self.rows.offsets[$0] }
    var scores = [Float](repeating: 0, count: offsets.count)
    try withStored(offsets) { words, offsets, numbers in
      scores.withUnsafeMutableBufferPointer {
        vitrine_score_rows(
          layout.element.code, words, offsets, numbers.count, query.wide, layout.dimension,
          $0.baseAddress! + numbers.lowerBound)
      }
    }
    return scores
  }

  /// The scores of rows, each against the query of that number, in their order. Vectors are read in the
  /// order in which they stand.
  func scores(
    of rows: [UInt32], against numbers: [UInt32], _ queries: [UnitQuery]
  ) throws(IndexError) -> [Float] {
    let order = [UInt32](unsafeUninitializedCapacity: rows.count) { buffer, found in
      vitrine_order_of_rows(rows, rows.count, count, buffer.baseAddress)
      found = rows.count
    }
    let offsets = order.map { self.rows.offsets[Int(rows[Int($0)])] }
    let inOrder = order.map { numbers[Int($0)] }
    let wide: [UnsafePointer<Double>?] = queries.map(\.wide)
    var scores = [Float](repeating: 0, count: rows.count)
    try withStored(offsets) { words, offsets, part in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: part.count) { found in
        inOrder.withUnsafeBufferPointer {
          vitrine_score_pairs(
            layout.element.code, words, offsets, $0.baseAddress! + part.lowerBound, part.count,
            wide, layout.dimension, found.baseAddress)
        }
        for (i, score) in zip(part, found) { scores[Int(order[i])] = score }
      }
    }
    withExtendedLifetime(queries) {}
    return scores
  }

  func score(of row: Int, _ query: UnitQuery) throws(IndexError) -> Float {
    try scores(of: CollectionOfOne(row), query)[0]
  }

  /// Hands rows to `body` as they are stored, from each of the offsets behind a pointer, with the numbers
  /// that they have among `offsets`: all at once, or some at a time.
  ///
  /// Where there are codes few rows are wanted, far from each other. Unless there is memory for all of them
  /// they are read, for a page that is mapped brings its neighbours along and stays.
  ///
  /// - Throws: ``IndexError/io(call:path:code:)``, or ``IndexError/corrupt(file:offset:reason:)`` where the
  ///   file has become shorter.
  private func withStored(
    _ offsets: [UInt32],
    _ body: (UnsafePointer<UInt32>, _ offsets: UnsafePointer<UInt32>, _ numbers: Range<Int>) -> Void
  ) throws(IndexError) {
    guard codes != nil, !isHeld else { return body(words, offsets, 0..<offsets.count) }
    let room = min(offsets.count, Self.readTogether)
    let buffer = UnsafeMutablePointer<UInt32>.allocate(capacity: room * layout.words)
    let places = UnsafeMutablePointer<UInt32>.allocate(capacity: room)
    defer {
      buffer.deallocate()
      places.deallocate()
    }
    for first in stride(from: 0, to: offsets.count, by: Self.readTogether) {
      let numbers = first..<min(first + Self.readTogether, offsets.count)
      for i in numbers {
        // The same row twice is read once.
        if i > first, offsets[i] == offsets[i - 1] {
          places[i - first] = places[i - first - 1]
          continue
        }
        let place = (i - first) * layout.words
        try read(
          into: UnsafeMutableRawBufferPointer(start: buffer + place, count: layout.length),
          at: 4 * Int(offsets[i]))
        places[i - first] = UInt32(place)
      }
      body(buffer, places, numbers)
    }
  }

  private func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(IndexError) {
    guard try mapping.file.read(into: buffer, at: offset) == buffer.count else {
      throw .corrupt(
        file: mapping.file.path, offset: offset, reason: "the file ends within a vector")
    }
  }

  /// Rows as fp32, `[dimension]` floats from each of the offsets: where they stand, or decoded.
  func withFloats<Result>(
    of rows: some Collection<Int>, _ body: (UnsafePointer<Float>, [UInt32]) -> Result
  ) -> Result {
    if layout.element == .f32 {
      let floats = UnsafeRawPointer(words).assumingMemoryBound(to: Float.self)
      return body(floats, rows.map { self.rows.offsets[$0] })
    }
    let dimension = layout.dimension
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * dimension) {
      let floats = $0.baseAddress!
      for (i, row) in rows.enumerated() { layout.load(stored(row), into: floats + i * dimension) }
      return body(floats, (0..<rows.count).map { UInt32($0 * dimension) })
    }
  }

  /// Where ``RowTable/offsets`` count from.
  private var words: UnsafePointer<UInt32> {
    mapping.bytes.baseAddress!.assumingMemoryBound(to: UInt32.self)
  }
}
