/// Finds the best address that an element gives for its picture.
enum PictureFinder {
  /// The largest rendition that `img`, `source` or any other element names in `src`, `srcset` and
  /// the attributes that lazy loaders and zoom scripts read.
  static func best(of element: Int, in document: Document) -> Picture? {
    var best = Choice()
    for attribute in document.attributes(element).memory {
      guard attribute.count > 3 else { continue }
      let value = document.value(of: attribute)
      switch attribute.name {
      case Name.src.rawValue: best.offer(Bytes.trimmed(value), rank: 2)
      case Name.srcset.rawValue: best.offerLargest(of: value)
      case Name.style.rawValue:
        if let address = background(value) { best.offer(address, rank: 2) }
      case Name.dataAADynamicImage.rawValue:
        if let picture = dynamicImage(value) { best.offer(picture, rank: 3) }
      default:
        guard let role = role(ofAttribute: attribute.name, in: document) else { continue }
        if role == .set {
          best.offerLargest(of: value)
        } else if looksLikeAddress(value) {
          best.offer(Bytes.trimmed(value), rank: role.rawValue)
        }
      }
    }
    return best.picture
  }

  /// The best address so far.
  private struct Choice {
    private var address: Document.Value?
    /// The address, where it is no part of the document.
    private var text: String?
    private var width = 0
    private var rank = 0

    var picture: Picture? {
      if let text { return Picture(address: text, width: width) }
      return address.map { Picture(address: String(decoding: $0, as: UTF8.self), width: width) }
    }

    mutating func offer(_ address: Document.Value, width: Int = 0, rank: Int) {
      // An ornament beside a picture is what a script lays over it.
      let rank = PictureAddress.isOrnament(address.memory) ? rank - Role.all : rank
      guard accepts(width: width, rank: rank), !PictureAddress.isBlank(address.memory) else {
        return
      }
      self.address = address
      text = nil
      self.width = width
      self.rank = rank
    }

    mutating func offer(_ picture: Picture, rank: Int) {
      guard accepts(width: picture.width, rank: rank), !PictureAddress.isBlank(picture.address)
      else {
        return
      }
      text = picture.address
      width = picture.width
      self.rank = rank
    }

    mutating func offerLargest(of set: Document.Value) {
      guard let largest = PictureFinder.largestSource(of: set) else { return }
      offer(largest.address, width: largest.width, rank: 2)
    }

    private func accepts(width: Int, rank: Int) -> Bool {
      guard address != nil || text != nil else { return true }
      // A stated width beats an unstated one only where the rank does not speak against it.
      if width <= self.width, rank <= self.rank { return false }
      return rank >= self.rank || width >= 400
    }
  }

  /// What an attribute that a script reads holds; the raw value of an address is its rank.
  private enum Role: Int {
    case set = 0
    case thumbnail = 1
    case picture = 3
    /// Meant for zooming.
    case zoom = 4

    /// Above every rank.
    static let all = 5
  }

  private static func role(ofAttribute number: UInt16, in document: Document) -> Role? {
    if number < Name.count { return knownRoles[Int(number)] }
    return document.withOtherName(number) { role(ofAttribute: $0) }
  }

  private static func role(ofAttribute name: UnsafeBufferPointer<UInt8>) -> Role? {
    guard name.has("data-") else { return nil }
    if name.ends(with: "srcset") { return .set }
    if thumbnailWords.occurs(in: name) { return .thumbnail }
    if zoomWords.occurs(in: name) { return .zoom }
    return pictureWords.occurs(in: name) ? .picture : nil
  }

  private static let knownRoles = Name.texts.map { name in
    var name = name
    return name.withUTF8 { role(ofAttribute: $0) }
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
    value.withMemory { looksLikeAddress($0) }
  }

  static func looksLikeAddress(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { looksLikeAddress($0) }
  }

  private static func looksLikeAddress(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
    var start = 0
    var end = value.count
    while start < end, Bytes.isSpace(value[start]) { start += 1 }
    while end > start, Bytes.isSpace(value[end - 1]) { end -= 1 }
    guard end - start > 4, end - start < 2048 else { return false }
    let address = value.part(start, end)
    guard address[0] != 0x7B, address[0] != 0x5B, address[0] != 0x23,
      address.index(of: 0x20, from: 0) == address.count
    else { return false }
    return address.has("http") || address.has("//") || hasPictureEnding(address)
  }

  static func hasPictureEnding(_ value: some ByteRun) -> Bool {
    value.withMemory { hasPictureEnding($0) }
  }

  static func hasPictureEnding(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
    var end = 0
    while end < value.count, value[end] != 0x3F, value[end] != 0x23 { end += 1 }
    for point in stride(from: end - 1, through: max(end - 5, 0), by: -1) where value[point] == 0x2E
    {
      return endings[value.part(point + 1, end)] ?? false
    }
    return false
  }

  private static let endings = WordTable([(true, "jpg jpeg png webp gif avif")])

  /// The candidate with the largest descriptor of a `srcset` (HTML, 4.8.4.2.1).
  static func largest(inSet value: some ByteRun) -> Picture? {
    largestSource(of: value).map {
      Picture(address: String(decoding: $0.address, as: UTF8.self), width: $0.width)
    }
  }

  private static func largestSource<Run: ByteRun>(
    of value: Run
  ) -> (address: Run.SubSequence, width: Int)? {
    var best: (address: Run.SubSequence, rank: Int, width: Int)?
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
        best = (value[start..<stop], rank, unit == 0x77 ? number : 0)
      }
    }
    return best.map { ($0.address, $0.width) }
  }

  /// The address in a style's `background: url(…)`; gradients and inlined pictures are none.
  static func background(_ style: Document.Value) -> Document.Value? {
    guard style.count > 16, style.count < 4_096, Bytes.contains(style, "background"),
      let found = Bytes.find("url(", in: style)
    else { return nil }
    var address = style[(found + 4)...].prefix { $0 != 0x29 }
    address = Bytes.trimmed(address)
    while let first = address.first, first == 0x22 || first == 0x27 {
      address = address.dropFirst()
    }
    while let last = address.last, last == 0x22 || last == 0x27 { address = address.dropLast() }
    return looksLikeAddress(address) ? Bytes.trimmed(address) : nil
  }

  /// Amazon's `{"https://…": [width, height], …}`.
  private static func dynamicImage(_ value: some ByteRun) -> Picture? {
    let source = Array(value)
    guard let tape = LiteralReader.read(source, 0..<source.count, nodeLimit: 512),
      let root = tape.root, root.isObject
    else { return nil }
    var best: Picture?
    for member in root.memberIndices {
      let width = JSONValue(tape: tape, at: member).firstMember?.integer ?? 0
      if best == nil || width > best!.width {
        best = Picture(address: String(decoding: tape.key(member), as: UTF8.self), width: width)
      }
    }
    return best
  }
}
