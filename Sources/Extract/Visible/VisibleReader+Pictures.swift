import Catalog

extension VisibleReader {
  /// The pictures of the gallery nearest the heading; without one, those of the page's own content.
  func gallery(near heading: Int?) -> [Picture] {
    // The elements of one outermost container follow each other.
    var groups: [(root: Int, pictures: [Picture])] = []
    var loose: [Picture] = []
    var told = 0
    for element in inside {
      let flags = outline.flags[element]
      guard let kind = carrier(element, flags) else { continue }
      if kind == .image, element < told { continue }
      if kind == .picture { told = Int(document.elements[element].end) }
      let isInGallery = flags.contains(.gallery)
      if !isInGallery {
        // Pictures on their own count near the heading only.
        guard !flags.contains(.card), loose.count < 24, let heading,
          abs(element - heading) < 250
        else { continue }
      }
      let picture: Picture? =
        switch kind {
        case .image, .box: shownPicture(element)
        case .picture: onePicture(element)
        case .link: linkedPicture(element)
        }
      guard let picture, !isTiny(element), !isSwatch(element) else { continue }
      if !isInGallery {
        loose.append(picture)
        continue
      }
      let root = Int(outline.galleryRoots[element])
      if groups.last?.root != root { groups.append((root, [])) }
      groups[groups.count - 1].pictures.append(picture)
    }
    var best: (score: Int, group: Int)?
    for place in groups.indices {
      let root = groups[place].root
      var score = min(groups[place].pictures.count, 12) * 2
      if let heading {
        let distance = min(abs(root - heading), abs(Int(document.elements[root].end) - heading))
        score += max(0, 40 - distance / 16)
      }
      if outline.flags[root].contains(.card) { score -= 40 }
      if best == nil || score > best!.score { best = (score, place) }
    }
    if let best, best.score > 0 { return groups[best.group].pictures }
    return loose
  }

  private enum Carrier {
    case image, picture, link
    /// Zoom scripts put the large picture on the container.
    case box
  }

  /// How an element may show a picture.
  private func carrier(_ element: Int, _ flags: Outline.Flags) -> Carrier? {
    let record = document.elements[element]
    switch record.name {
    case Name.img.rawValue, Name.source.rawValue: return .image
    case Name.picture.rawValue: return .picture
    case Name.a.rawValue: return .link
    case Name.div.rawValue, Name.li.rawValue, Name.figure.rawValue, Name.span.rawValue:
      return flags.contains(.gallery) && record.attributeCount > 0 ? .box : nil
    default: return nil
    }
  }

  /// The best address of an element's picture, unless it is an ornament of the site.
  func shownPicture(_ element: Int) -> Picture? {
    guard let picture = PictureFinder.best(of: element, in: document),
      !PictureAddress.isOrnament(picture.address, heading: context.heading)
    else { return nil }
    return picture
  }

  /// What a link leads to, with the one picture inside as its alternate.
  private func linkedPicture(_ element: Int) -> Picture? {
    guard let href = document.value(element, .href), href.count > 5,
      PictureFinder.hasPictureEnding(href), let address = Bytes.trimmedString(href),
      !PictureAddress.isOrnament(address, heading: context.heading)
    else { return nil }
    // A slip: `href="href=https://…"`.
    if let scheme = Bytes.find("://", in: href), scheme > href.startIndex + 5 { return nil }
    var shown: [Int] = []
    for inner in document.descendants(element).prefix(32) where document.has(inner, name: .img) {
      shown.append(inner)
    }
    var picture = Picture(address: address, width: 2_000)
    if shown.count == 1, let small = PictureFinder.best(of: shown[0], in: document) {
      picture.alternates = [small.address]
    }
    return picture
  }

  /// The largest of the sources of one `picture`, with the others as its alternates.
  private func onePicture(_ element: Int) -> Picture? {
    var found: [Picture] = []
    for inner in document.descendants(element).prefix(32)
    where document.has(inner, name: .source) || document.has(inner, name: .img) {
      guard !isTiny(inner), let picture = shownPicture(inner) else { continue }
      found.append(picture)
    }
    // Without a width the `img` speaks, which stands last.
    guard var best = found.max(by: { $0.width < $1.width }) else { return nil }
    if best.width == 0, let last = found.last { best = last }
    best.alternates = found.map(\.address).filter { $0 != best.address }
    return best
  }

  private func isTiny(_ element: Int) -> Bool {
    for side in [Name.width, .height] {
      guard let text = document.value(element, side).map(Bytes.trimmed) else { continue }
      let digits = text.prefix(while: Bytes.isDigit)
      guard (1...18).contains(digits.count) else { continue }
      let pixels = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
      if pixels > 0, pixels < 32 { return true }
    }
    return false
  }

  private func isSwatch(_ element: Int) -> Bool {
    var next: Int? = element
    for _ in 0..<3 {
      guard let current = next else { return false }
      if outline.words[current].contains(.swatch), !outline.words[current].contains(.gallery) {
        return true
      }
      next = document.parent(current)
    }
    return false
  }

  /// Colours that buttons, links or options offer, each with a number or a picture of its own.
  func swatches() -> [VariantReading] {
    guard [.dataSku, .dataProductSku, .dataVariant].contains(where: document.mentions) else {
      return []
    }
    var variants: [VariantReading] = []
    for element in inside {
      guard variants.count < 200, document.elements[element].attributeCount > 1,
        isVariantControl(element)
      else { continue }
      var variant = VariantReading()
      variant.sku =
        document.attribute(element, .dataSku) ?? document.attribute(element, .dataProductSku)
        ?? document.attribute(element, .dataVariant)
      variant.color =
        document.attribute(element, .dataColor) ?? document.attribute(element, .dataColour)
        ?? document.attribute(element, .title) ?? document.attribute(element, .ariaLabel)
        ?? (document.textLength(element) < 60 ? document.textString(element) : nil)
      if let picture = shownPicture(element) {
        variant.pictures = [picture]
      } else {
        for inner in document.descendants(element).prefix(8) where document.has(inner, name: .img) {
          if let picture = shownPicture(inner) {
            variant.pictures = [picture]
          }
        }
      }
      guard variant.color != nil, variant.sku != nil || !variant.pictures.isEmpty else { continue }
      variants.append(variant)
    }
    return variants.count > 1 && variants.contains { $0.sku != nil } ? variants : []
  }

  private func isVariantControl(_ element: Int) -> Bool {
    switch Name(rawValue: document.elements[element].name) {
    case .button, .option, .label, .a, .li, .input, .div, .span: break
    default: return false
    }
    return document.has(element, .dataSku) || document.has(element, .dataProductSku)
      || (outline.words[element].contains(.swatch) && document.has(element, .dataVariant))
  }
}
