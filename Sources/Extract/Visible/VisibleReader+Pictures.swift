import Catalog

extension VisibleReader {
  /// The pictures of the gallery nearest the heading; without one, those of the page's own content.
  func gallery(near heading: Int?) -> [Picture] {
    var groups: [Int: [Picture]] = [:]
    var order: [Int] = []
    var loose: [(element: Int, picture: Picture)] = []
    var told = 0
    for element in 0..<document.count {
      guard let name = Name(rawValue: document.elements[element].name) else { continue }
      let flags = outline.flags[element]
      guard flags.isDisjoint(with: [.outside]) else { continue }
      let picture: Picture?
      switch name {
      case .img, .source:
        if element < told { continue }
        picture = PictureFinder.best(of: element, in: document)
      case .picture:
        picture = onePicture(element)
        told = Int(document.elements[element].end)
      case .a:
        guard let href = document.value(element, .href), href.count > 5,
          PictureFinder.hasPictureEnding(href)
        else { continue }
        picture = Bytes.trimmedString(href).map { Picture(address: $0, width: 2_000) }
      case .div, .li, .figure, .span:
        // Zoom scripts put the large picture on the container.
        guard flags.contains(.gallery), document.elements[element].attributeCount > 0 else {
          continue
        }
        picture = PictureFinder.best(of: element, in: document)
      default: continue
      }
      guard let picture, !isTiny(element), !isSwatch(element) else { continue }
      if flags.contains(.gallery) {
        let group = Int(outline.galleryRoots[element])
        if groups[group] == nil { order.append(group) }
        groups[group, default: []].append(picture)
      } else if !flags.contains(.card) {
        loose.append((element, picture))
      }
    }
    var best: (score: Int, pictures: [Picture])?
    for group in order {
      guard let pictures = groups[group] else { continue }
      var score = min(pictures.count, 12) * 2
      if let heading {
        let distance = min(abs(group - heading), abs(Int(document.elements[group].end) - heading))
        score += max(0, 40 - distance / 16)
      }
      if outline.flags[group].contains(.card) { score -= 40 }
      if best == nil || score > best!.score { best = (score, pictures) }
    }
    if let best, best.score > 0 { return best.pictures }
    guard let heading else { return [] }
    return loose.filter { abs($0.element - heading) < 250 }.prefix(24).map(\.picture)
  }

  /// The largest of the sources of one `picture`, with the others as its alternates.
  private func onePicture(_ element: Int) -> Picture? {
    var found: [Picture] = []
    for inner in document.descendants(element).prefix(32)
    where document.has(inner, name: .source) || document.has(inner, name: .img) {
      guard !isTiny(inner), let picture = PictureFinder.best(of: inner, in: document) else {
        continue
      }
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
      if let text = document.attribute(element, side),
        let pixels = Int(text.prefix { $0.isNumber }), pixels > 0,
        pixels < 32
      {
        return true
      }
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
    var variants: [VariantReading] = []
    for element in 0..<document.count {
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
      if let picture = PictureFinder.best(of: element, in: document) {
        variant.pictures = [picture]
      } else {
        for inner in document.descendants(element).prefix(8) where document.has(inner, name: .img) {
          if let picture = PictureFinder.best(of: inner, in: document) {
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
    guard !isOutside(element) else { return false }
    switch Name(rawValue: document.elements[element].name) {
    case .button, .option, .label, .a, .li, .input, .div, .span: break
    default: return false
    }
    return document.has(element, .dataSku) || document.has(element, .dataProductSku)
      || (outline.words[element].contains(.swatch) && document.has(element, .dataVariant))
  }
}
