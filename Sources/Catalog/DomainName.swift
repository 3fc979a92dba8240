import Foundation

/// Domain names beyond ASCII: "domain to ASCII" of the WHATWG URL standard, which is UTS #46 with
/// nontransitional processing.
///
/// Names in ASCII are not for this type: for them the standard only asks for lower case, whatever
/// stands behind an `xn--`.
///
/// The mapping is derived from Unicode properties (case folding, NFKC, ignorable code points)
/// instead of the tables of UTS #46; it is that of the Unicode version of Swift's runtime. What
/// differs: the rule for names written from right to left (RFC 5893) is not checked, and a
/// zero-width non-joiner is accepted between any two Arabic letters, whether they join or not.
/// Such names do not resolve, so that nothing worse than a failed look-up follows.
enum DomainName {
  /// The name in lower case with each label beyond ASCII as `xn--`; `nil` if it is not valid.
  static func ascii(_ name: String) -> [UInt8]? {
    guard let mapped = map(name) else { return nil }
    var output: [UInt8] = []
    for (i, label) in mapped.split(separator: ".", omittingEmptySubsequences: false).enumerated() {
      if i > 0 { output.append(UInt8(ascii: ".")) }
      let isEncoded = label.starts(with: "xn--".unicodeScalars)
      if label.allSatisfy(\.isASCII) {
        let label = label.map { UInt8($0.value) }
        guard !isEncoded || isValidPunycode(label) else { return nil }
        output.append(contentsOf: label)
      } else {
        guard !isEncoded, isValid(label), let encoded = Punycode.encode(Array(label)) else {
          return nil
        }
        output.append(contentsOf: "xn--".utf8)
        output.append(contentsOf: encoded)
      }
    }
    return output
  }

  /// Whether what follows the `xn--` of a label stands for a valid label beyond ASCII.
  private static func isValidPunycode(_ label: [UInt8]) -> Bool {
    guard let decoded = Punycode.decode(label[4...]), !decoded.allSatisfy(\.isASCII) else {
      return false
    }
    return isValid(decoded[...]) && isStable(decoded)
  }

  // MARK: Mapping

  /// The name with every code point replaced as UTS #46 has it, in NFC.
  private static func map(_ name: String) -> [Unicode.Scalar]? {
    var mapped = String.UnicodeScalarView()
    for scalar in name.unicodeScalars {
      switch scalar {
      case "\u{3002}", "\u{FF0E}", "\u{FF61}":
        mapped.append(".")
      case "ß", "ς", "\u{200C}", "\u{200D}", "\0"..."\u{7F}":
        mapped.append(contentsOf: fold(scalar))
      default:
        if isIgnored(scalar) { continue }
        let replaced = map(scalar)
        // A full stop within a ligature would end the label.
        guard !replaced.contains("."), !replaced.contains("\u{3002}") else { return nil }
        mapped.append(contentsOf: replaced)
      }
    }
    return Array(String(mapped).precomposedStringWithCanonicalMapping.unicodeScalars)
  }

  /// Case folding, compatibility composition, and case folding of the capitals that this brings.
  private static func map(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    String(fold(scalar)).precomposedStringWithCompatibilityMapping.unicodeScalars.flatMap {
      isIgnored($0) ? [] : $0 == "ς" ? ["σ"] : Array(fold($0))
    }
  }

  /// The full case folding, which keeps `ß` and `ς`.
  private static func fold(_ scalar: Unicode.Scalar) -> String.UnicodeScalarView {
    let properties = scalar.properties
    switch scalar {
    case "ß", "ς":
      return String(scalar).unicodeScalars
    case "\u{13A0}"..."\u{13FD}", "\u{AB70}"..."\u{ABBF}":
      // Cherokee folds to its capitals.
      return properties.uppercaseMapping.unicodeScalars
    default:
      let lower = properties.lowercaseMapping
      guard
        lower.unicodeScalars.contains(where: { $0 != "ß" && $0.properties.changesWhenCaseFolded })
      else { return lower.unicodeScalars }
      // Iota subscripts and the like fold to letters that only their capitals show.
      return properties.uppercaseMapping.lowercased().unicodeScalars
    }
  }

  /// Default ignorable code points, except those that steer the direction of text or tag it.
  private static func isIgnored(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x200C...0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xE0001, 0xE0020...0xE007F: false
    default:
      scalar.properties.isDefaultIgnorableCodePoint
        && scalar.properties.generalCategory != .unassigned
    }
  }

  // MARK: Validity

  /// The validity criteria of UTS #46, section 4.1, for a label in NFC.
  private static func isValid(_ label: ArraySlice<Unicode.Scalar>) -> Bool {
    guard let first = label.first else { return false }
    switch first.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: return false
    default: break
    }
    for (i, scalar) in zip(label.indices, label) {
      if scalar.isASCII { continue }
      if scalar == "\u{200C}" || scalar == "\u{200D}" {
        guard isJoiner(at: i, of: label) else { return false }
        continue
      }
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator,
        .lineSeparator, .paragraphSeparator:
        return false
      default: break
      }
      if scalar.properties.isDefaultIgnorableCodePoint { return false }
      switch scalar.value {
      // Replacement characters and ideographic description characters.
      case 0xFFFC...0xFFFD, 0x2FF0...0x2FFF, 0x31EF: return false
      default: break
      }
    }
    return true
  }

  /// Whether mapping leaves a decoded label as it is.
  private static func isStable(_ label: [Unicode.Scalar]) -> Bool {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: label)
    return !label.contains(".") && map(String(view)) == label
  }

  /// The contextual rules for joiners (RFC 5892, A.1 and A.2).
  private static func isJoiner(at i: Int, of label: ArraySlice<Unicode.Scalar>) -> Bool {
    guard i > label.startIndex else { return false }
    if label[i - 1].properties.canonicalCombiningClass == .virama { return true }
    func isArabic(_ scalar: Unicode.Scalar?) -> Bool {
      guard let scalar else { return false }
      return (0x0600...0x08FF).contains(scalar.value) && scalar.properties.isAlphabetic
    }
    func isMark(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.generalCategory == .nonspacingMark
    }
    return label[i] == "\u{200C}" && isArabic(label[..<i].last { !isMark($0) })
      && isArabic(label[(i + 1)...].first { !isMark($0) })
  }
}
