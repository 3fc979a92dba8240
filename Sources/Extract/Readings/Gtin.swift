/// Trade item numbers and their check digit (GS1 General Specifications, 7.9).
enum Gtin {
  /// 8, 12, 13 or 14 digits with a right check digit; spaces and hyphens are dropped.
  static func read(_ text: String) -> String? {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 14) { digits in
      var count = 0
      for byte in text.utf8 {
        if Bytes.isDigit(byte) {
          guard count < 14 else { return nil }
          digits[count] = byte
          count += 1
        } else if byte != 0x20, byte != 0x2D {
          return nil
        }
      }
      guard count == 8 || (12...14).contains(count) else { return nil }
      let number = UnsafeMutableBufferPointer(rebasing: digits[..<count])
      guard number.contains(where: { $0 != 0x30 }) else { return nil }
      var sum = 0
      for place in 0..<count - 1 {
        let weight = (count - place).isMultiple(of: 2) ? 3 : 1
        sum += Int(number[place] - 0x30) * weight
      }
      guard (10 - sum % 10) % 10 == Int(number[count - 1] - 0x30) else { return nil }
      return String(decoding: number, as: UTF8.self)
    }
  }

  /// ISBN-10 (ISO 2108) as ISBN-13, or any number that `read` takes.
  static func readBook(_ text: String) -> String? {
    if let gtin = read(text) { return gtin }
    let letters = text.utf8.filter { Bytes.isDigit($0) || $0 == 0x58 || $0 == 0x78 }
    guard letters.count == 10 else { return nil }
    var sum = 0
    for (offset, letter) in letters.enumerated() {
      guard let value = Bytes.isDigit(letter) ? Int(letter - 0x30) : offset == 9 ? 10 : nil else {
        return nil
      }
      sum += value * (10 - offset)
    }
    guard sum.isMultiple(of: 11) else { return nil }
    let body = "978" + String(decoding: letters.prefix(9), as: UTF8.self)
    for check in 0...9 {
      if let gtin = read(body + String(check)) { return gtin }
    }
    return nil
  }
}
