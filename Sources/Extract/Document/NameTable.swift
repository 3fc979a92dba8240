/// From a name as it stands in the markup to its number.
///
/// The names of `Name` are known to every table; others get numbers from `Name.count` on as they
/// come. Names longer than 128 bytes and those past 60,000 are all `unnumbered`.
struct NameTable {
  static let unnumbered = UInt16.max

  private(set) var others: [String] = []

  /// Open addressing; 0 is empty, else a number and one.
  private var slots = Self.knownSlots
  private var used = Name.allCases.count

  static let firstHash: UInt32 = 0x811C_9DC5

  /// FNV-1a over the bytes of a name as it is read.
  @inline(__always) static func hash(_ hash: UInt32, _ byte: UInt8) -> UInt32 {
    (hash ^ UInt32(byte)) &* 0x0100_0193
  }

  @inline(__always) private static func slot(_ hash: UInt32, _ mask: Int) -> Int {
    Int(truncatingIfNeeded: hash ^ (hash >> 15)) & mask
  }

  /// The number of a name; ASCII letters are compared in lower case unless `isExact`.
  ///
  /// - Parameter hash: of the same bytes, in lower case unless `isExact`.
  mutating func number(_ name: UnsafeBufferPointer<UInt8>, hash: UInt32, isExact: Bool) -> UInt16 {
    let mask = slots.count - 1
    var slot = Self.slot(hash, mask)
    while slots[slot] != 0 {
      let number = slots[slot] - 1
      let isSame =
        number < Name.count
        ? Self.knownBytes.matches(Int(number), name, isExact)
        : Self.matches(others[Int(number - Name.count)], name, isExact)
      if isSame { return number }
      slot = (slot + 1) & mask
    }
    guard name.count <= 128, others.count < 60_000 else { return Self.unnumbered }
    let number = Name.count + UInt16(others.count)
    others.append(
      String(decoding: isExact ? Array(name) : name.map(Bytes.lower), as: UTF8.self))
    slots[slot] = number + 1
    used += 1
    if used * 2 > slots.count { grow() }
    return number
  }

  func text(_ number: UInt16) -> String {
    if number < Name.count { return Name.texts[Int(number)] }
    let index = Int(number - Name.count)
    return index < others.count ? others[index] : ""
  }

  private static func matches(
    _ text: String, _ name: UnsafeBufferPointer<UInt8>, _ isExact: Bool
  ) -> Bool {
    guard text.utf8.count == name.count else { return false }
    var index = 0
    for byte in text.utf8 {
      guard byte == (isExact ? name[index] : Bytes.lower(name[index])) else { return false }
      index += 1
    }
    return true
  }

  private mutating func grow() {
    let old = slots
    slots = [UInt16](repeating: 0, count: old.count * 2)
    let mask = slots.count - 1
    for entry in old where entry != 0 {
      var slot = Self.slot(text(entry - 1).utf8.reduce(Self.firstHash, Self.hash), mask)
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = entry
    }
  }

  private static let knownSlots: [UInt16] = {
    var slots = [UInt16](repeating: 0, count: 1024)
    for name in Name.allCases {
      var slot = slot(name.text.utf8.reduce(firstHash, hash), slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = name.rawValue + 1
    }
    return slots
  }()

  /// The known names as one run of bytes.
  private struct KnownBytes {
    let bytes: [UInt8]
    let starts: [Int32]

    init() {
      var bytes: [UInt8] = []
      var starts: [Int32] = []
      for text in Name.texts {
        starts.append(Int32(bytes.count))
        bytes += text.utf8
      }
      starts.append(Int32(bytes.count))
      self.bytes = bytes
      self.starts = starts
    }

    @inline(__always)
    func matches(_ number: Int, _ name: UnsafeBufferPointer<UInt8>, _ isExact: Bool) -> Bool {
      let start = Int(starts[number])
      guard Int(starts[number + 1]) - start == name.count else { return false }
      for index in 0..<name.count {
        let byte = isExact ? name[index] : Bytes.lower(name[index])
        if bytes[start + index] != byte { return false }
      }
      return true
    }
  }

  private static let knownBytes = KnownBytes()
}
