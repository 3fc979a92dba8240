/// From a name as it stands in the markup to its number.
///
/// The names of `Name` are known to every table; others get numbers from `Name.count` on as they
/// come. Names longer than 128 bytes and those past 60,000 are all `unnumbered`.
struct NameTable {
  static let unnumbered = UInt16.max

  /// The names beyond those of `Name`, one after the other, ASCII letters in lower case in HTML.
  private(set) var otherBytes: [UInt8] = []
  /// Where each of them ends.
  private(set) var otherEnds: [Int32] = []
  /// Those of at most `Key.limit` bytes, open addressing.
  private var shortSlots = [Slot](repeating: Slot(), count: 64)
  /// The longer ones by hash, open addressing; 0 is empty, else a number and one.
  private var longSlots = [UInt16](repeating: 0, count: 16)
  private var longNumbers: [UInt16] = []
  private var shortCount = 0

  private let known = Self.knownSlots

  /// A name of 1...24 bytes as three words, zeros behind it: longer than any name of `Name`.
  struct Key: Equatable {
    static let limit = 24

    var first: UInt64
    var second: UInt64 = 0
    var third: UInt64 = 0

    /// Place in a table of `knownCount` or more, to be cut to its size.
    @inline(__always) fileprivate var slot: Int {
      let mixed = first ^ (second &* 0x9E37_79B9_7F4A_7C15) ^ (third &* 0xC2B2_AE3D_27D4_EB4F)
      return Int(truncatingIfNeeded: (mixed &* 0xD6E8_FEB8_6659_FD93) >> 40)
    }
  }

  /// The number of a known name; `nil` for others.
  @inline(__always) func number(_ key: Key) -> UInt16? {
    var slot = key.slot & (Self.knownCount - 1)
    while known[slot].key.first != 0 {
      if known[slot].key == key { return known[slot].number }
      slot = (slot + 1) & (Self.knownCount - 1)
    }
    return nil
  }

  /// The number of a known name of at most 8 bytes.
  @inline(__always) func number(short name: UInt64) -> UInt16? {
    var slot = Key(first: name).slot & (Self.knownCount - 1)
    while known[slot].key.first != 0 {
      if known[slot].key.first == name, known[slot].key.second == 0 { return known[slot].number }
      slot = (slot + 1) & (Self.knownCount - 1)
    }
    return nil
  }

  /// The number of a name that is none of the known.
  ///
  /// - Parameters:
  ///   - key: of the name, where it has at most `Key.limit` bytes.
  ///   - isExact: Capitals are kept and not compared in lower case.
  mutating func other(_ name: UnsafeBufferPointer<UInt8>, key: Key?, isExact: Bool) -> UInt16 {
    guard let key, key.first != 0 else { return longer(name, isExact: isExact) }
    var slot = key.slot & (shortSlots.count - 1)
    while shortSlots[slot].key.first != 0 {
      if shortSlots[slot].key == key { return shortSlots[slot].number }
      slot = (slot + 1) & (shortSlots.count - 1)
    }
    guard let number = add(name, isExact: isExact) else { return Self.unnumbered }
    shortSlots[slot] = Slot(key: key, number: number)
    shortCount += 1
    if shortCount * 2 > shortSlots.count { growShort() }
    return number
  }

  private mutating func longer(_ name: UnsafeBufferPointer<UInt8>, isExact: Bool) -> UInt16 {
    guard name.count <= 128 else { return Self.unnumbered }
    var slot = Self.hash(name, isExact: isExact) & (longSlots.count - 1)
    while longSlots[slot] != 0 {
      let number = longSlots[slot] - 1
      if isOther(Int(number - Name.count), name, isExact: isExact) { return number }
      slot = (slot + 1) & (longSlots.count - 1)
    }
    guard let number = add(name, isExact: isExact) else { return Self.unnumbered }
    longSlots[slot] = number + 1
    longNumbers.append(number)
    if longNumbers.count * 2 > longSlots.count { growLong() }
    return number
  }

  private mutating func add(_ name: UnsafeBufferPointer<UInt8>, isExact: Bool) -> UInt16? {
    guard otherEnds.count < 60_000 else { return nil }
    for byte in name { otherBytes.append(isExact ? byte : Bytes.lower(byte)) }
    otherEnds.append(Int32(otherBytes.count))
    return Name.count + UInt16(otherEnds.count - 1)
  }

  private static func hash(_ name: some Sequence<UInt8>, isExact: Bool) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name {
      hash = (hash ^ UInt64(isExact ? byte : Bytes.lower(byte))) &* 0x100_0000_01B3
    }
    return Int(truncatingIfNeeded: hash ^ (hash >> 32))
  }

  /// Where the name with this place among the others lies in `otherBytes`.
  func range(ofOther index: Int) -> Range<Int> {
    (index == 0 ? 0 : Int(otherEnds[index - 1]))..<Int(otherEnds[index])
  }

  func text(_ number: UInt16) -> String {
    if number < Name.count { return Name.texts[Int(number)] }
    let index = Int(number - Name.count)
    guard index < otherEnds.count else { return "" }
    return String(decoding: otherBytes[range(ofOther: index)], as: UTF8.self)
  }

  private func isOther(
    _ index: Int, _ name: UnsafeBufferPointer<UInt8>, isExact: Bool
  ) -> Bool {
    let range = range(ofOther: index)
    guard range.count == name.count else { return false }
    return otherBytes.withUnsafeBufferPointer { bytes in
      for offset in 0..<name.count {
        let byte = isExact ? name[offset] : Bytes.lower(name[offset])
        if bytes[range.lowerBound + offset] != byte { return false }
      }
      return true
    }
  }

  private mutating func growShort() {
    let old = shortSlots
    shortSlots = [Slot](repeating: Slot(), count: old.count * 2)
    for entry in old where entry.key.first != 0 {
      var slot = entry.key.slot & (shortSlots.count - 1)
      while shortSlots[slot].key.first != 0 { slot = (slot + 1) & (shortSlots.count - 1) }
      shortSlots[slot] = entry
    }
  }

  private mutating func growLong() {
    longSlots = [UInt16](repeating: 0, count: longSlots.count * 2)
    for number in longNumbers {
      let name = otherBytes[range(ofOther: Int(number - Name.count))]
      var slot = Self.hash(name, isExact: true) & (longSlots.count - 1)
      while longSlots[slot] != 0 { slot = (slot + 1) & (longSlots.count - 1) }
      longSlots[slot] = number + 1
    }
  }

  // MARK: Known names

  private struct Slot {
    /// `first` is 0 where the slot is empty.
    var key = Key(first: 0)
    var number: UInt16 = 0
  }

  private static let knownCount = 1024

  /// The names of `Name`, open addressing.
  // Written here, once a process, and only read from then on.
  private nonisolated(unsafe) static let knownSlots: UnsafePointer<Slot> = {
    let slots = UnsafeMutablePointer<Slot>.allocate(capacity: knownCount)
    slots.initialize(repeating: Slot(), count: knownCount)
    for name in Name.allCases {
      let text = Array(name.text.utf8)
      precondition(text.count <= Key.limit, "\(name.text) has more than \(Key.limit) bytes")
      let padded = text + [UInt8](repeating: 0, count: Key.limit - text.count)
      let key = padded.withUnsafeBufferPointer { bytes in
        let words = (0..<3).map { ByteWord(bytes.baseAddress! + $0 * 8).bits }
        return Key(first: words[0], second: words[1], third: words[2])
      }
      var slot = key.slot & (knownCount - 1)
      while slots[slot].key.first != 0 { slot = (slot + 1) & (knownCount - 1) }
      slots[slot] = Slot(key: key, number: name.rawValue)
    }
    return UnsafePointer(slots)
  }()
}
