/// Memory that looking through codes takes, kept from one search to the next: fresh pages cost more
/// than what is done with them.
final class LookRoom: @unchecked Sendable {
  // Safe to share: one search has it at a time, handed over under a lock.
  let found = BoundedPlaces(capacity: 0)
  private(set) var closer: [EnclosedPlaces] = []

  /// Kept are as many as search at once, if no more than this, and of each this many bytes at most.
  private static let kept = 16
  private static let keptBytes = 4 << 20
  private static let spare = Locked<[LookRoom]>([])

  /// Lends room for so many queries, empty.
  static func with(_ queries: Int, _ body: (LookRoom) -> Void) {
    let room = spare.withLock { $0.popLast() } ?? LookRoom()
    while room.closer.count < queries { room.closer.append(EnclosedPlaces()) }
    body(room)
    guard room.closer.reduce(room.found.bytes, { $0 + $1.bytes }) <= keptBytes else { return }
    room.found.removeAll()
    for closer in room.closer { closer.removeAll() }
    spare.withLock { if $0.count < kept { $0.append(room) } }
  }
}
