import CKernels

/// Binary codes that are found by their Hamming distance, appended to while they are searched.
///
/// Codes of `64 · words` bits stand in multi-index hash tables over bands of 16 bits: an old one, a
/// young one of what came since it was made, and up to 512 last codes that are compared one by one.
/// At 256 bits a code takes 88 bytes at a million: 32 itself, 48 in the bands, 8 for the bands'
/// beginnings. Codes of 64 bits stand in the bands themselves too, 52 bytes in all, for those who ask
/// for many at once.
package struct BinaryCodes: Sendable {
  private struct Table: Sendable {
    var codes: Range<Int> = 0..<0
    var starts: [UInt32] = []
    var places: [UInt8] = []
    var runs: [UInt64] = []
  }

  private let words: Int
  private var codes: [UInt64] = []
  private var old = Table()
  private var young = Table()

  /// What places of 24 bits can tell apart.
  package static let capacity = 1 << 24
  private static let tail = 512
  /// Codes of the young table before the old one takes them: a sixteenth of its own at least.
  private static let young = 32_768
  /// Codes that are read past a table's end.
  private static let room = 8
  /// Places that a search has room for at first; where it finds more it is done again.
  private static let expected = 8192

  /// - Precondition: `words` is 1…4.
  package init(words: Int) {
    precondition((1...4).contains(words))
    self.words = words
  }

  package var count: Int { codes.count / words }

  /// Bytes that are held.
  package var size: Int {
    8 * codes.capacity
      + [old, young].reduce(0) {
        $0 + 4 * $1.starts.capacity + $1.places.capacity + 8 * $1.runs.capacity
      }
  }

  /// Adds a code; its place is the count before. Amortised some microseconds a code.
  package mutating func append(_ code: some Collection<UInt64>) {
    precondition(code.count == words && count < Self.capacity)
    codes.append(contentsOf: code)
    guard count - young.codes.upperBound >= Self.tail else { return }
    if count - old.codes.upperBound >= max(Self.young, old.codes.count / 16) {
      settle()
    } else {
      build(&young, over: old.codes.upperBound..<count)
    }
  }

  /// Adds many codes, `[count × words]`, and makes the tables once.
  package mutating func append(contentsOf many: [UInt64]) {
    precondition(many.count % words == 0 && count + many.count / words <= Self.capacity)
    codes += many
    settle()
  }

  /// Takes all into the old table.
  private mutating func settle() {
    codes.reserveCapacity(codes.count + words * max(Self.young, count / 16))
    build(&old, over: 0..<count)
    young = Table(codes: count..<count)
  }

  private func build(_ table: inout Table, over range: Range<Int>) {
    let bands = 4 * words
    table.codes = range
    if table.starts.isEmpty { table.starts = [UInt32](repeating: 0, count: bands * 65_537) }
    let size = 3 * bands * range.count + 1
    let runs = words == 1 ? bands * range.count + Self.room : 0
    table.places = [UInt8](unsafeUninitializedCapacity: size) { places, count in
      places[size - 1] = 0
      table.runs = [UInt64](unsafeUninitializedCapacity: runs) { buffer, count in
        codes.withUnsafeBufferPointer { codes in
          let first = codes.baseAddress.map { $0 + words * range.lowerBound }
          vt_codes_build(
            first, Int32(words), range.count, &table.starts, places.baseAddress,
            words == 1 ? buffer.baseAddress : nil)
        }
        count = runs
      }
      count = size
    }
  }

  /// The places of all codes at most `radius` bits from `code`, each once, in no order.
  ///
  /// - Parameter bandRadius: bits by which one band of 16 may differ, 0…2. `radius` ÷ (4 · words)
  ///   finds all codes; less is faster and misses codes that differ by more in every band.
  package func places(
    within radius: Int, of code: [UInt64], bandRadius: Int? = nil
  ) -> [UInt32] {
    let probed = bandRadius ?? radius / (4 * words)
    precondition(code.count == words && (0...2).contains(probed))
    return found { index, places, room in
      vt_codes_within(&index, code, Int32(radius), Int32(probed), places, room)
    }
  }

  /// The places of all codes at most `radius` bits from one of `queries` and some band of which differs
  /// from that one's in bits of its `loose` alone, ascending.
  ///
  /// Query-directed probing (Lv et al., "Multi-probe LSH", 2007): a bit that is in doubt is looked for
  /// either way, and no other.
  ///
  /// - Parameter loose: of each query, at most two bits of each band of 16.
  /// - Precondition: codes are of one word, and at most 256 are asked for.
  package func places(
    within radius: Int, ofAny queries: [UInt64], loose: [UInt64]
  ) -> [UInt32] {
    precondition(words == 1 && queries.count <= 256 && loose.count == queries.count)
    precondition(loose.allSatisfy(Self.isNarrow))
    var found = found { index, places, room in
      vt_codes_near(&index, queries, loose, Int32(queries.count), Int32(radius), places, room)
    }
    var spare = found
    found.removeLast(found.count - vt_distinct(&found, found.count, &spare))
    return found
  }

  private static func isNarrow(_ loose: UInt64) -> Bool {
    stride(from: 0, to: 64, by: 16).allSatisfy {
      UInt16(truncatingIfNeeded: loose >> $0).nonzeroBitCount <= VT_LOOSE_BITS
    }
  }

  /// What `search` writes for each table and for the last codes; it returns how many places there are,
  /// of which it writes as many as there is room for.
  private func found(
    _ search: (inout vt_codes, UnsafeMutablePointer<UInt32>?, Int) -> Int
  ) -> [UInt32] {
    var found: [UInt32] = []
    let last = Table(codes: young.codes.upperBound..<count)
    for table in [old, young, last] where !table.codes.isEmpty { find(in: table, search, &found) }
    return found
  }

  private func find(
    in table: Table, _ search: (inout vt_codes, UnsafeMutablePointer<UInt32>?, Int) -> Int,
    _ found: inout [UInt32]
  ) {
    let before = found.count
    var room = Self.expected
    while true {
      found += repeatElement(0, count: room)
      let total = codes.withUnsafeBufferPointer { codes in
        table.starts.withUnsafeBufferPointer { starts in
          table.places.withUnsafeBufferPointer { places in
            table.runs.withUnsafeBufferPointer { runs in
              found.withUnsafeMutableBufferPointer { found in
                var index = vt_codes(
                  codes: codes.baseAddress.map { $0 + words * table.codes.lowerBound },
                  words: Int32(words), built: starts.isEmpty ? 0 : table.codes.count,
                  count: table.codes.count, starts: starts.baseAddress,
                  places: places.baseAddress, runs: runs.baseAddress)
                return search(&index, found.baseAddress.map { $0 + before }, room)
              }
            }
          }
        }
      }
      found.removeLast(max(0, room - total))
      if total <= room { break }
      found.removeLast(found.count - before)
      room = total
    }
    for i in before..<found.count { found[i] += UInt32(table.codes.lowerBound) }
  }
}
