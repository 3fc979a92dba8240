/// Where things stand in a list, found by a hash of theirs: open addressing, nothing is taken out.
struct PlaceTable {
  /// 32 bits of the hash and the place and one; 0 where empty. A power of two of them.
  private var slots: [UInt64] = []
  private var count = 0

  /// The place that was inserted with this hash and for which `isSame` holds.
  @inline(__always)
  func find(_ hash: UInt64, where isSame: (Int) -> Bool) -> Int? {
    guard count > 0 else { return nil }
    return slots.withUnsafeBufferPointer { slots in
      let mask = slots.count - 1
      let tag = hash >> 32
      var slot = Int(truncatingIfNeeded: tag) & mask
      while slots[slot] != 0 {
        if slots[slot] >> 32 == tag {
          let place = Int(slots[slot] & 0xFFFF_FFFF) - 1
          if isSame(place) { return place }
        }
        slot = (slot + 1) & mask
      }
      return nil
    }
  }

  /// Makes room for that many more, up to 4,096.
  mutating func reserve(_ more: Int) {
    let wanted = (count + min(more, 4_096)) * 2
    guard wanted > slots.count else { return }
    var size = max(64, slots.count)
    while size < wanted { size *= 2 }
    grow(to: size)
  }

  /// Inserts what `find` did not find.
  mutating func insert(_ hash: UInt64, _ place: Int) {
    if (count + 1) * 2 > slots.count { grow(to: max(64, slots.count * 2)) }
    insert(hash & ~0xFFFF_FFFF | UInt64(place + 1))
    count += 1
  }

  private mutating func insert(_ entry: UInt64) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: entry >> 32) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = entry
  }

  private mutating func grow(to size: Int) {
    let old = slots
    slots = [UInt64](repeating: 0, count: size)
    for entry in old where entry != 0 { insert(entry) }
  }
}
