/// An LZW encoder of the tests' own: colour `i` is (i, 255 − i, i xor 0x55).
enum GIFWriter {
  static func file(_ indices: [UInt8], side: Int, colours: Int) -> [UInt8] {
    var bits = 2
    while 1 << bits < colours { bits += 1 }
    let size = [UInt8(side & 255), UInt8(side >> 8)]
    var file = Array("GIF89a".utf8) + size + size + [0x80 | UInt8(bits - 1), 0, 0]
    for i in 0..<1 << bits {
      let value = UInt8(truncatingIfNeeded: i)
      file += [value, 255 - value, value ^ 0x55]
    }
    file += [0x2C, 0, 0, 0, 0] + size + size + [0, UInt8(bits)]
    let codes = pack(indices, bits)
    for start in stride(from: 0, to: codes.count, by: 255) {
      let block = codes[start..<min(start + 255, codes.count)]
      file += [UInt8(block.count)] + block
    }
    return file + [0, 0x3B]
  }

  private static func pack(_ indices: [UInt8], _ bits: Int) -> [UInt8] {
    let clear = 1 << bits
    var packed: [UInt8] = []
    var (window, held, width) = (0, 0, bits + 1)
    func put(_ code: Int) {
      window |= code << held
      held += width
      while held >= 8 {
        packed.append(UInt8(window & 255))
        window >>= 8
        held -= 8
      }
    }
    var strings: [[UInt8]: Int] = [:]
    func restart() {
      put(clear)
      strings = Dictionary(uniqueKeysWithValues: (0..<clear).map { ([UInt8($0)], $0) })
      width = bits + 1
    }
    restart()
    var next = clear + 2
    var current: [UInt8] = []
    for index in indices {
      if strings[current + [index]] != nil {
        current.append(index)
        continue
      }
      if let code = strings[current] { put(code) }
      if next < 4096 {
        strings[current + [index]] = next
        next += 1
        if next > 1 << width, width < 12 { width += 1 }
      } else {
        restart()
        next = clear + 2
      }
      current = [index]
    }
    if let code = strings[current] { put(code) }
    put(clear + 1)
    if held > 0 { packed.append(UInt8(window & 255)) }
    return packed
  }
}
