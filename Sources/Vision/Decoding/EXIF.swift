/// The one tag that decoding needs of a picture's metadata (Exif 2.32, 4.6: a TIFF file inside).
enum EXIF {
  /// The orientation, 1…8, of the first image directory; `nil` where there is none that is legal.
  static func orientation(_ tiff: Bytes) -> Int? {
    let isBig: Bool
    if tiff.has("MM\0*", at: 0) {
      isBig = true
    } else if tiff.has("II*\0", at: 0) {
      isBig = false
    } else {
      return nil
    }
    func word(_ at: Int) -> Int? { isBig ? tiff.bigEndian16(at) : tiff.littleEndian16(at) }
    guard let directory = isBig ? tiff.bigEndian32(4) : tiff.littleEndian32(4),
      let entries = word(directory)
    else { return nil }
    for entry in 0..<min(entries, 512) {
      let at = directory + 2 + 12 * entry
      guard let tag = word(at) else { return nil }
      if tag == 0x0112 {
        guard word(at + 2) == 3, let value = word(at + 8), (1...8).contains(value) else {
          return nil
        }
        return value
      }
    }
    return nil
  }
}
