// GIF89a, the first frame only: header, global colour table, extensions, one image descriptor, and
// LZW codes of 3…12 bits in blocks of up to 255 bytes. Everything is bounded by the frame's pixels.

internal import Catalog

struct GIFFile {
  private let file: Bytes
  private let limits: DecodeLimits
  private let width: Int
  private let height: Int

  init(_ file: Bytes, _ limits: DecodeLimits) throws(PictureError) {
    guard let width = file.littleEndian16(6), let height = file.littleEndian16(8) else {
      throw .truncated(.gif)
    }
    try limits.check(width: width, height: height, format: .gif)
    self.file = file
    self.limits = limits
    self.width = width
    self.height = height
  }

  func decode() throws(PictureError) -> Picture {
    guard let flags = file[10] else { throw .truncated(.gif) }
    var at = 13
    var palette = at..<at + Self.paletteSize(flags)
    at = palette.upperBound
    var transparent: Int?
    var parts = 0
    while true {
      parts += 1
      guard parts <= limits.maxParts else {
        throw .outOfBounds(.frames, value: parts, limit: limits.maxParts)
      }
      switch file[at] {
      case 0x21:  // an extension: label, sub-blocks
        if file[at + 1] == 0xF9, let packed = file[at + 3], packed & 1 == 1, let i = file[at + 6] {
          transparent = Int(i)
        }
        at = try skipBlocks(from: at + 2)
      case 0x2C:
        guard let x = file.littleEndian16(at + 1), let y = file.littleEndian16(at + 3),
          let frameWidth = file.littleEndian16(at + 5),
          let frameHeight = file.littleEndian16(at + 7), let packed = file[at + 9]
        else { throw .truncated(.gif) }
        guard frameWidth > 0, frameHeight > 0, x + frameWidth <= width, y + frameHeight <= height
        else { throw .corrupt(.gif, reason: "a frame outside its canvas") }
        at += 10
        if packed & 0x80 != 0 {
          palette = at..<at + Self.paletteSize(packed)
          at = palette.upperBound
        }
        guard palette.upperBound <= file.count else { throw .truncated(.gif) }
        let indices = try unpack(from: at, count: frameWidth * frameHeight)
        return draw(
          indices, x, y, frameWidth, palette: file.slice(palette), transparent,
          isInterlaced: packed & 0x40 != 0)
      case 0x3B: throw .corrupt(.gif, reason: "no frame")
      case nil: throw .truncated(.gif)
      case .some(let other): throw .corrupt(.gif, reason: "a block of type \(other)")
      }
    }
  }

  private static func paletteSize(_ flags: UInt8) -> Int {
    flags & 0x80 == 0 ? 0 : 3 << (Int(flags & 7) + 1)
  }

  private func skipBlocks(from start: Int) throws(PictureError) -> Int {
    var at = start
    while true {
      guard let length = file[at] else { throw .truncated(.gif) }
      at += 1 + Int(length)
      if length == 0 { return at }
    }
  }

  /// LZW (Welch 1984) as GIF packs it; a string is its last byte and the code before it.
  private func unpack(from start: Int, count: Int) throws(PictureError) -> [UInt8] {
    guard let smallest = file[start] else { throw .truncated(.gif) }
    guard (1...8).contains(smallest) else {
      throw .corrupt(.gif, reason: "codes of \(smallest) bits")
    }
    let clear = 1 << Int(smallest)
    var prefix = [UInt16](repeating: 0, count: 4096)
    var last = [UInt8](repeating: 0, count: 4096)
    for code in 0..<clear { last[code] = UInt8(code) }
    var stack = [UInt8](repeating: 0, count: 4097)
    var output: [UInt8] = []
    output.reserveCapacity(count)
    var (next, bits, previous, first) = (clear + 2, Int(smallest) + 1, -1, UInt8(0))
    var (window, held) = (0, 0)
    var (at, blockLeft) = (start + 1, 0)
    while output.count < count {
      while held < bits {
        if blockLeft == 0 {
          guard let length = file[at] else { throw .truncated(.gif) }
          guard length > 0 else { throw .truncated(.gif) }
          blockLeft = Int(length)
          at += 1
        }
        guard let byte = file[at] else { throw .truncated(.gif) }
        window |= Int(byte) << held
        held += 8
        at += 1
        blockLeft -= 1
      }
      let code = window & (1 << bits - 1)
      window >>= bits
      held -= bits
      if code == clear {
        (next, bits, previous) = (clear + 2, Int(smallest) + 1, -1)
        continue
      }
      guard code != clear + 1 else { throw .truncated(.gif) }
      guard code < next || (code == next && previous >= 0), previous >= 0 || code < clear else {
        throw .corrupt(.gif, reason: "code \(code) before its time")
      }
      var depth = 0
      var walk = code
      if code == next {
        stack[0] = first
        depth = 1
        walk = previous
      }
      while walk >= clear {
        stack[depth] = last[walk]
        depth += 1
        walk = Int(prefix[walk])
      }
      first = last[walk]
      stack[depth] = first
      depth += 1
      while depth > 0, output.count < count {
        depth -= 1
        output.append(stack[depth])
      }
      if previous >= 0, next < 4096 {
        prefix[next] = UInt16(previous)
        last[next] = first
        next += 1
        if next == 1 << bits, bits < 12 { bits += 1 }
      }
      previous = code
    }
    return output
  }

  private func draw(
    _ indices: [UInt8], _ x: Int, _ y: Int, _ frameWidth: Int, palette: Bytes, _ transparent: Int?,
    isInterlaced: Bool
  ) -> Picture {
    var pixels = [UInt8](repeating: 255, count: 3 * width * height)
    let rows = indices.count / frameWidth
    let order =
      isInterlaced
      ? [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { Array(stride(from: $0, to: rows, by: $1)) }
      : Array(0..<rows)
    for (stored, row) in order.enumerated() {
      for column in 0..<frameWidth {
        let index = Int(indices[stored * frameWidth + column])
        if index == transparent { continue }
        let target = 3 * ((y + row) * width + x + column)
        for channel in 0..<3 { pixels[target + channel] = palette[3 * index + channel] ?? 0 }
      }
    }
    return Picture(
      width: width, height: height, pixels: pixels, sourceWidth: width, sourceHeight: height,
      format: .gif)
  }
}
