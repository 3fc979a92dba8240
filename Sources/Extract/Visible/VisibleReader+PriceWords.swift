import Catalog

/// What is said of an amount of money by the words in its text and before it.
extension VisibleReader {
  /// What the words beside an amount, and the label before it, make of it.
  func weighWords(_ candidate: inout PriceCandidate, _ text: String) {
    let label = label(before: candidate.element)
    if PriceWords.sayExtra(text) || (label.map(PriceWords.callExtra) ?? false) {
      candidate.count(-25, .extraWords)
    } else if PriceWords.isLabelled(text) || label.flatMap({ LabelWords.meaning($0) }) == .price {
      candidate.count(12, .priceLabel)
    }
    if PriceWords.sayPerUnit(text) { candidate.count(-12, .perUnit) }
    if PriceWords.sayNet(Array(text.utf8)[...]) || (label.map(PriceWords.sayNet) ?? false) {
      candidate.count(-10, .net)
    }
  }

  /// The label before an element: the term or cell before its own, or what ends in a colon right before
  /// its text; at most 48 bytes without a digit.
  private func label(before element: Int) -> Document.Value? {
    let text = document.text
    var end = Int(document.elements[element].textStart)
    let start = end
    while end > 0, start - end < 8, Bytes.isSpace(text[end - 1]) { end -= 1 }
    let isColon =
      end > 0 && text[end - 1] == 0x3A
      || end > 2 && text[end - 1] == 0x9A && text[end - 2] == 0xBC && text[end - 3] == 0xEF
    if !isColon {
      var cell: Int? = element
      for _ in 0..<4 {
        guard let box = cell, !document.has(box, name: .td), !document.has(box, name: .dd) else {
          break
        }
        cell = document.parent(box)
      }
      guard let cell, let row = document.parent(cell),
        Int(document.elements[cell].textStart) == start,
        Int(document.elements[row].textStart) < end,
        // A row of several values compares things.
        document.has(cell, name: .dd)
          || document.has(cell, name: .td)
            && document.elements[row].textEnd - document.elements[cell].textEnd < 3
      else { return nil }
    }
    var first = end
    while first > 0, end - first <= 48, text[first - 1] != 0x0A {
      first -= 1
      if Bytes.isDigit(text[first]) { return nil }
    }
    return first < end && end - first <= 48 ? text[first..<end] : nil
  }

  /// Whether a price is without its tax, by its own words or those before it on its line.
  func isNet(_ candidate: PriceCandidate) -> Bool {
    if PriceWords.sayNet(Array(candidate.fact.raw.utf8)[...]) { return true }
    let end = Int(document.elements[candidate.element].textStart)
    var start = end
    while start > 0, end - start < 32, document.text[start - 1] != 0x0A { start -= 1 }
    return start < end && PriceWords.sayNet(document.text[start..<end])
  }

  /// Whether letters that are a currency's (`SKU: R450`) stand in a number of the shop's: by a class, or by
  /// the label in front.
  func isItemNumber(_ element: Int, _ bytes: Document.Value, _ found: PriceReading) -> Bool {
    guard let last = found.symbol?.unicodeScalars.last, CurrencySymbols.isLetter(last.value) else {
      return false
    }
    let around = document.parent(element).map { outline.words[$0] } ?? []
    if !outline.words[element].union(around).isDisjoint(with: [.sku, .gtin]) { return true }
    if let end = bytes.firstIndex(where: { $0 == 0x3A || $0 == 0x0A }),
      let meaning = LabelWords.meaning(bytes[..<end]), meaning != .price
    {
      return true
    }
    // The label ends the line before.
    let text = document.text
    var end = bytes.startIndex
    while end > 0, Bytes.isSpace(text[end - 1]) || text[end - 1] == 0x3A { end -= 1 }
    var start = end
    while start > 0, end - start < 48, text[start - 1] != 0x0A { start -= 1 }
    guard start < end, let meaning = LabelWords.meaning(text[start..<end]) else { return false }
    return meaning != .price
  }

  /// Whether the text right before an element, of the same parent, calls it a price of the past.
  func isLabelledOld(_ element: Int) -> Bool {
    guard let parent = document.parent(element) else { return false }
    let start = Int(document.elements[element].textStart)
    let from = max(Int(document.elements[parent].textStart), start - 32)
    guard from < start else { return false }
    // Only what follows the last number speaks of this one.
    var labelStart = start
    while labelStart > from, !Bytes.isDigit(document.text[labelStart - 1]),
      document.text[labelStart - 1] != 0x0A
    {
      labelStart -= 1
    }
    return start - labelStart > 2 && PriceWords.callOld(document.text[labelStart..<start].memory)
  }
}
