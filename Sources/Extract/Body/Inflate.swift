/// Undoes gzip (RFC 1952) and deflate (RFC 1951) of a whole body, within a bound.
///
/// Canonical Huffman codes are decoded with a 9-bit table and a slow path for longer codes. The
/// bound is checked before every write, so that a bomb costs no more than `limit` bytes.
struct Inflate {
  /// Why a stream could not be read.
  enum Failure: Error {
    case corrupt
    case tooLarge
  }

  private let source: UnsafeBufferPointer<UInt8>
  private let limit: Int
  private var position: Int
  private var bits: UInt64 = 0
  private var bitCount = 0
  private var out: [UInt8] = []

  static func isGzip(_ body: [UInt8]) -> Bool {
    body.count > 18 && body[0] == 0x1F && body[1] == 0x8B && body[2] == 8
  }

  /// The contents of all members of a gzip body.
  static func gunzip(_ body: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
    var result: Result<[UInt8], Failure> = .failure(.corrupt)
    body.withUnsafeBufferPointer { source in
      var inflate = Inflate(source: source, limit: limit)
      do throws(Failure) {
        try inflate.members()
        result = .success(inflate.out)
      } catch {
        result = .failure(error)
      }
    }
    return try result.get()
  }

  private init(source: UnsafeBufferPointer<UInt8>, limit: Int) {
    self.source = source
    self.limit = limit
    position = 0
    out.reserveCapacity(min(limit, source.count * 6))
  }

  private mutating func members() throws(Failure) {
    repeat {
      try header()
      let start = out.count
      try blocks()
      // The trailer follows on a byte boundary; whole bytes read ahead go back.
      position -= bitCount / 8
      bits = 0
      bitCount = 0
      guard position + 8 <= source.count else { return }
      let crc = word(position)
      let size = word(position + 4)
      position += 8
      guard size == UInt32(truncatingIfNeeded: out.count - start),
        crc == Self.checksum(out[start...])
      else { throw .corrupt }
    } while position + 18 <= source.count && source[position] == 0x1F
      && source[position + 1] == 0x8B
  }

  private func word(_ at: Int) -> UInt32 {
    UInt32(source[at]) | UInt32(source[at + 1]) << 8 | UInt32(source[at + 2]) << 16
      | UInt32(source[at + 3]) << 24
  }

  private mutating func header() throws(Failure) {
    guard position + 10 <= source.count, source[position] == 0x1F, source[position + 1] == 0x8B,
      source[position + 2] == 8
    else { throw .corrupt }
    let flags = source[position + 3]
    position += 10
    if flags & 4 != 0 {
      guard position + 2 <= source.count else { throw .corrupt }
      position += 2 + Int(source[position]) + Int(source[position + 1]) << 8
    }
    for flag: UInt8 in [8, 16] where flags & flag != 0 {
      while position < source.count, source[position] != 0 { position += 1 }
      position += 1
    }
    if flags & 2 != 0 { position += 2 }
    guard position <= source.count else { throw .corrupt }
  }

  // MARK: Bits

  private mutating func fill() {
    while bitCount <= 56, position < source.count {
      bits |= UInt64(source[position]) << UInt64(bitCount)
      position += 1
      bitCount += 8
    }
  }

  private mutating func take(_ count: Int) throws(Failure) -> Int {
    if bitCount < count { fill() }
    guard bitCount >= count else { throw .corrupt }
    let value = Int(bits & ((1 << UInt64(count)) - 1))
    bits >>= UInt64(count)
    bitCount -= count
    return value
  }

  // MARK: Blocks

  private mutating func blocks() throws(Failure) {
    var isLast = false
    while !isLast {
      isLast = try take(1) == 1
      switch try take(2) {
      case 0: try storedBlock()
      case 1: try codedBlock(Self.fixedLiterals, Self.fixedDistances)
      case 2:
        let (literals, distances) = try dynamicCodes()
        try codedBlock(literals, distances)
      default: throw .corrupt
      }
    }
  }

  private mutating func storedBlock() throws(Failure) {
    _ = try take(bitCount % 8)
    let length = try take(16)
    guard try take(16) == ~length & 0xFFFF else { throw .corrupt }
    position -= bitCount / 8
    bits = 0
    bitCount = 0
    guard position + length <= source.count else { throw .corrupt }
    guard out.count + length <= limit else { throw .tooLarge }
    out.append(contentsOf: UnsafeBufferPointer(rebasing: source[position..<position + length]))
    position += length
  }

  private mutating func codedBlock(_ literals: Code, _ distances: Code) throws(Failure) {
    while true {
      let symbol = try decode(literals)
      if symbol < 256 {
        guard out.count < limit else { throw .tooLarge }
        out.append(UInt8(symbol))
        continue
      }
      guard symbol != 256 else { return }
      guard symbol < 286 else { throw .corrupt }
      let length =
        Int(Self.lengthBase[symbol - 257]) + (try take(Int(Self.lengthBits[symbol - 257])))
      let code = try decode(distances)
      guard code < 30 else { throw .corrupt }
      let distance = Int(Self.distanceBase[code]) + (try take(Int(Self.distanceBits[code])))
      guard distance <= out.count else { throw .corrupt }
      guard out.count + length <= limit else { throw .tooLarge }
      var from = out.count - distance
      for _ in 0..<length {
        out.append(out[from])
        from += 1
      }
    }
  }

  private mutating func dynamicCodes() throws(Failure) -> (Code, Code) {
    let literalCount = try take(5) + 257
    let distanceCount = try take(5) + 1
    let codeCount = try take(4) + 4
    let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    var lengths = [UInt8](repeating: 0, count: 19)
    for index in 0..<codeCount { lengths[order[index]] = UInt8(try take(3)) }
    let code = Code(lengths)
    var all: [UInt8] = []
    while all.count < literalCount + distanceCount {
      let symbol = try decode(code)
      switch symbol {
      case 0..<16: all.append(UInt8(symbol))
      case 16:
        guard let last = all.last else { throw .corrupt }
        for _ in 0..<(try take(2) + 3) { all.append(last) }
      case 17: for _ in 0..<(try take(3) + 3) { all.append(0) }
      default: for _ in 0..<(try take(7) + 11) { all.append(0) }
      }
    }
    guard all.count == literalCount + distanceCount else { throw .corrupt }
    return (Code(Array(all[..<literalCount])), Code(Array(all[literalCount...])))
  }

  private mutating func decode(_ code: Code) throws(Failure) -> Int {
    if bitCount < 15 { fill() }
    let entry = code.table[Int(bits & 511)]
    if entry != 0 {
      let length = Int(entry & 15)
      guard length <= bitCount else { throw .corrupt }
      bits >>= UInt64(length)
      bitCount -= length
      return Int(entry >> 4)
    }
    var value = 0
    var first = 0
    var index = 0
    for length in 1...15 {
      guard length <= bitCount else { throw .corrupt }
      value |= Int(bits >> UInt64(length - 1) & 1)
      let count = Int(code.counts[length])
      if value - count < first {
        bits >>= UInt64(length)
        bitCount -= length
        return Int(code.symbols[index + value - first])
      }
      index += count
      first = (first + count) << 1
      value <<= 1
    }
    throw .corrupt
  }

  /// A canonical Huffman code.
  private struct Code {
    /// Symbols of each length.
    var counts = [UInt16](repeating: 0, count: 16)
    /// Symbols in the order of their codes.
    var symbols: [UInt16]
    /// By the next 9 bits: symbol << 4 | length; 0 where the code is longer.
    var table = [UInt16](repeating: 0, count: 512)

    init(_ lengths: [UInt8]) {
      for length in lengths { counts[Int(length)] += 1 }
      counts[0] = 0
      var offsets = [Int](repeating: 0, count: 17)
      var next = [Int](repeating: 0, count: 17)
      var code = 0
      for length in 1...15 {
        offsets[length + 1] = offsets[length] + Int(counts[length])
        code = (code + Int(counts[length - 1])) << 1
        next[length] = code
      }
      symbols = [UInt16](repeating: 0, count: lengths.count)
      for (symbol, length) in lengths.enumerated() where length > 0 {
        let length = Int(length)
        symbols[offsets[length]] = UInt16(symbol)
        offsets[length] += 1
        let code = next[length]
        next[length] += 1
        guard length <= 9, code < 1 << length else { continue }
        var reversed = 0
        for bit in 0..<length where code & (1 << bit) != 0 { reversed |= 1 << (length - 1 - bit) }
        for slot in stride(from: reversed, to: 512, by: 1 << length) {
          table[slot] = UInt16(symbol << 4 | length)
        }
      }
    }
  }

  private static let fixedLiterals = Code(
    [UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112)
      + [UInt8](repeating: 7, count: 24) + [UInt8](repeating: 8, count: 8))
  private static let fixedDistances = Code([UInt8](repeating: 5, count: 30))
  private static let lengthBase: [UInt16] = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
  ]
  private static let lengthBits: [UInt8] = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBase: [UInt16] = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
    3073, 4097, 6145, 8193, 12289, 16385, 24577,
  ]
  private static let distanceBits: [UInt8] = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13,
    13,
  ]

  private static let checksumTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
    }
  }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    checksumTable.withUnsafeBufferPointer { table in
      var value: UInt32 = 0xFFFF_FFFF
      for byte in bytes { value = table[Int((value ^ UInt32(byte)) & 255)] ^ (value >> 8) }
      return ~value
    }
  }
}
