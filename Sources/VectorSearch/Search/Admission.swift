/// Says which rows of a coded segment take part in a search, where not all do.
struct Admission {
  /// Places that are looked at together: what is read of them stands far apart, and is fetched at the same
  /// time where nothing is decided in between.
  private static let together = 64

  private let request: SearchRequest
  private let segment: Segment
  /// By place.
  private let rowNumbers: UnsafePointer<UInt32>
  private let keys: UnsafePointer<UInt64>

  init(_ request: SearchRequest, _ coded: CodedSegment) {
    self.request = request
    segment = coded.segment
    rowNumbers = coded.codes.rowNumbers
    keys = UnsafePointer(coded.segment.rows.keys)
  }

  /// Calls `body` with the number of each place, ascending, whose row takes part.
  func forEach(of places: UnsafeBufferPointer<UInt32>, _ body: (Int) -> Void) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.together) { rows in
      withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.together) { keys in
        for first in stride(from: 0, to: places.count, by: Self.together) {
          let count = min(Self.together, places.count - first)
          for i in 0..<count { rows[i] = rowNumbers[Int(places[first + i])] }
          for i in 0..<count { keys[i] = self.keys[Int(rows[i])] }
          for i in 0..<count
          where request.admits(keys[i]) && !segment.isDead(Int(rows[i])) { body(first + i) }
        }
      }
    }
  }
}
