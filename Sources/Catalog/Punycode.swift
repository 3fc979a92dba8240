/// The encoding of labels beyond ASCII in domain names (RFC 3492).
enum Punycode {
  private static let base: UInt32 = 36
  private static let minimumThreshold: UInt32 = 1
  private static let maximumThreshold: UInt32 = 26
  private static let initialBias: UInt32 = 72
  private static let initialCodePoint: UInt32 = 128
  /// Longer labels are refused: no resolver takes more than 63 bytes, and both directions take
  /// quadratic time.
  private static let maximumLength = 1024

  /// The label without its `xn--`; `nil` where a number overflows or the label is too long.
  static func encode(_ label: [Unicode.Scalar]) -> [UInt8]? {
    guard label.count <= maximumLength else { return nil }
    var output: [UInt8] = []
    for scalar in label where scalar.isASCII { output.append(UInt8(scalar.value)) }
    let basicCount = UInt32(output.count)
    if basicCount > 0 { output.append(UInt8(ascii: "-")) }
    var handled = basicCount
    var codePoint = initialCodePoint
    var delta: UInt32 = 0
    var bias = initialBias
    while handled < label.count {
      let next = label.lazy.map(\.value).filter { $0 >= codePoint }.min()!
      let (skipped, isTooMuch) = (next - codePoint).multipliedReportingOverflow(by: handled + 1)
      let (sum, isOver) = delta.addingReportingOverflow(skipped)
      guard !isTooMuch, !isOver else { return nil }
      delta = sum
      codePoint = next
      for scalar in label {
        if scalar.value < codePoint {
          guard delta < .max else { return nil }
          delta += 1
        } else if scalar.value == codePoint {
          var rest = delta
          var k = base
          while true {
            let threshold = threshold(k, bias)
            guard rest >= threshold else { break }
            output.append(digit(threshold + (rest - threshold) % (base - threshold)))
            rest = (rest - threshold) / (base - threshold)
            k += base
          }
          output.append(digit(rest))
          bias = adapt(delta, handled + 1, isFirst: handled == basicCount)
          delta = 0
          handled += 1
        }
      }
      delta += 1
      codePoint += 1
    }
    return output
  }

  /// What a label after its `xn--` stands for; `nil` where it stands for nothing.
  static func decode(_ label: ArraySlice<UInt8>) -> [Unicode.Scalar]? {
    guard label.count <= maximumLength else { return nil }
    var output: [Unicode.Scalar] = []
    var i = label.startIndex
    if let delimiter = label.lastIndex(of: UInt8(ascii: "-")) {
      for byte in label[..<delimiter] {
        guard byte < 0x80 else { return nil }
        output.append(Unicode.Scalar(byte))
      }
      i = delimiter + 1
    }
    var codePoint = initialCodePoint
    var position: UInt32 = 0
    var bias = initialBias
    while i < label.endIndex {
      let before = position
      var weight: UInt32 = 1
      var k = base
      while true {
        guard i < label.endIndex, let digit = value(label[i]) else { return nil }
        i += 1
        let (step, isTooMuch) = digit.multipliedReportingOverflow(by: weight)
        let (sum, isOver) = position.addingReportingOverflow(step)
        guard !isTooMuch, !isOver else { return nil }
        position = sum
        let threshold = threshold(k, bias)
        if digit < threshold { break }
        let (next, isTooHeavy) = weight.multipliedReportingOverflow(by: base - threshold)
        guard !isTooHeavy else { return nil }
        weight = next
        k += base
      }
      let count = UInt32(output.count) + 1
      bias = adapt(position - before, count, isFirst: before == 0)
      let (next, isOver) = codePoint.addingReportingOverflow(position / count)
      guard !isOver, let scalar = Unicode.Scalar(next) else { return nil }
      codePoint = next
      position %= count
      output.insert(scalar, at: Int(position))
      position += 1
    }
    return output
  }

  private static func threshold(_ k: UInt32, _ bias: UInt32) -> UInt32 {
    k <= bias ? minimumThreshold : min(k - bias, maximumThreshold)
  }

  /// RFC 3492, 6.1.
  private static func adapt(_ delta: UInt32, _ count: UInt32, isFirst: Bool) -> UInt32 {
    var delta = isFirst ? delta / 700 : delta / 2
    delta += delta / count
    var k: UInt32 = 0
    while delta > (base - minimumThreshold) * maximumThreshold / 2 {
      delta /= base - minimumThreshold
      k += base
    }
    return k + (base - minimumThreshold + 1) * delta / (delta + 38)
  }

  private static func digit(_ value: UInt32) -> UInt8 {
    UInt8(value < 26 ? value + 97 : value - 26 + 48)
  }

  private static func value(_ digit: UInt8) -> UInt32? {
    if digit.isDigit { return UInt32(digit) - 48 + 26 }
    return digit.isLetter ? UInt32(digit | 0x20) - 97 : nil
  }
}
