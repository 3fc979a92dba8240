/// Memory that looking through codes takes, kept from one search to the next: fresh pages cost more
/// than what is done with them.
final class LookRoom: @unchecked Sendable {
  // Safe to share: one search has it at a time, handed over under a lock.
  private(set) var found: [BoundedPlaces] = []
  private(set) var closer: [EnclosedPlaces] = []

  /// Kept are as many as search at once, if no more than this, and of each this many bytes at most.
  private static let kept = 16
  private static let keptBytes = 4 << 20
  private static let spare = Locked<[LookRoom]>([])

  /// Lends room for so many queries, empty.
  static func with(_ queries: Int, _ body: (LookRoom) -> Void) {
    let room = spare.withLock { $0.popLast() } ?? LookRoom()
    while room.found.count < queries {
      room.found.append(BoundedPlaces(capacity: 0))
      room.closer.append(EnclosedPlaces())
    }
    body(room)
    let bytes =
      room.found.reduce(0) { $0 + $1.bytes } + room.closer.reduce(0) { $0 + $1.bytes }
    guard bytes <= keptBytes else { return }
    for found in room.found { found.removeAll() }
    for closer in room.closer { closer.removeAll() }
    spare.withLock { if $0.count < kept { $0.append(room) } }
  }
}
