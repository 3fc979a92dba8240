/// What the folders of a picture's address say of its size.
extension PictureAddress {
  /// The size that a folder of the path names: `/fit-in/300x300/`, `/w_300,c_fill/`, `/300x400/`.
  static func sizeSegment(_ segment: Text, after previous: Text) -> Int? {
    guard let first = segment.first, segment.count <= 160 else { return nil }
    switch first {
    case 0x66 where segment.equals("fit-in") || segment.has("filters:"): return 0
    case 0x66 where segment.has("filters%3A"): return 0
    case 0x75 where segment.equals("unsafe"): return 0
    case 0x73 where segment.equals("smart"): return 0
    case 0x74 where segment.has("tr:"): return imageKitSize(segment.part(3, segment.count))
    case 0x30...0x39:
      if let size = dimensions(segment) { return size }
      // `/w/560/`
      if previous.equals("w") || previous.equals("h") || previous.equals("width")
        || previous.equals("height"),
        segment.count <= 5, segment.allSatisfy(Bytes.isDigit), let size = number(segment),
        size >= 16
      {
        return size
      }
    default: break
    }
    if segment.count > 2, segment.contains(0x5F), let size = cloudinarySize(segment) {
      return size
    }
    // Cloudflare and others: `/cdn-cgi/image/width=300,quality=80/`.
    guard previous.equals("image"), segment.contains(0x3D) else { return nil }
    var start = 0
    while start < segment.count {
      let end = segment.index(of: 0x2C, from: start)
      let token = segment.part(start, end)
      start = end + 1
      guard token.has("width=") || token.has("w=") else { continue }
      var stop = token.count
      while token[stop - 1] == 0x3D { stop -= 1 }
      var value = stop
      while value > 0, token[value - 1] != 0x3D { value -= 1 }
      return number(token.part(value, stop)) ?? 0
    }
    return 0
  }

  /// Cloudinary: `w_300,h_400,c_fill`; one token alone must be a width or a height.
  private static func cloudinarySize(_ segment: Text) -> Int? {
    var size = 0
    var tokens = 0
    var start = 0
    while start < segment.count {
      let end = segment.index(of: 0x2C, from: start)
      let token = segment.part(start, end)
      start = end + 1
      guard let first = token.first else { continue }
      tokens += 1
      let mark = token.index(of: 0x5F, from: 0)
      guard Bytes.isLetter(first), mark <= 3, mark + 1 < token.count else { return nil }
      let name = token.part(0, mark)
      if name.equals("w") || name.equals("h") {
        size = max(size, number(token.part(mark + 1, token.count)) ?? 0)
      } else if !isTransformation(name) {
        return nil
      }
    }
    if tokens > 1 || size > 0 { return size }
    let isKnown =
      segment.has("c_") || segment.has("f_") || segment.has("q_") || segment.has("t_")
    return isKnown ? size : nil
  }

  /// The larger side of ImageKit's `w-300,h-400`; steps of a chain are set apart by colons.
  static func imageKitSize(_ steps: Text) -> Int {
    var size = 1
    for index in steps.indices
    where (index == 0 || steps[index - 1] == 0x2C || steps[index - 1] == 0x3A)
      && (steps.has("w-", at: index) || steps.has("h-", at: index))
    {
      size = max(size, number(steps.part(index + 2, steps.count)) ?? 0)
    }
    return size
  }

  private static func isTransformation(_ name: Text) -> Bool {
    switch name.count {
    case 1:
      switch name[0] {
      // c f q g e b t x y z r o a
      case 0x63, 0x66, 0x71, 0x67, 0x65, 0x62, 0x74, 0x78, 0x79, 0x7A, 0x72, 0x6F, 0x61: true
      default: false
      }
    case 2:
      name.equals("fl") || name.equals("ar") || name.equals("so") || name.equals("al")
        || name.equals("lg")
    default: name.equals("dpr") || name.equals("usm") || name.equals("enc")
    }
  }

  /// Thumbor's and Cloudinary's signatures, which differ for each rendition: 27 or 28 letters of
  /// base64 before `unsafe`-like segments, `s--…--`; and Cloudinary's upload stamp `v1612345678`.
  static func isSignature(_ segment: Text, before next: Text) -> Bool {
    switch segment.count {
    case 28 where segment[27] == 0x3D:
      return next.equals("fit-in") || next.equals("smart") || next.has("filters:")
        || dimensions(next) != nil
    case 13: return segment.has("s--") && segment.ends(with: "--")
    case 11: return segment[0] == 0x76 && segment.dropFirst().allSatisfy(Bytes.isDigit)
    default: return false
    }
  }

  /// `300x400`, `300x`, `x400`: the larger side, where that is all there is.
  static func dimensions(_ text: Text) -> Int? {
    var width = 0
    var height = 0
    var sawCross = false
    for byte in text {
      if Bytes.isDigit(byte) {
        guard width < 100_000, height < 100_000 else { return nil }
        if sawCross {
          height = height * 10 + Int(byte - 0x30)
        } else {
          width = width * 10 + Int(byte - 0x30)
        }
      } else if byte | 0x20 == 0x78, !sawCross {
        sawCross = true
      } else {
        return nil
      }
    }
    let size = max(width, height)
    return sawCross && size >= 16 && size <= 10_000 ? size : nil
  }
}
