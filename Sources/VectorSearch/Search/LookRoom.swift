/// Memory that looking through codes takes, kept from one search to the next: fresh pages cost more
/// than what is done with them, and so do many small pieces.
final class LookRoom: @unchecked Sendable {
  // Safe to share: one search has it at a time, handed over under a lock.
  let found = BoundedPlaces()
  let closer = EnclosedPlaces()
  /// One a query, each to be begun.
  private(set) var lists: [Shortlist] = []
  /// One a segment, each to be begun.
  private(set) var cells: [ProbedCells] = []

  /// Kept are as many as search at once, if no more than this, and of each no more than this many
  /// bytes of what was lent.
  private static let kept = 16
  private static let keptBytes = 1 << 20
  private static let spare = Locked<[LookRoom]>([])

  /// Lends room for so many queries, each looking through all, and for looking into the cells of so many
  /// segments.
  static func with<Result, Failure: Error>(
    queries: Int = 0, segments: Int = 0, _ body: (LookRoom) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let room = spare.withLock { $0.popLast() } ?? LookRoom()
    while room.lists.count < queries { room.lists.append(Shortlist()) }
    while room.cells.count < segments { room.cells.append(ProbedCells()) }
    room.found.removeAll()
    room.closer.removeAll()
    defer { room.takeBack(queries, segments) }
    return try body(room)
  }

  private func takeBack(_ queries: Int, _ segments: Int) {
    var bytes = found.bytes + closer.bytes
    for list in lists[..<queries] {
      list.end()
      bytes += list.bytes
    }
    for cells in cells[..<segments] {
      cells.list.end()
      bytes += cells.bytes
    }
    guard bytes <= Self.keptBytes else { return }
    Self.spare.withLock { if $0.count < Self.kept { $0.append(self) } }
  }
}
