/// Bounds-checked reading of big- and little-endian numbers from a file in memory.
///
/// Every accessor answers `nil` past the end, so that a parser of hostile bytes cannot overrun.
struct Bytes {
  let base: UnsafeBufferPointer<UInt8>

  var count: Int { base.count }

  subscript(_ offset: Int) -> UInt8? {
    offset >= 0 && offset < base.count ? base[offset] : nil
  }

  func bigEndian16(_ offset: Int) -> Int? {
    guard let a = self[offset], let b = self[offset + 1] else { return nil }
    return Int(a) << 8 | Int(b)
  }

  func littleEndian16(_ offset: Int) -> Int? {
    guard let a = self[offset], let b = self[offset + 1] else { return nil }
    return Int(b) << 8 | Int(a)
  }

  func bigEndian32(_ offset: Int) -> Int? {
    guard let a = bigEndian16(offset), let b = bigEndian16(offset + 2) else { return nil }
    return a << 16 | b
  }

  func littleEndian32(_ offset: Int) -> Int? {
    guard let a = littleEndian16(offset), let b = littleEndian16(offset + 2) else { return nil }
    return b << 16 | a
  }

  func littleEndian24(_ offset: Int) -> Int? {
    guard let a = littleEndian16(offset), let b = self[offset + 2] else { return nil }
    return Int(b) << 16 | a
  }

  /// Whether the bytes at `offset` are the ASCII `text`.
  func has(_ text: StaticString, at offset: Int) -> Bool {
    guard offset >= 0, offset + text.utf8CodeUnitCount <= base.count else { return false }
    for i in 0..<text.utf8CodeUnitCount where base[offset + i] != text.utf8Start[i] {
      return false
    }
    return true
  }

  /// - Precondition: the range lies inside.
  func slice(_ range: Range<Int>) -> Bytes { Bytes(base: .init(rebasing: base[range])) }
}
