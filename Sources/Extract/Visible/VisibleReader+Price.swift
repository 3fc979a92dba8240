import Catalog

/// The visible price: every short text with money in it is a candidate, scored by what its words,
/// its place and its surroundings say; the reasons stay with the candidate.
extension VisibleReader {
  func readPrices(near heading: Int?, into reading: inout ProductReading) {
    var (candidates, struck) = priceCandidates(near: heading)
    if !candidates.contains(where: { $0.score >= 30 }) {
      // What looks like the frame of the page may be its middle.
      let wide = priceCandidates(near: heading, isWide: true)
      candidates += wide.candidates
      struck += wide.struck
    }
    weigh(&candidates)
    // A class of old prices on the only price there is says nothing.
    if !candidates.contains(where: { $0.score >= 30 }) { candidates += struck }
    // Places of candidates, the best first.
    let ranked = candidates.indices.sorted { a, b in
      candidates[a].score == candidates[b].score
        ? a < b : candidates[a].score > candidates[b].score
    }
    guard var best = ranked.first.map({ candidates[$0] }), best.score >= 30 else { return }
    if let lower = reduced(best, candidates, ranked) {
      // A range names the lower first.
      if best.element < lower.element { reading.listPrice = explained(best) }
      best = lower
      best.reasons.append(.lowerOfTwo)
    }
    reading.price = explained(best)
    if reading.price?.currency == nil {
      reading.price?.currency =
        ranked.lazy.filter { candidates[$0].fact.amount == best.fact.amount }
        .compactMap { candidates[$0].fact.currency }.first
    }
    reading.path = document.path(best.element)
    reading.priceScore = best.score
    if best.score < 52 { reading.bonus -= best.score < 42 ? 20 : 8 }
    var seen = [best.fact.amount]
    for place in ranked.dropFirst() where seen.count < 5 && candidates[place].score > 0 {
      guard !seen.contains(candidates[place].fact.amount) else { continue }
      seen.append(candidates[place].fact.amount)
      reading.otherPrices.append(explained(candidates[place]))
    }
    guard reading.listPrice == nil else { return }
    // The old price stands beside the new one.
    var around = best.element
    for _ in 0..<4 {
      guard let parent = document.parent(around) else { break }
      around = parent
      if let old = struck.first(where: {
        document.contains(around, $0.element) && $0.fact.amount > best.fact.amount
      }) {
        reading.listPrice = explained(old)
        break
      }
    }
  }

  /// The lower of two prices of equal standing side by side: which of them is struck through, only a
  /// style sheet knows.
  private func reduced(
    _ best: PriceCandidate, _ candidates: [PriceCandidate], _ ranked: [Int]
  ) -> PriceCandidate? {
    guard best.isSigned else { return nil }
    let high = best.fact.amount.tenThousandths
    let place = ranked.dropFirst().first { place in
      let element = candidates[place].element
      let low = candidates[place].fact.amount.tenThousandths
      return candidates[place].isSigned && candidates[place].score >= best.score - 8
        && abs(element - best.element) <= 8
        && low < high && low > high / 10 * 3
        && !document.contains(best.element, element)
        && !document.contains(element, best.element)
        && !(isScaled(element) && isScaled(best.element)) && !isNet(candidates[place])
        && !PriceWords.sayPerUnit(candidates[place].fact.raw)
    }
    return place.map { candidates[$0] }
  }

  /// Whether a price is what one of so and so many costs: another cell of its row holds a bare number.
  private func isScaled(_ element: Int) -> Bool {
    guard let row = document.ancestor(of: element, where: { document.has($0, name: .tr) }) else {
      return false
    }
    return document.children(row).prefix(8).contains { cell in
      cell != element && !document.contains(cell, element) && document.textLength(cell) <= 32
        && PriceReader.hasDigit(document.textBytes(cell).memory)
        && document.textString(cell).flatMap { context.price($0) }?.symbol == nil
    }
  }

  private func explained(_ candidate: PriceCandidate) -> PriceFact {
    var fact = candidate.fact
    fact.path = document.path(candidate.element)
    var reason = Array("\(candidate.score): ".utf8)
    candidate.reasons.append(to: &reason)
    fact.reason = String(decoding: reason, as: UTF8.self)
    return fact
  }

  // MARK: Candidates

  /// - Parameter isWide: Those in the frame of the page, instead of its own.
  private func priceCandidates(near heading: Int?, isWide: Bool = false) -> (
    candidates: [PriceCandidate], struck: [PriceCandidate]
  ) {
    var candidates: [PriceCandidate] = []
    var struck: [PriceCandidate] = []
    var tries = 0
    let elements = isWide ? outline.flags.indices.filter(isOutside) : inside
    for element in elements where tries < 4_000 {
      let flags = outline.flags[element]
      let record = document.elements[element]
      let length = Int(record.textEnd - record.textStart)
      let size = Int(record.end) - element
      let isPrice = outline.words[element].contains(.price)
      let isStruck = flags.contains(.struck)
      // A price with hundreds of elements inside is a wrapper.
      guard length > 0, size < 200,
        isPrice
          ? length <= 160 : length <= 40 && (isStruck || size == 1 || (size <= 6 && length <= 24)),
        !document.isRaw(element)
      else { continue }
      let bytes = document.textBytes(element)
      guard PriceReader.hasDigit(bytes.memory), !isFraction(bytes) else { continue }
      guard var told = priceText(element, bytes, isPrice: isPrice, isStruck: isStruck, size: size)
      else { continue }
      tries += 1
      // A box whose only number is struck through is struck through itself.
      let isWhollyStruck = !isStruck && isPrice && !told.withUTF8 { PriceReader.hasDigit($0) }
      guard let text = isWhollyStruck ? Bytes.flatString(bytes) : told,
        let found = context.price(text), found.amount.tenThousandths > 0
      else { continue }
      let isSigned = found.symbol != nil || PriceReader.endsInDash(bytes.memory)
      // Without a currency a number is a price by its class, or by its strike or its words inside one.
      let isPlain = !isSigned && !isPrice
      if isPlain, !isInsidePrice(element) { continue }
      let isOld = isStruck || isWhollyStruck || PriceWords.sayOld(text) || isLabelledOld(element)
      if isPlain, !isOld, !PriceWords.sayNow(text) { continue }
      if !isPrice, isItemNumber(element, bytes, found) { continue }
      var candidate = PriceCandidate(
        element: element,
        fact: PriceFact(
          amount: found.amount, currency: found.symbol == nil ? nil : found.currency?.code,
          raw: text, isDoubtful: found.isDoubtful),
        isSigned: isSigned)
      score(&candidate, text: text, near: heading)
      if isOld {
        struck.append(candidate)
      } else {
        candidates.append(candidate)
      }
    }
    return (candidates, struck)
  }

  /// The text of a candidate as the price reader wants it; `nil` where there is no sign of money.
  private func priceText(
    _ element: Int, _ bytes: Document.Value, isPrice: Bool, isStruck: Bool, size: Int
  ) -> String? {
    if isPrice || isStruck || Self.hasMoneySign(bytes) {
      return isStruck || size == 1
        ? Bytes.flatString(bytes) : spelledText(element, bytes)
    }
    // `<b>2320</b><small> €</small>`: the sign stands beside the number.
    guard size == 1, bytes.count <= 14 else { return nil }
    return signedText(bytes)
  }

  /// Two digits right after others: cents that their markup sets apart.
  private func isFraction(_ bytes: Document.Value) -> Bool {
    bytes.count == 2 && bytes.startIndex > 0 && bytes.allSatisfy(Bytes.isDigit)
      && Bytes.isDigit(document.text[bytes.startIndex - 1])
  }

  /// Text without what is struck through inside, and with a point before cents that only their
  /// markup sets apart: `<b>229<sup>99</sup></b>`.
  private func spelledText(_ element: Int, _ bytes: Document.Value) -> String? {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count + 4)
    let text = document.text
    var position = bytes.startIndex
    for inner in document.descendants(element) where inner != element {
      let record = document.elements[inner]
      let start = Int(record.textStart)
      guard start >= position, !document.isRaw(inner) else { continue }
      let end = Int(record.textEnd)
      if outline.flags[inner].contains(.struck) {
        out += text[position..<start]
        out.append(0x20)
        position = end
      } else if end - start == 2, start > bytes.startIndex, Bytes.isDigit(text[start]),
        Bytes.isDigit(text[start + 1]), Bytes.isDigit(text[start - 1]),
        end == bytes.endIndex || !Bytes.isDigit(text[end])
      {
        out += text[position..<start]
        // A mark before the digits already says that they are a fraction.
        let run = out.reversed().prefix(while: Bytes.isDigit).count
        let before = out.dropLast(run).last
        if before != 0x2E && before != 0x2C || run > 2 { out.append(0x2E) }
        position = start
      }
    }
    out += text[position..<bytes.endIndex]
    return Bytes.flatString(out[...])
  }

  /// A bare number with the word right before or after it, where one of them is a currency.
  private func signedText(_ bytes: Document.Value) -> String? {
    for byte in bytes
    where !Bytes.isDigit(byte) && byte != 0x2E && byte != 0x2C && !Bytes.isSpace(byte) {
      return nil
    }
    let text = document.text
    var start = bytes.endIndex
    while start < text.endIndex, Bytes.isSpace(text[start]), start - bytes.endIndex < 3 {
      start += 1
    }
    var end = start
    while end < text.endIndex, end - start < 12, Self.isWordByte(text[end]) { end += 1 }
    if end > start, end - start < 12, let number = Bytes.flatString(bytes),
      let sign = Bytes.flatString(text[start..<end])
    {
      return number + " " + sign
    }
    end = bytes.startIndex
    while end > 0, Bytes.isSpace(text[end - 1]), bytes.startIndex - end < 3 { end -= 1 }
    start = end
    while start > 0, end - start < 12, Self.isWordByte(text[start - 1]) { start -= 1 }
    // In `5,900원 1` the sign is that of the number before it.
    guard end > start, end - start < 12, start == 0 || !Bytes.isDigit(text[start - 1]),
      let number = Bytes.flatString(bytes), let sign = Bytes.flatString(text[start..<end])
    else { return nil }
    return sign + " " + number
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    Bytes.isLetter(byte) || byte >= 0x80 || byte == 0x24 || byte == 0x2E
  }

  /// `CHF 20`, `12 kr`: at least a letter; or a dash for cents.
  private static func hasMoneySign(_ bytes: Document.Value) -> Bool {
    for byte in bytes where byte == 0x24 || byte >= 0x80 || Bytes.isLetter(byte) { return true }
    return PriceReader.endsInDash(bytes.memory)
  }

  func isInsidePrice(_ element: Int) -> Bool {
    var ancestor = document.parent(element)
    for _ in 0..<3 {
      guard let current = ancestor else { return false }
      if outline.words[current].contains(.price) { return true }
      ancestor = document.parent(current)
    }
    return false
  }

  // MARK: Score

  private func score(_ candidate: inout PriceCandidate, text: String, near heading: Int?) {
    let element = candidate.element
    let words = outline.words[element]
    let flags = outline.flags[element]
    if words.contains(.price) {
      candidate.count(30, .priceClass)
    } else {
      candidate.count(8, .money)
      var ancestor = document.parent(element)
      for points in [18, 14, 8] {
        guard let current = ancestor else { break }
        if outline.words[current].contains(.price) {
          candidate.count(points, .insidePrice)
          break
        }
        ancestor = document.parent(current)
      }
    }
    if candidate.isSigned {
      candidate.count(20, .currency)
    } else if text.utf8.count > 24 {
      candidate.count(-20, .sentence)
    }
    if words.contains(.current) { candidate.count(10, .current) }
    if flags.contains(.card) { candidate.count(-45, .alike) }
    if words.contains(.extra) { candidate.count(-25, .extraClass) }
    if flags.contains(.outside) { candidate.count(-25, .frame) }
    if flags.contains(.fee) { candidate.count(-35, .fee) }
    if flags.contains(.unseen) { candidate.count(-25, .hidden) }
    if let parent = document.parent(element) {
      let around = outline.words[parent]
      if around.contains(.extra) { candidate.count(-18, .insideExtras) }
      if around.contains(.current) { candidate.count(5, .insideCurrent) }
    }
    weighWords(&candidate, text)
    if isLarge(element) { candidate.count(8, .large) }
    let near = nearness(element, heading)
    if near > 0 { candidate.count(near, .near) }
    if let link = document.ancestor(of: element, where: { document.has($0, name: .a) }) {
      candidate.count(-12, .link)
      if leadsAway(link) { candidate.count(-14, .otherPage) }
    } else if document.ancestor(of: element, where: { document.has($0, name: .button) }) != nil {
      candidate.count(-8, .button)
      candidate.isInButton = true
    }
  }

  /// Whether a link with a picture leads to a page of its own: it shows another thing.
  private func leadsAway(_ link: Int) -> Bool {
    guard document.descendants(link).prefix(32).contains(where: { document.has($0, name: .img) }),
      document.value(link, .href)?.count ?? 0 < 2_048, let href = document.attribute(link, .href),
      let url = context.resolve(href)
    else { return false }
    return url.path != "/" && !context.isThisPage(href)
  }

  /// What is said twice is said with more weight; a box speaks through the price that it holds.
  private func weigh(_ candidates: inout [PriceCandidate]) {
    guard candidates.count > 1 else { return }
    // By amount: how often it stands there, and where the last that says it ends.
    var sayings: [(count: Int, end: Int)] = []
    var places: [Amount: Int] = [:]
    let saying = candidates.indices.map { index in
      // A box and the price in it say it once.
      let element = candidates[index].element
      let end = Int(document.elements[element].end)
      if let place = places[candidates[index].fact.amount] {
        if element >= sayings[place].end { sayings[place].count += 1 }
        sayings[place].end = max(sayings[place].end, end)
        return place
      }
      places[candidates[index].fact.amount] = sayings.count
      sayings.append((1, end))
      return sayings.count - 1
    }
    for index in candidates.indices where sayings[saying[index]].count > 1 {
      candidates[index].count(6, .twice)
    }
    // Several buttons with prices of their own are choices, a single one is the one to press.
    let pressed = candidates.indices.filter { candidates[$0].isInButton }
    if Set(pressed.map { candidates[$0].fact.amount }).count > 1 {
      for index in pressed { candidates[index].count(-25, .choice) }
    }
    var open: [Int] = []
    for index in candidates.indices {
      let element = candidates[index].element
      while let last = open.last,
        Int(document.elements[candidates[last].element].end) <= element
      {
        open.removeLast()
      }
      for outer in open
      where candidates[index].isSigned
        && candidates[index].fact.amount != candidates[outer].fact.amount
        && candidates[index].score >= 30 && candidates[index].score >= candidates[outer].score - 30
      {
        candidates[outer].count(-30, .holdsAnother)
      }
      open.append(index)
    }
  }

  /// A style or a `font` of its own that sets large type.
  private func isLarge(_ element: Int) -> Bool {
    if let style = document.value(element, .style), style.count < 400,
      let found = Bytes.find("font", in: style)
    {
      var index = found
      var pixels = 0
      while index < style.endIndex, style[index] != 0x3B {
        if Bytes.isDigit(style[index]) {
          pixels = min(pixels * 10 + Int(style[index] - 0x30), 1_000)
        } else if pixels > 0 {
          if Bytes.starts(style, at: index, with: "px") { return (18...120).contains(pixels) }
          pixels = 0
        }
        index += 1
      }
    }
    return false
  }

  /// 22 beside the heading, falling with the elements between.
  func nearness(_ element: Int, _ heading: Int?) -> Int {
    guard let heading else { return 0 }
    let distance = element - heading
    if distance >= 0 { return max(0, 22 - distance / 24) }
    return max(0, 10 + distance / 30)
  }
}
