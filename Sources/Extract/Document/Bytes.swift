/// Work on UTF-8 without building strings.
enum Bytes {
  @inline(__always) static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (byte >= 0x09 && byte <= 0x0D)
  }

  @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  @inline(__always) static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

  @inline(__always) static func lower(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
  }

  /// Without ASCII white space at both ends.
  static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var start = bytes.startIndex
    var end = bytes.endIndex
    while start < end, isSpace(bytes[start]) { start += 1 }
    while end > start, isSpace(bytes[end - 1]) { end -= 1 }
    return bytes[start..<end]
  }

  static func trimmedString(_ bytes: ArraySlice<UInt8>) -> String? {
    let bytes = trimmed(bytes)
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// Trimmed, each run of white space (no-break spaces too) one space.
  static func flatString(_ bytes: ArraySlice<UInt8>) -> String? {
    var flat: [UInt8] = []
    flat.reserveCapacity(bytes.count)
    var pending = false
    var index = bytes.startIndex
    let end = bytes.endIndex
    while index < end {
      let byte = bytes[index]
      if isSpace(byte) {
        pending = true
        index += 1
        continue
      }
      if byte == 0xC2, index + 1 < end, bytes[index + 1] == 0xA0 {
        pending = true
        index += 2
        continue
      }
      if pending, !flat.isEmpty { flat.append(0x20) }
      pending = false
      flat.append(byte)
      index += 1
    }
    return flat.isEmpty ? nil : String(decoding: flat, as: UTF8.self)
  }

  /// Whether the bytes, ASCII letters in lower case, are exactly `word` (given in lower case).
  static func equals(_ bytes: ArraySlice<UInt8>, _ word: StaticString) -> Bool {
    guard bytes.count == word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { expected in
      for offset in 0..<expected.count
      where lower(bytes[bytes.startIndex + offset]) != expected[offset] { return false }
      return true
    }
  }

  /// Whether `word` (lower case) begins at `index`.
  @inline(__always)
  static func starts(_ bytes: ArraySlice<UInt8>, at index: Int, with word: StaticString) -> Bool {
    guard bytes.endIndex - index >= word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { expected in
      for offset in 0..<expected.count where lower(bytes[index + offset]) != expected[offset] {
        return false
      }
      return true
    }
  }

  /// Where `word` (lower case, not empty) first occurs from `index` on, ASCII case ignored.
  static func find(_ word: StaticString, in bytes: ArraySlice<UInt8>, from index: Int? = nil)
    -> Int?
  {
    word.withUTF8Buffer { find($0, in: bytes, from: index) }
  }

  static func find(
    _ word: UnsafeBufferPointer<UInt8>, in bytes: ArraySlice<UInt8>, from index: Int? = nil
  ) -> Int? {
    let offset = bytes.startIndex
    let from = (index ?? offset) - offset
    return bytes.withUnsafeBufferPointer { bytes -> Int? in
      guard from >= 0, bytes.count - from >= word.count else { return nil }
      let first = word[0]
      var position = from
      let last = bytes.count - word.count
      while position <= last {
        if lower(bytes[position]) == first {
          var matched = 1
          while matched < word.count, lower(bytes[position + matched]) == word[matched] {
            matched += 1
          }
          if matched == word.count { return position + offset }
        }
        position += 1
      }
      return nil
    }
  }

  static func contains(_ bytes: ArraySlice<UInt8>, _ word: StaticString) -> Bool {
    find(word, in: bytes) != nil
  }
}

/// Bytes that grow, without a capacity check a byte.
struct ByteBuffer {
  private(set) var bytes: [UInt8] = []

  var count: Int { bytes.count }

  init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  mutating func append(_ other: UnsafeBufferPointer<UInt8>) { bytes.append(contentsOf: other) }

  /// Appends with each run of white space as one space, none after white space.
  mutating func appendCollapsed(_ other: UnsafeBufferPointer<UInt8>) {
    let start = bytes.count
    var written = 0
    bytes.append(contentsOf: other)
    bytes.withUnsafeMutableBufferPointer { target in
      var isSpace = start == 0 || target[start - 1] == 0x20 || target[start - 1] == 0x0A
      var to = start
      for byte in other {
        if Bytes.isSpace(byte) {
          if !isSpace {
            target[to] = 0x20
            to += 1
            isSpace = true
          }
        } else {
          target[to] = byte
          to += 1
          isSpace = false
        }
      }
      written = to
    }
    bytes.removeLast(bytes.count - written)
  }

  /// Marks the boundary of a block.
  mutating func breakLine() {
    guard let last = bytes.last, last != 0x0A else { return }
    if last == 0x20 { bytes[bytes.count - 1] = 0x0A } else { bytes.append(0x0A) }
  }
}
