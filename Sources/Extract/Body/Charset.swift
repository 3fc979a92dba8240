import CKernels
import Foundation

/// Brings a body into UTF-8.
///
/// Order of belief: byte order mark; UTF-16 by its zero bytes; valid UTF-8 whatever was declared
/// (text of another charset that happens to be valid UTF-8 does not occur in practice); the header;
/// the first `meta` or XML declaration; the page's language; windows-1252.
enum Charset {
  /// The body as valid UTF-8 without NUL or byte order mark; unreadable bytes become U+FFFD.
  static func decode(_ body: [UInt8], contentType: String?) -> [UInt8] {
    if body.starts(with: [0xEF, 0xBB, 0xBF]) { return repaired(Array(body[3...])) }
    if let wide = wideCharset(body) { return convert(body, from: wide) }
    let declared = label(contentType: contentType) ?? declaredLabel(body)
    // The one family whose text is ASCII bytes all along.
    if let declared, declared.hasPrefix("iso-2022-") { return convert(body, from: declared) }
    switch survey(body) {
    case .clean: return body
    case .zeros: return body.map { $0 == 0 ? 0x20 : $0 }
    case .invalid(let errors, let multibyte):
      // Some broken characters in what is UTF-8 all the same.
      if errors * 8 <= multibyte { return repaired(body) }
      if let declared, declared != "utf-8" { return convert(body, from: declared) }
      return convert(body, from: guess(body))
    }
  }

  private enum Finding {
    case clean
    case zeros
    case invalid(errors: Int, multibyte: Int)
  }

  /// Validates UTF-8 and looks for NUL.
  private static func survey(_ body: [UInt8]) -> Finding {
    body.withUnsafeBufferPointer { bytes -> Finding in
      guard let base = bytes.baseAddress, !vt_is_clean_utf8(base, bytes.count) else {
        return .clean
      }
      var index = 0
      let count = bytes.count
      var errors = 0
      var multibyte = 0
      while index < count {
        if count - index >= ByteBlock.count {
          // Bytes of ASCII before the first that is none.
          let plain = ByteBlock.first(ByteBlock(base + index).upTo(0x7F) ^ 0xFFFF)
          index += plain
          if plain == ByteBlock.count { continue }
        } else if bytes[index] < 0x80 {
          index += 1
          continue
        }
        // Where one character is longer than a byte, more are.
        while index < count, bytes[index] >= 0x80 {
          if let length = length(of: bytes, at: index) {
            multibyte += 1
            index += length
          } else {
            errors += 1
            index += 1
          }
        }
      }
      return errors > 0 ? .invalid(errors: errors, multibyte: multibyte) : .zeros
    }
  }

  /// The bytes of the character that begins there, which is no ASCII; `nil` where it is broken.
  @inline(__always)
  private static func length(of bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int? {
    let byte = bytes[index]
    // Most are letters of two bytes.
    if byte &- 0xC2 < 0x1E {
      return index + 1 < bytes.count && bytes[index + 1] & 0xC0 == 0x80 ? 2 : nil
    }
    let length: Int
    var lowest: UInt8 = 0x80
    var highest: UInt8 = 0xBF
    switch byte {
    case 0xE0:
      length = 3
      lowest = 0xA0
    case 0xED:
      length = 3
      highest = 0x9F
    case 0xE1...0xEF: length = 3
    case 0xF0:
      length = 4
      lowest = 0x90
    case 0xF1...0xF3: length = 4
    case 0xF4:
      length = 4
      highest = 0x8F
    default: return nil
    }
    guard index + length <= bytes.count, bytes[index + 1] >= lowest, bytes[index + 1] <= highest,
      bytes[index + 2] & 0xC0 == 0x80, length < 4 || bytes[index + 3] & 0xC0 == 0x80
    else { return nil }
    return length
  }

  private static func repaired(_ body: [UInt8]) -> [UInt8] {
    switch survey(body) {
    case .clean: body
    case .zeros: body.map { $0 == 0 ? 0x20 : $0 }
    case .invalid: String(decoding: body, as: UTF8.self).utf8.map { $0 == 0 ? 0x20 : $0 }
    }
  }

  private static func wideCharset(_ body: [UInt8]) -> String? {
    guard body.count >= 4 else { return nil }
    if body[0] == 0xFF, body[1] == 0xFE {
      return body[2] == 0 && body[3] == 0 ? "utf-32le" : "utf-16le"
    }
    if body[0] == 0xFE, body[1] == 0xFF { return "utf-16be" }
    if body[0] == 0, body[1] == 0, body[2] == 0xFE, body[3] == 0xFF { return "utf-32be" }
    // No mark: markup begins with ASCII letters, so every other byte is zero.
    var even = 0
    var odd = 0
    let sample = min(body.count, 128) & ~1
    for index in stride(from: 0, to: sample, by: 2) {
      if body[index] == 0 { even += 1 }
      if body[index + 1] == 0 { odd += 1 }
    }
    if odd * 4 > sample, even == 0 { return "utf-16le" }
    if even * 4 > sample, odd == 0 { return "utf-16be" }
    return nil
  }

  /// `charset=` of a media type.
  static func label(contentType: String?) -> String? {
    guard var contentType else { return nil }
    let name = contentType.withUTF8 { bytes -> String? in
      let word: StaticString = "charset="
      let starts = (0..<bytes.count).first { Bytes.starts(bytes, at: $0, with: word) }
      guard let start = starts else { return nil }
      let rest = bytes[(start + word.utf8CodeUnitCount)...]
        .drop { $0 == 0x22 || $0 == 0x27 || $0 == 0x20 }
        .prefix { $0 != 0x3B && $0 != 0x22 && $0 != 0x27 && $0 != 0x2C && $0 != 0x20 }
      return String(decoding: rest, as: UTF8.self)
    }
    return name.flatMap(canonicalLabel)
  }

  /// What a `meta` or an XML declaration in the first 4,096 bytes says.
  private static func declaredLabel(_ body: [UInt8]) -> String? {
    let head = body[..<min(body.count, 4096)]
    for word: StaticString in ["charset=", "encoding="] {
      var from = head.startIndex
      while let found = Bytes.find(word, in: head, from: from) {
        var index = found + word.utf8CodeUnitCount
        while index < head.endIndex,
          head[index] == 0x22 || head[index] == 0x27 || head[index] == 0x20
        {
          index += 1
        }
        var name: [UInt8] = []
        while index < head.endIndex, name.count < 32,
          Bytes.isLetter(head[index]) || Bytes.isDigit(head[index]) || head[index] == 0x2D
            || head[index] == 0x5F || head[index] == 0x3A
        {
          name.append(head[index])
          index += 1
        }
        if let label = canonicalLabel(String(decoding: name, as: UTF8.self)) { return label }
        from = index
      }
    }
    return nil
  }

  /// The names of the WHATWG Encoding Standard that pages use, as iconv knows them.
  private static func canonicalLabel(_ label: String) -> String? {
    let label = label.lowercased()
    switch label {
    case "": return nil
    case "utf8", "utf-8", "unicode-1-1-utf-8": return "utf-8"
    case "utf-16", "utf-16le", "utf-16be", "unicode", "ucs-2":
      // Declared in bytes that were readable as ASCII: it is not true.
      return "utf-8"
    case "iso-8859-1", "iso8859-1", "latin1", "l1", "ascii", "us-ascii", "iso_8859-1", "ansi",
      "x-cp1252", "cp1252", "windows-1252":
      return "windows-1252"
    case "iso-8859-9", "latin5", "windows-1254", "iso8859-9": return "windows-1254"
    case "shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji", "windows-31j", "cp932":
      return "cp932"
    case "euc-jp", "x-euc-jp", "eucjp": return "euc-jp"
    case "gb2312", "gbk", "gb18030", "x-gbk", "gb_2312-80", "chinese", "cp936": return "gb18030"
    case "big5", "big5-hkscs", "x-x-big5", "cn-big5": return "big5-hkscs"
    case "euc-kr", "ks_c_5601-1987", "korean", "windows-949", "cp949", "ksc5601": return "cp949"
    case "tis-620", "windows-874", "iso-8859-11": return "windows-874"
    case "win-1251", "cp1251", "x-cp1251", "windows1251": return "windows-1251"
    default:
      let known =
        label.hasPrefix("windows-125") || label.hasPrefix("iso-8859-")
        || label.hasPrefix("iso-2022-") || label.hasPrefix("koi8-") || label.hasPrefix("cp")
        || label == "macintosh"
      return known ? label : nil
    }
  }

  /// A guess from the page's language, for bytes that nothing declares.
  private static func guess(_ body: [UInt8]) -> String {
    let language = declaredLanguage(body)
    switch language {
    case "ja": return best(of: ["euc-jp", "cp932"], for: body)
    case "zh": return best(of: ["gb18030", "big5-hkscs"], for: body)
    case "ko": return "cp949"
    case "ru", "uk", "bg", "sr", "be": return "windows-1251"
    case "pl", "cs", "sk", "hu", "sl", "hr", "ro": return "windows-1250"
    case "el": return "windows-1253"
    case "tr": return "windows-1254"
    case "he": return "windows-1255"
    case "ar", "fa": return "windows-1256"
    case "th": return "windows-874"
    case nil:
      // Two high bytes in a row, again and again, are no Latin text.
      let high = body.lazy.filter { $0 >= 0x80 }.count
      guard high * 4 > body.count || isMostlyPaired(body) else { return "windows-1252" }
      return best(of: ["euc-jp", "cp932", "gb18030", "windows-1251"], for: body)
    default: return "windows-1252"
    }
  }

  private static func isMostlyPaired(_ body: [UInt8]) -> Bool {
    var paired = 0
    var lone = 0
    var index = 0
    while index < body.count {
      if body[index] >= 0x80 {
        if index + 1 < body.count, body[index + 1] >= 0x80 {
          paired += 1
          index += 1
        } else {
          lone += 1
        }
      }
      index += 1
    }
    return paired > lone * 4 && paired > 4
  }

  private static func declaredLanguage(_ body: [UInt8]) -> String? {
    let head = body[..<min(body.count, 4096)]
    guard let found = Bytes.find("lang=", in: head) else { return nil }
    let letters = head[(found + 5)...].prefix(3).filter { Bytes.isLetter($0) }.prefix(2)
    return letters.count == 2 ? String(decoding: letters.map(Bytes.lower), as: UTF8.self) : nil
  }

  /// The charset that leaves the fewest unreadable bytes; the first of equals.
  private static func best(of charsets: [String], for body: [UInt8]) -> String {
    let sample = Array(body[..<min(body.count, 1 << 16)])
    var best = (charset: charsets[0], errors: Int.max)
    for charset in charsets {
      let errors = errorCount(sample, from: charset)
      if errors < best.errors { best = (charset, errors) }
    }
    return best.charset
  }

  private static func errorCount(_ body: [UInt8], from charset: String) -> Int {
    var errors = 0
    _ = convert(body, from: charset) { errors += 1 }
    return errors
  }

  private static func convert(_ body: [UInt8], from charset: String) -> [UInt8] {
    convert(body, from: charset) {}
  }

  private static func convert(_ body: [UInt8], from charset: String, onError: () -> Void) -> [UInt8]
  {
    let converter = iconv_open("UTF-8", charset)
    guard converter != iconv_t(bitPattern: -1), let converter else { return repaired(body) }
    defer { iconv_close(converter) }
    var out: [UInt8] = []
    out.reserveCapacity(body.count + body.count / 4)
    var chunk = [CChar](repeating: 0, count: 1 << 16)
    var body = body
    body.withUnsafeMutableBytes { bytes in
      var input = bytes.bindMemory(to: CChar.self).baseAddress
      var remaining = bytes.count
      while remaining > 0 {
        var isStuck = false
        chunk.withUnsafeMutableBufferPointer { buffer in
          var output = buffer.baseAddress
          var room = buffer.count
          let result = iconv(converter, &input, &remaining, &output, &room)
          let failure = errno
          let written = UnsafeRawBufferPointer(
            start: buffer.baseAddress, count: buffer.count - room)
          out.append(contentsOf: written)
          isStuck = result == -1 && failure != E2BIG
        }
        if isStuck {
          onError()
          out.append(contentsOf: [0xEF, 0xBF, 0xBD])
          input = input.map { $0 + 1 }
          remaining -= 1
        }
      }
    }
    for index in out.indices where out[index] == 0 { out[index] = 0x20 }
    if out.starts(with: [0xEF, 0xBB, 0xBF]) { out.removeFirst(3) }
    return out
  }
}
