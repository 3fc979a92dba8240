import CKernels

/// Sixteen bytes of text where they lie, all of which must be there.
///
/// Tests give a bit for each byte that they hold for, the first of them in the lowest; each is exact.
struct ByteBlock {
  static let count = 16

  private let memory: UnsafePointer<UInt8>

  @inline(__always) init(_ memory: UnsafePointer<UInt8>) { self.memory = memory }

  @inline(__always) func equal(_ byte: UInt8) -> UInt32 { vt_equal_16(memory, byte) }

  @inline(__always) func upTo(_ byte: UInt8) -> UInt32 { vt_up_to_16(memory, byte) }

  /// The block one byte further on.
  @inline(__always) var next: ByteBlock { ByteBlock(memory + 1) }

  /// ASCII white space.
  @inline(__always) var spaces: UInt32 { vt_space_16(memory) }

  /// ASCII letters and all bytes past ASCII.
  @inline(__always) var letters: UInt32 { vt_letter_16(memory) }

  /// ASCII capitals.
  @inline(__always) var capitals: UInt32 { vt_capital_16(memory) }

  /// The place of the first byte that a test holds for; 16 for none.
  @inline(__always) static func first(_ test: UInt32) -> Int {
    (test | 1 << UInt32(count)).trailingZeroBitCount
  }

  @inline(__always) func copy(to memory: UnsafeMutablePointer<UInt8>) {
    UnsafeMutableRawPointer(memory).storeBytes(
      of: UnsafeRawPointer(self.memory).loadUnaligned(as: SIMD16<UInt8>.self),
      as: SIMD16<UInt8>.self)
  }

  /// Copies with ASCII letters in lower case.
  @inline(__always) func copyLowered(to memory: UnsafeMutablePointer<UInt8>) {
    vt_lower_16(self.memory, memory)
  }
}
