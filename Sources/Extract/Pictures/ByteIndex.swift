import Glibc

/// Numbers byte strings from 0 on, each distinct one once.
///
/// The bytes lie in one buffer; open addressing over a hash with a secret of this process, so that no
/// page can make its strings collide.
struct ByteIndex {
  private struct Entry {
    var hash: UInt64
    var start: Int32
    var count: Int32
  }

  private var bytes: [UInt8] = []
  private var entries: [Entry] = []
  /// 0 is empty, else a number and one.
  private var slots = [Int32](repeating: 0, count: 64)

  var count: Int { entries.count }

  /// The number of these bytes; one that equals the former `count` is new.
  mutating func number(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    let hash = Self.hash(text)
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      let entry = entries[number]
      if entry.hash == hash, Int(entry.count) == text.count, isSame(entry, text) { return number }
      slot = (slot + 1) & mask
    }
    if entries.isEmpty {
      entries.reserveCapacity(32)
      bytes.reserveCapacity(2_048)
    }
    entries.append(Entry(hash: hash, start: Int32(bytes.count), count: Int32(text.count)))
    bytes.append(contentsOf: text)
    slots[slot] = Int32(entries.count)
    if entries.count * 2 > slots.count { grow() }
    return entries.count - 1
  }

  private func isSame(_ entry: Entry, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = text.baseAddress else { return true }
    return bytes.withUnsafeBufferPointer {
      memcmp($0.baseAddress! + Int(entry.start), base, text.count) == 0
    }
  }

  private mutating func grow() {
    let mask = slots.count * 2 - 1
    slots = [Int32](repeating: 0, count: mask + 1)
    for (number, entry) in entries.enumerated() {
      var slot = Int(truncatingIfNeeded: entry.hash) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = Int32(number + 1)
    }
  }

  private static let secret = UInt64.random(in: .min ... .max) | 1

  /// Eight bytes at a time, folded products (Wang Yi, wyhash, 2019).
  private static func hash(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let secret = secret
    var hash = secret ^ UInt64(text.count)
    func mix(_ word: UInt64) {
      let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15 ^ secret)
      hash = product.high ^ product.low
    }
    let raw = UnsafeRawBufferPointer(text)
    var index = 0
    while raw.count - index >= 8 {
      mix(raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      index += 8
    }
    var rest: UInt64 = 0
    while index < raw.count {
      rest = rest << 8 | UInt64(raw[index])
      index += 1
    }
    mix(rest)
    return hash
  }
}
