import Catalog

/// Three letters as one number: comparing and copying them touches no string.
struct CurrencyCode: Hashable, Sendable {
  /// 0 for none.
  private let letters: UInt32

  /// Anything but three bytes is none.
  init(_ text: some StringProtocol) {
    letters = text.utf8.count == 3 ? text.utf8.reduce(0) { $0 << 8 | UInt32($1) } : 0
  }

  var currency: Currency? {
    guard letters != 0 else { return nil }
    let text = String(unsafeUninitializedCapacity: 3) { bytes in
      bytes[0] = UInt8(truncatingIfNeeded: letters >> 16)
      bytes[1] = UInt8(truncatingIfNeeded: letters >> 8)
      bytes[2] = UInt8(truncatingIfNeeded: letters)
      return 3
    }
    return Currency(text)
  }
}

/// The two letters of a country as one number.
struct RegionCode: Hashable, Sendable {
  /// 0 for none.
  private let letters: UInt16

  /// Anything but two bytes is none.
  init(_ text: some StringProtocol) {
    letters = text.utf8.count == 2 ? text.utf8.reduce(0) { $0 << 8 | UInt16($1) } : 0
  }

  var isEmpty: Bool { letters == 0 }

  /// The place of two capitals among all pairs of them.
  var place: Int? {
    let first = Int(letters >> 8) - 0x41
    let last = Int(letters & 0xFF) - 0x41
    return 0..<26 ~= first && 0..<26 ~= last ? first * 26 + last : nil
  }
}
