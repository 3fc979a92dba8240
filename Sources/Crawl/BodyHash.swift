/// A 64-bit hash by which a body is known again; the same on every machine and in every version.
///
/// Two multiply-and-fold lanes over eight bytes each, as in wyhash (Wang Yi, 2019): a few gigabytes
/// a second. Not for hostile collisions: an equal hash only means that a page is not read again.
package enum BodyHash {
  package static func of(_ bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBytes { bytes in
      var a: UInt64 = 0x2D35_8DCC_AA6C_78A5 ^ UInt64(bytes.count)
      var b: UInt64 = 0x8BB8_4B93_962E_ACC9
      var offset = 0
      while offset + 16 <= bytes.count {
        a = fold(a ^ word(bytes, offset), 0x4B33_A62E_D433_D4A3)
        b = fold(b ^ word(bytes, offset + 8), 0x4D5A_2DA5_1DE1_AA47)
        offset += 16
      }
      var tail: (UInt64, UInt64) = (0, 0)
      withUnsafeMutableBytes(of: &tail) { tail in
        tail.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset...]))
      }
      a ^= UInt64(littleEndian: tail.0)
      b ^= UInt64(littleEndian: tail.1)
      return fold(fold(a, 0xA076_1D64_78BD_642F) ^ b, 0xE703_7ED1_A0B4_28DB)
    }
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }
}
