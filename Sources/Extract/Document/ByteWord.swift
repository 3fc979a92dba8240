/// Eight bytes of text at a time in a machine word, the first of them in the lowest bits.
///
/// Tests set bit 7 of each byte that they hold for, so that `first` of a test's result is the place
/// of the first such byte (Lamport, "Multiple Byte Processing with Full-Word Instructions", 1975).
/// The tests `below` and `equal` may also set the bits of later bytes: only their first is exact.
struct ByteWord {
  var bits: UInt64

  @inline(__always) init(bits: UInt64) { self.bits = bits }

  /// Reads 8 bytes from `memory`, which must all be there.
  @inline(__always) init(_ memory: UnsafePointer<UInt8>) {
    bits = UnsafeRawPointer(memory).loadUnaligned(as: UInt64.self).littleEndian
  }

  /// The bytes from `index` on, at least one and no more than eight, and zeros behind them.
  @inline(__always) init(_ text: UnsafeBufferPointer<UInt8>, at index: Int) {
    let count = text.count - index
    let memory = UnsafeRawPointer(text.baseAddress! + index)
    if count >= 8 {
      bits = memory.loadUnaligned(as: UInt64.self).littleEndian
    } else if count >= 4 {
      // Two halves that overlap where there are less than eight bytes.
      let low = UInt64(memory.loadUnaligned(as: UInt32.self).littleEndian)
      let high = UInt64((memory + count - 4).loadUnaligned(as: UInt32.self).littleEndian)
      bits = low | high << UInt64(count * 8 - 32)
    } else {
      bits = 0
      for offset in 0..<count { bits |= UInt64(text[index + offset]) << UInt64(offset * 8) }
    }
  }

  @inline(__always) static func repeating(_ byte: UInt8) -> UInt64 {
    0x0101_0101_0101_0101 &* UInt64(byte)
  }

  private static let high: UInt64 = 0x8080_8080_8080_8080

  /// Bytes smaller than `limit`, 1...128.
  @inline(__always) func below(_ limit: UInt8) -> UInt64 {
    (bits &- Self.repeating(limit)) & ~bits & Self.high
  }

  @inline(__always) func equal(_ byte: UInt8) -> UInt64 {
    let difference = bits ^ Self.repeating(byte)
    return (difference &- Self.repeating(1)) & ~difference & Self.high
  }

  /// Exact for every byte.
  @inline(__always) func allEqual(_ byte: UInt8) -> UInt64 {
    let difference = bits ^ Self.repeating(byte)
    let low = Self.repeating(0x7F)
    return ~(((difference & low) &+ low) | difference | low)
  }

  /// The place of the first byte that a test holds for; 8 for none.
  @inline(__always) static func first(_ test: UInt64) -> Int { test.trailingZeroBitCount >> 3 }

  /// ASCII letters and all bytes past ASCII; exact for every byte.
  @inline(__always) var letters: UInt64 {
    let low = lowered.bits & Self.repeating(0x7F)
    let ascii = (low &+ Self.repeating(0x80 - 0x61)) & ~(low &+ Self.repeating(0x80 - 0x7B))
    return (ascii | bits) & Self.high
  }

  /// ASCII letters and digits and all bytes past ASCII; exact for every byte.
  @inline(__always) var lettersAndDigits: UInt64 {
    let low = bits & Self.repeating(0x7F)
    let digits = (low &+ Self.repeating(0x80 - 0x30)) & ~(low &+ Self.repeating(0x80 - 0x3A))
    return letters | (digits & Self.high)
  }

  /// ASCII capitals; exact for every byte.
  @inline(__always) var capitals: UInt64 {
    let low = bits & Self.repeating(0x7F)
    let fromA = low &+ Self.repeating(0x80 - 0x41)
    let pastZ = low &+ Self.repeating(0x80 - 0x5B)
    return (fromA ^ pastZ) & ~bits & Self.high
  }

  /// The first `count` bytes, 0...8, and zeros behind them.
  @inline(__always) func prefix(_ count: Int) -> ByteWord {
    count >= 8 ? self : ByteWord(bits: bits & (1 << UInt64(count * 8) &- 1))
  }

  /// With ASCII letters in lower case.
  @inline(__always) var lowered: ByteWord { ByteWord(bits: bits | capitals >> 2) }
}
