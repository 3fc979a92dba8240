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
  /// By hash, open addressing; 0 is empty, else a number and one.
  private var slots: [UInt16] = []

  private let known = Self.knownSlots

  /// A name of 1...24 bytes as three words, zeros behind it: longer than any name of `Name`.
  struct Key: Equatable {
    static let limit = 24

    var first: UInt64
    var second: UInt64 = 0
    var third: UInt64 = 0

    /// Place in the table of known names.
    @inline(__always) fileprivate var slot: Int {
      let mixed = first ^ (second &* 0x9E37_79B9_7F4A_7C15) ^ (third &* 0xC2B2_AE3D_27D4_EB4F)
      return Int(truncatingIfNeeded: (mixed &* 0xD6E8_FEB8_6659_FD93) >> 54)
    }
  }

  /// The number of a known name; `nil` for others.
  @inline(__always) func number(_ key: Key) -> UInt16? {
    var slot = key.slot
    while known[slot].key.first != 0 {
      if known[slot].key == key { return known[slot].number }
      slot = (slot + 1) & (Self.knownCount - 1)
    }
    return nil
  }

  /// The number of a name that is none of the known.
  ///
  /// - Parameter isExact: Capitals are kept and not compared in lower case.
  mutating func other(_ name: UnsafeBufferPointer<UInt8>, isExact: Bool) -> UInt16 {
    guard name.count <= 128 else { return Self.unnumbered }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name {
      hash = (hash ^ UInt64(isExact ? byte : Bytes.lower(byte))) &* 0x100_0000_01B3
    }
    if slots.isEmpty { slots = [UInt16](repeating: 0, count: 64) }
    var slot = Self.slot(hash, slots.count)
    while slots[slot] != 0 {
      let index = Int(slots[slot] - 1)
      if isOther(index, name, isExact: isExact) { return Name.count + UInt16(index) }
      slot = (slot + 1) & (slots.count - 1)
    }
    guard otherEnds.count < 60_000 else { return Self.unnumbered }
    let index = otherEnds.count
    if isExact {
      otherBytes.append(contentsOf: name)
    } else {
      for byte in name { otherBytes.append(Bytes.lower(byte)) }
    }
    otherEnds.append(Int32(otherBytes.count))
    slots[slot] = UInt16(index) + 1
    if otherEnds.count * 2 > slots.count { grow() }
    return Name.count + UInt16(index)
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

  @inline(__always) private static func slot(_ hash: UInt64, _ count: Int) -> Int {
    Int(truncatingIfNeeded: hash ^ (hash >> 32)) & (count - 1)
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

  private mutating func grow() {
    slots = [UInt16](repeating: 0, count: slots.count * 2)
    for index in otherEnds.indices {
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for byte in otherBytes[range(ofOther: index)] {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
      }
      var slot = Self.slot(hash, slots.count)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt16(index) + 1
    }
  }

  // MARK: Known names

  private struct KnownSlot {
    /// `first` is 0 where the slot is empty.
    var key = Key(first: 0)
    var number: UInt16 = 0
  }

  private static let knownCount = 1024

  /// The names of `Name`, open addressing.
  // Written here, once a process, and only read from then on.
  private nonisolated(unsafe) static let knownSlots: UnsafePointer<KnownSlot> = {
    let slots = UnsafeMutablePointer<KnownSlot>.allocate(capacity: knownCount)
    slots.initialize(repeating: KnownSlot(), count: knownCount)
    for name in Name.allCases {
      let text = Array(name.text.utf8)
      precondition(text.count <= Key.limit, "\(name.text) has more than \(Key.limit) bytes")
      let padded = text + [UInt8](repeating: 0, count: Key.limit - text.count)
      let key = padded.withUnsafeBufferPointer { bytes in
        let words = (0..<3).map { ByteWord(bytes.baseAddress! + $0 * 8).bits }
        return Key(first: words[0], second: words[1], third: words[2])
      }
      var slot = key.slot
      while slots[slot].key.first != 0 { slot = (slot + 1) & (knownCount - 1) }
      slots[slot] = KnownSlot(key: key, number: name.rawValue)
    }
    return UnsafePointer(slots)
  }()
}
