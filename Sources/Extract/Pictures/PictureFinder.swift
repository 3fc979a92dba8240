/// Finds the best address that an element gives for its picture.
enum PictureFinder {
  /// The largest rendition that `img`, `source` or any other element names in `src`, `srcset` and
  /// the attributes that lazy loaders and zoom scripts read.
  static func best(of element: Int, in document: Document) -> Picture? {
    var best: (picture: Picture, rank: Int)?
    func offer(_ address: String, width: Int, rank: Int) {
      guard !PictureAddress.isJunk(address) else { return }
      if let current = best {
        if width == current.picture.width, rank <= current.rank { return }
        // A stated width beats an unstated one only where the rank does not speak against it.
        if width < current.picture.width, rank <= current.rank { return }
        if rank < current.rank, width == 0 || width < 400 { return }
      }
      best = (Picture(address: address, width: width), rank)
    }
    for attribute in document.attributes(element) {
      guard attribute.count > 3 else { continue }
      let name = attribute.name
      if name == Name.src.rawValue || name == Name.poster.rawValue {
        guard name == Name.src.rawValue,
          let src = Bytes.trimmedString(document.value(of: attribute))
        else { continue }
        offer(src, width: 0, rank: 2)
        continue
      }
      if name == Name.srcset.rawValue {
        if let largest = largest(inSet: document.value(of: attribute)) {
          offer(largest.address, width: largest.width, rank: 2)
        }
        continue
      }
      if name == Name.style.rawValue {
        if let address = background(document.value(of: attribute)) {
          offer(address, width: 0, rank: 2)
        }
        continue
      }
      let text = document.nameText(name)
      guard text.hasPrefix("data-") else { continue }
      let value = document.value(of: attribute)
      if name == Name.dataAADynamicImage.rawValue {
        if let picture = dynamicImage(value) {
          offer(picture.address, width: picture.width, rank: 3)
        }
      } else if text.hasSuffix("srcset") {
        if let largest = largest(inSet: value) {
          offer(largest.address, width: largest.width, rank: 2)
        }
      } else if let rank = rank(ofAttribute: text), looksLikeAddress(value),
        let address = Bytes.trimmedString(value)
      {
        offer(address, width: 0, rank: rank)
      }
    }
    return best?.picture
  }

  /// 4 for what is meant for zooming, 3 for the picture itself, 1 for thumbnails; `nil` for others.
  private static func rank(ofAttribute name: String) -> Int? {
    var name = name
    return name.withUTF8 { name in
      if thumbnailWords.occurs(in: name) { return 1 }
      if zoomWords.occurs(in: name) { return 4 }
      return pictureWords.occurs(in: name) ? 3 : nil
    }
  }

  private static let thumbnailWords = WordSet(["thumb"])
  private static let zoomWords = WordSet([
    "zoom", "large", "full", "hires", "highres", "original", "magnif", "big",
  ])
  private static let pictureWords = WordSet([
    "src", "image", "img", "lazy", "echo", "defer", "photo", "picture", "bg", "background",
  ])

  /// Whether a value can be a picture's address: no spaces, and a path or a known ending.
  static func looksLikeAddress(_ value: some ByteRun) -> Bool {
    let value = Bytes.trimmed(value)
    guard value.count > 4, value.count < 2048, !value.contains(0x20), value.first != 0x7B,
      value.first != 0x5B, value.first != 0x23
    else { return false }
    if value.starts(with: "http".utf8) || value.starts(with: "//".utf8) { return true }
    return hasPictureEnding(value)
  }

  static func hasPictureEnding(_ value: some ByteRun) -> Bool {
    let path = value.prefix { $0 != 0x3F && $0 != 0x23 }
    guard let point = path.lastIndex(of: 0x2E) else { return false }
    let ending = path[(point + 1)...]
    return Bytes.equals(ending, "jpg") || Bytes.equals(ending, "jpeg")
      || Bytes.equals(ending, "png")
      || Bytes.equals(ending, "webp") || Bytes.equals(ending, "gif") || Bytes.equals(ending, "avif")
  }

  /// The candidate with the largest descriptor of a `srcset` (HTML, 4.8.4.2.1).
  static func largest(inSet value: some ByteRun) -> Picture? {
    var best: (address: String, rank: Int, width: Int)?
    var index = value.startIndex
    let end = value.endIndex
    while index < end {
      while index < end, Bytes.isSpace(value[index]) || value[index] == 0x2C { index += 1 }
      let start = index
      while index < end, !Bytes.isSpace(value[index]) { index += 1 }
      var stop = index
      var endsCandidate = false
      while stop > start, value[stop - 1] == 0x2C {
        stop -= 1
        endsCandidate = true
      }
      guard stop > start else { continue }
      let address = String(decoding: value[start..<stop], as: UTF8.self)
      var number = 0
      var unit: UInt8 = 0
      if !endsCandidate {
        while index < end, value[index] != 0x2C {
          let byte = value[index]
          if Bytes.isDigit(byte) {
            number = min(number * 10 + Int(byte - 0x30), 1_000_000)
          } else if byte == 0x2E {
            // `1.5x`: tenths are enough to compare.
          } else if !Bytes.isSpace(byte) {
            unit = byte | 0x20
          }
          index += 1
        }
      }
      let rank = unit == 0x77 ? number : number * 100
      if best == nil || rank > best!.rank {
        best = (address, rank, unit == 0x77 ? number : 0)
      }
    }
    return best.map { Picture(address: $0.address, width: $0.width) }
  }

  /// The address in a style's `background: url(…)`; gradients and inlined pictures are none.
  static func background(_ style: some ByteRun) -> String? {
    guard style.count > 16, style.count < 4_096, Bytes.contains(style, "background"),
      let found = Bytes.find("url(", in: style)
    else { return nil }
    var address = style[(found + 4)...].prefix { $0 != 0x29 }
    address = Bytes.trimmed(address)
    while let first = address.first, first == 0x22 || first == 0x27 {
      address = address.dropFirst()
    }
    while let last = address.last, last == 0x22 || last == 0x27 { address = address.dropLast() }
    return looksLikeAddress(address) ? Bytes.trimmedString(address) : nil
  }

  /// Amazon's `{"https://…": [width, height], …}`.
  private static func dynamicImage(_ value: some ByteRun) -> Picture? {
    let source = Array(value)
    guard let tape = LiteralReader.read(source, 0..<source.count, nodeLimit: 512),
      let root = tape.root, root.isObject
    else { return nil }
    var best: Picture?
    for member in root.memberIndices {
      let width = JSONValue(tape: tape, at: member).members.first?.integer ?? 0
      if best == nil || width > best!.width {
        best = Picture(address: String(decoding: tape.key(member), as: UTF8.self), width: width)
      }
    }
    return best
  }
}
