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
  private var shortCount = 0
  /// The longer ones, in the order in which they came.
  private var longNumbers: [UInt16] = []
  private var longPlaces = PlaceTable()

  private let known = Self.knownSlots
  private let secret = Bytes.secret | 1

  /// A name of 1...24 bytes as three words, zeros behind it: longer than any name of `Name`.
  struct Key: Equatable {
    static let limit = 24

    var first: UInt64
    var second: UInt64 = 0
    var third: UInt64 = 0

    /// Place among the known names, to be cut to the size of their table.
    @inline(__always) fileprivate var slot: Int {
      let mixed =
        first &* 0xD6E8_FEB8_6659_FD93 ^ second &* 0x9E37_79B9_7F4A_7C15
        ^ third &* 0xC2B2_AE3D_27D4_EB4F
      return Int(truncatingIfNeeded: mixed >> 40)
    }

    /// Place among the names of a page, which must not know it beforehand.
    fileprivate func slot(_ secret: UInt64) -> Int {
      let hash = Bytes.mixed(Bytes.mixed(Bytes.mixed(secret, first), second), third, by: secret)
      return Int(truncatingIfNeeded: hash)
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

  /// The number of a known name of at most 16 bytes.
  @inline(__always) func number(short key: Key) -> UInt16? {
    var slot = key.slot & (Self.knownCount - 1)
    while known[slot].key.first != 0 {
      let other = known[slot].key
      if other.first == key.first, other.second == key.second, other.third == 0 {
        return known[slot].number
      }
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
    var slot = key.slot(secret) & (shortSlots.count - 1)
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
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: name.count) { memory in
      for index in name.indices {
        memory[index] = isExact ? name[index] : Bytes.lower(name[index])
      }
      return longer(UnsafeBufferPointer(memory))
    }
  }

  /// - Parameter name: As it is kept.
  private mutating func longer(_ name: UnsafeBufferPointer<UInt8>) -> UInt16 {
    let hash = Bytes.hash(name)
    if let place = longPlaces.find(hash, where: { isSame(longNumbers[$0], name) }) {
      return longNumbers[place]
    }
    guard let number = add(name, isExact: true) else { return Self.unnumbered }
    longPlaces.insert(hash, longNumbers.count)
    longNumbers.append(number)
    return number
  }

  private func isSame(_ number: UInt16, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
    otherBytes[range(ofOther: Int(number - Name.count))].elementsEqual(name)
  }

  private mutating func add(_ name: UnsafeBufferPointer<UInt8>, isExact: Bool) -> UInt16? {
    guard otherEnds.count < 60_000 else { return nil }
    for byte in name { otherBytes.append(isExact ? byte : Bytes.lower(byte)) }
    otherEnds.append(Int32(otherBytes.count))
    return Name.count + UInt16(otherEnds.count - 1)
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

  private mutating func growShort() {
    let old = shortSlots
    shortSlots = [Slot](repeating: Slot(), count: old.count * 2)
    for entry in old where entry.key.first != 0 {
      var slot = entry.key.slot(secret) & (shortSlots.count - 1)
      while shortSlots[slot].key.first != 0 { slot = (slot + 1) & (shortSlots.count - 1) }
      shortSlots[slot] = entry
    }
  }

  // MARK: Known names

  private struct Slot {
    /// `first` is 0 where the slot is empty.
    var key = Key(first: 0)
    var number: UInt16 = 0
  }

  private static let knownCount = 4096

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
