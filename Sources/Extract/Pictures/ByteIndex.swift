import Glibc

/// Numbers byte strings from 0 on, each distinct one once; their bytes lie in one buffer.
struct ByteIndex {
  private struct Entry {
    var start: Int32
    var count: Int32
  }

  private var bytes: [UInt8] = []
  private var entries: [Entry] = []
  private var places = PlaceTable()

  /// The number of these bytes: what is new gets the next one.
  mutating func number(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    let hash = Bytes.hash(text)
    if let known = places.find(hash, where: { isSame(entries[$0], text) }) { return known }
    if entries.isEmpty {
      entries.reserveCapacity(32)
      bytes.reserveCapacity(2_048)
    }
    places.insert(hash, entries.count)
    entries.append(Entry(start: Int32(bytes.count), count: Int32(text.count)))
    bytes.append(contentsOf: text)
    return entries.count - 1
  }

  private func isSame(_ entry: Entry, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard Int(entry.count) == text.count else { return false }
    guard let base = text.baseAddress, text.count > 0 else { return true }
    return bytes.withUnsafeBufferPointer {
      memcmp($0.baseAddress! + Int(entry.start), base, text.count) == 0
    }
  }
}
