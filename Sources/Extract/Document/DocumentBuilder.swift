/// Lays tags and text down as the arrays of a `Document`, and keeps the stack of open elements.
///
/// The tree is that of the standard's construction (HTML, 13.2.6) where it matters to a reader of
/// shop pages: void elements, implied end tags, scopes, the end of `head`, raw text. It leaves out
/// what only a browser needs: no implied `html`, `head` or `body`, no foster parents, and a
/// formatting element that a block's end tag crosses is closed instead of cloned (no adoption
/// agency). An end tag walks at most `depthLimit` open elements, so that time is linear.
struct DocumentBuilder {
  /// Past it an element closes the one around it, as browsers do.
  static let depthLimit = 512

  private(set) var elements: Pile<Document.Element>
  var attributes: Pile<Document.Attribute>
  let isXML: Bool

  /// Has room for all of the source's text and a word more.
  private let text: UnsafeMutablePointer<UInt8>
  private(set) var textCount = 0

  private struct Open {
    var element: Int32
    /// Where the name of its start tag lies in the source.
    var nameStart: Int32
    var name: UInt16
  }

  /// Never more than `depthLimit`.
  private var open: Pile<Open>
  /// How many of each known name are open: most stray end tags need no walk.
  private let openCounts: UnsafeMutablePointer<UInt16>
  private let rules = ElementRule.table
  /// How many `svg` and `math` are open: inside them other rules hold.
  private var foreignCount = 0

  /// - Parameter text: has room for 6/5 of `byteCount` and 64 bytes more.
  init(text: UnsafeMutablePointer<UInt8>, byteCount: Int, isXML: Bool) {
    self.text = text
    self.isXML = isXML
    elements = Pile(capacity: byteCount / 48)
    attributes = Pile(capacity: byteCount / 48)
    open = Pile(capacity: 64)
    openCounts = .allocate(capacity: Int(Name.count))
    openCounts.initialize(repeating: 0, count: Int(Name.count))
  }

  /// Frees what only building needs; elements, attributes and text are the caller's.
  func deallocate() {
    open.deallocate()
    openCounts.deallocate()
  }

  /// `svg` or `math` around.
  @inline(__always) var isForeign: Bool { foreignCount > 0 }

  @inline(__always) func rule(_ name: UInt16) -> ElementRule {
    name < Name.count ? rules[Int(name)] : []
  }

  private static func isHeading(_ name: UInt16) -> Bool {
    name >= Name.h1.rawValue && name <= Name.h6.rawValue
  }

  @inline(__always) private func isOpen(_ name: Name) -> Bool {
    openCounts[Int(name.rawValue)] > 0
  }
}

// Text.
extension DocumentBuilder {
  /// Appends with each run of white space as one space, none after white space.
  ///
  /// - Parameter bytes: 16 bytes may be read behind them.
  mutating func append(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
    _ = append(bytes, count, isMarkup: false)
  }

  /// Appends as `append` does what stands before the first `<` or `&`; how many bytes that are.
  mutating func appendPlain(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
    append(bytes, count, isMarkup: true)
  }

  /// - Parameter isMarkup: `<` and `&` end the text.
  @inline(__always)
  private mutating func append(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, isMarkup: Bool
  ) -> Int {
    var to = textCount
    // Whether the byte before is white space.
    var carry: UInt32 = to == 0 || text[to - 1] == 0x20 || text[to - 1] == 0x0A ? 1 : 0
    var from = 0
    while from < count {
      let byte = bytes[from]
      if Bytes.isSpace(byte) {
        if carry == 0 {
          text[to] = 0x20
          to += 1
          carry = 1
        }
        from += 1
        while from < count {
          let others = ~ByteBlock(bytes + from).spaces & 0xFFFF
          guard others == 0 else {
            from = min(from + ByteBlock.first(others), count)
            break
          }
          from = min(from + ByteBlock.count, count)
        }
        continue
      }
      if isMarkup, byte == 0x3C || byte == 0x26 { break }
      if byte < 0x20 {
        // Another control.
        text[to] = byte
        to += 1
        carry = 0
        from += 1
        continue
      }
      while from < count {
        let block = ByteBlock(bytes + from)
        let spaces = block.equal(0x20)
        // Where a control stands, or a space after another: all before is copied as it is.
        var stops = spaces & (spaces << 1 | carry) | block.upTo(0x1F)
        if isMarkup { stops |= block.equal(0x3C) | block.equal(0x26) }
        block.copy(to: text + to)
        if stops == 0, from <= count &- ByteBlock.count {
          carry = spaces >> UInt32(ByteBlock.count - 1)
          to &+= ByteBlock.count
          from &+= ByteBlock.count
          continue
        }
        let plain = min(ByteBlock.first(stops), count - from)
        if plain > 0 { carry = spaces >> UInt32(plain - 1) & 1 }
        to += plain
        from += plain
        break
      }
    }
    textCount = to
    return from
  }

  @inline(__always) private mutating func breakLine() {
    guard textCount > 0, text[textCount - 1] != 0x0A else { return }
    if text[textCount - 1] == 0x20 {
      text[textCount - 1] = 0x0A
    } else {
      text[textCount] = 0x0A
      textCount += 1
    }
  }
}

// Tags.
extension DocumentBuilder {
  /// Takes a start tag whose attributes are those from `firstAttribute` on.
  ///
  /// - Returns: whether the element was opened, so that its content follows.
  mutating func start(
    _ name: UInt16, nameStart: Int, firstAttribute: Int, isSelfClosing: Bool
  ) -> Bool {
    let rule = rule(name)
    // Most start tags imply no end of another element.
    if !isXML, !rule.isDisjoint(with: [.closesParagraph, .ownStart]) || isForeign || isOpen(.head) {
      guard prepare(name, rule) else {
        attributes.cut(to: firstAttribute)
        return false
      }
    }
    if rule.contains(.block) { breakLine() }
    if open.count >= Self.depthLimit { pop() }
    let number = Int32(truncatingIfNeeded: elements.count)
    let position = Int32(truncatingIfNeeded: textCount)
    elements.append(
      .init(
        name: name,
        attributeCount: UInt16(truncatingIfNeeded: attributes.count - firstAttribute),
        parent: open.last?.element ?? -1, end: number + 1,
        attributeStart: Int32(truncatingIfNeeded: firstAttribute), textStart: position,
        textEnd: position))
    if (!isXML && rule.contains(.void)) || (isSelfClosing && (isXML || isForeign)) {
      if rule.contains(.block) { breakLine() }
      return false
    }
    open.append(
      Open(element: number, nameStart: Int32(truncatingIfNeeded: nameStart), name: name))
    if name < Name.count {
      openCounts[Int(name)] += 1
      if Self.isForeignRoot(name) { foreignCount += 1 }
    }
    return true
  }

  @inline(__always) private static func isForeignRoot(_ name: UInt16) -> Bool {
    name == Name.svg.rawValue || name == Name.math.rawValue
  }

  /// The name of the element that was opened last and where its start tag has it.
  @inline(__always) var lastOpen: (name: UInt16, nameStart: Int)? {
    open.last.map { ($0.name, Int($0.nameStart)) }
  }

  /// The last element's content lies there in the source.
  func setRaw(_ range: Range<Int>) {
    elements[elements.count - 1].textStart = Int32(range.lowerBound)
    elements[elements.count - 1].textEnd = Int32(range.upperBound)
  }

  mutating func end(_ name: UInt16) {
    if let last = open.last, last.name == name, endsAlways(name) { return pop() }
    if name < Name.count, openCounts[Int(name)] == 0 {
      // `</br>` is read as `<br>`; any heading's end tag ends any heading.
      if !isXML, name == Name.br.rawValue {
        _ = start(
          name, nameStart: 0, firstAttribute: attributes.count, isSelfClosing: false)
      }
      guard !isXML, Self.isHeading(name) else { return }
    }
    guard !isXML else { return close { $0 == name } }
    let rule = rule(name)
    switch Name(rawValue: name) {
    case .body, .html: return
    case .li:
      close(within: [.ul, .ol]) { $0 == name }
    case .p:
      close(within: [.button]) { $0 == name }
    case .td, .th, .tr, .tbody, .thead, .tfoot, .table, .caption, .colgroup, .template:
      closeInTable { $0 == name }
    default:
      if Self.isHeading(name) {
        close(where: Self.isHeading)
      } else if rule.contains(.special) {
        close { $0 == name }
      } else {
        closeOrdinary(name)
      }
    }
  }

  /// Closes the element that was opened last, by an end tag of its own name.
  @inline(__always) mutating func endLast() {
    if let last = open.last, endsAlways(last.name) { pop() }
  }

  /// Whether an end tag of this name ends such an element where it was opened last: by every rule
  /// but those of `body` and `html`.
  @inline(__always) private func endsAlways(_ name: UInt16) -> Bool {
    isXML || (name != Name.body.rawValue && name != Name.html.rawValue)
  }

  mutating func finish() {
    while open.count > 0 { pop() }
  }
}

// The stack.
extension DocumentBuilder {
  private mutating func pop() {
    let last = open.removeLast()
    let rule = rule(last.name)
    if last.name < Name.count {
      openCounts[Int(last.name)] -= 1
      if Self.isForeignRoot(last.name) { foreignCount -= 1 }
    }
    elements[Int(last.element)].end = Int32(truncatingIfNeeded: elements.count)
    if isXML || !rule.contains(.raw) {
      elements[Int(last.element)].textEnd = Int32(truncatingIfNeeded: textCount)
    }
    if rule.contains(.block) { breakLine() }
  }

  private mutating func pop(through index: Int) {
    while open.count > index { pop() }
  }

  /// Closes the nearest open element that is wanted, unless a scope ends before it: at one of `rooms`
  /// too.
  private mutating func close(
    within rooms: [Name] = [], where isWanted: (UInt16) -> Bool
  ) {
    for index in (0..<open.count).reversed() {
      let name = open[index].name
      if isWanted(name) { return pop(through: index) }
      guard !isXML else { continue }
      if rule(name).contains(.scope) || rooms.contains(where: { $0.rawValue == name }) { return }
    }
  }

  private mutating func closeInTable(where isWanted: (UInt16) -> Bool) {
    for index in (0..<open.count).reversed() {
      let name = open[index].name
      if isWanted(name) { return pop(through: index) }
      if name == Name.table.rawValue || name == Name.template.rawValue { return }
    }
  }

  /// As "any other end tag" does: past ordinary elements only.
  private mutating func closeOrdinary(_ name: UInt16) {
    for index in (0..<open.count).reversed() {
      if open[index].name == name { return pop(through: index) }
      if rule(open[index].name).contains(.special) { return }
    }
  }

  /// Closes what a start tag implies the end of; whether the tag counts at all.
  private mutating func prepare(_ name: UInt16, _ rule: ElementRule) -> Bool {
    guard let last = open.last else { return true }
    if last.name == Name.head.rawValue, !rule.contains(.metadata) { pop() }
    if isForeign { leaveForeign(for: name, rule) }
    if rule.contains(.closesParagraph), isOpen(.p) { closeParagraph() }
    guard rule.contains(.ownStart) else { return true }
    switch Name(rawValue: name) {
    case .html: return elements.count == 0
    case .head: return !isOpen(.head) && !isOpen(.body)
    case .body: return !isOpen(.body)
    case .li: closeListItem { $0 == name }
    case .dd, .dt: closeListItem { $0 == Name.dd.rawValue || $0 == Name.dt.rawValue }
    case .option:
      if open.last?.name == name { pop() }
    case .optgroup:
      if open.last?.name == Name.option.rawValue { pop() }
      if open.last?.name == name { pop() }
    case .button:
      if isOpen(.button) { close { $0 == name } }
    case .a:
      if isOpen(.a) { closeOrdinary(name) }
    default: prepareTable(name, rule)
    }
    return true
  }

  private mutating func prepareTable(_ name: UInt16, _ rule: ElementRule) {
    if Self.isHeading(name) {
      if let last = open.last, Self.isHeading(last.name) { pop() }
      return
    }
    guard isOpen(.table) else { return }
    if rule.contains(.cell) {
      for index in (0..<open.count).reversed() {
        let inner = open[index].name
        if self.rule(inner).contains(.cell) { return pop(through: index) }
        if inner == Name.tr.rawValue || inner == Name.table.rawValue
          || inner == Name.template.rawValue
        {
          return
        }
      }
    } else if name == Name.tr.rawValue {
      closeInTable { $0 == name || $0 == Name.caption.rawValue || $0 == Name.colgroup.rawValue }
    } else {
      closeInTable {
        $0 == Name.tbody.rawValue || $0 == Name.thead.rawValue || $0 == Name.tfoot.rawValue
          || $0 == Name.caption.rawValue || $0 == Name.colgroup.rawValue
      }
    }
  }

  /// A `p` ends where a block begins, unless a link or a button is between them: what the author
  /// put inside a link stays inside it.
  private mutating func closeParagraph() {
    for index in (0..<open.count).reversed() {
      let name = open[index].name
      if name == Name.p.rawValue { return pop(through: index) }
      if name == Name.a.rawValue || rule(name).contains(.special) { return }
    }
  }

  private mutating func closeListItem(where isWanted: (UInt16) -> Bool) {
    for index in (0..<open.count).reversed() {
      let name = open[index].name
      if isWanted(name) { return pop(through: index) }
      let isPassed =
        name == Name.address.rawValue || name == Name.div.rawValue || name == Name.p.rawValue
      if rule(name).contains(.special), !isPassed { return }
    }
  }

  /// HTML begins inside `svg` or `math`: that has no end tag.
  private mutating func leaveForeign(for name: UInt16, _ rule: ElementRule) {
    switch Name(rawValue: name) {
    case .foreignobject, .title, .style, .script, .template: return
    case .img: break
    default: guard rule.contains(.special) else { return }
    }
    for index in (0..<open.count).reversed() {
      switch Name(rawValue: open[index].name) {
      case .svg, .math: return pop(through: index)
      case .foreignobject, .desc, .title, .template: return
      default: break
      }
    }
  }
}
