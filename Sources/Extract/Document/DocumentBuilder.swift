import CXML2

/// Takes libxml2's SAX events and lays them down as a `Document`.
///
/// No libxml2 tree is built and nothing recurses on the page's nesting. Steps that libxml2 spends
/// searching its stack of open elements for a stray end tag are counted through the errors that it
/// reports, and the parse is stopped past `strayBudget`: time stays linear in the page's size.
final class DocumentBuilder {
  var elements: [Document.Element] = []
  var attributes: [Document.Attribute] = []
  var text: ByteBuffer
  var values: ByteBuffer
  var raw: ByteBuffer
  var otherNames: [String] = []
  var isTruncated = false

  private let elementLimit: Int
  private var open: [Int32] = []
  /// Open elements that were not kept because the limit was reached.
  private var skipped = 0
  private var strayBudget: Int
  /// Set between an element `script` or `style` and its end.
  private var isRaw = false
  private var numbers: [String: UInt16] = [:]
  /// libxml2 keeps one copy of each name, so that its address is enough to know it again.
  private var recent: [(address: UInt, number: UInt16)]
  fileprivate var context: UnsafeMutablePointer<xmlParserCtxt>?

  init(byteCount: Int, elementLimit: Int) {
    text = ByteBuffer(capacity: byteCount / 4)
    values = ByteBuffer(capacity: byteCount / 3)
    raw = ByteBuffer(capacity: byteCount / 3)
    elements.reserveCapacity(byteCount / 80)
    attributes.reserveCapacity(byteCount / 60)
    recent = Array(repeating: (0, 0), count: 1024)
    self.elementLimit = elementLimit
    strayBudget = 200_000_000 + byteCount * 16
  }

  private func number(_ name: UnsafePointer<xmlChar>) -> UInt16 {
    let address = UInt(bitPattern: name)
    let slot = Int(truncatingIfNeeded: (address >> 3) ^ (address >> 13)) & 1023
    if recent[slot].address == address { return recent[slot].number }
    let text = String(cString: name)
    let number: UInt16
    if let known = Name.numbers[text] {
      number = known
    } else if let known = numbers[text] {
      number = known
    } else if otherNames.count < 60_000, text.utf8.count <= 128 {
      number = Name.count + UInt16(otherNames.count)
      otherNames.append(text)
      numbers[text] = number
    } else {
      number = .max
    }
    recent[slot] = (address, number)
    return number
  }

  fileprivate func start(
    _ name: UnsafePointer<xmlChar>, _ pairs: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
  ) {
    guard elements.count < elementLimit else {
      isTruncated = true
      skipped += 1
      if let context { xmlStopParser(context) }
      return
    }
    let number = number(name)
    let isBlock = number < Name.count && Name.isBlock[Int(number)]
    if isBlock { text.breakLine() }
    let firstAttribute = attributes.count
    if var pair = pairs {
      while let attribute = pair.pointee {
        let start = values.count
        if let value = pair[1] {
          values.append(UnsafeBufferPointer(start: value, count: Int(xmlStrlen(value))))
        }
        if attributes.count - firstAttribute < 60_000 {
          attributes.append(
            .init(
              name: self.number(attribute), start: Int32(start), count: Int32(values.count - start))
          )
        }
        pair += 2
      }
    }
    isRaw = number == Name.script.rawValue || number == Name.style.rawValue
    let textStart = isRaw ? raw.count : text.count
    elements.append(
      .init(
        name: number, attributeCount: UInt16(attributes.count - firstAttribute),
        parent: open.last ?? -1, end: 0, attributeStart: Int32(firstAttribute),
        textStart: Int32(textStart), textEnd: Int32(textStart)))
    open.append(Int32(elements.count - 1))
  }

  fileprivate func end(_ name: UnsafePointer<xmlChar>) {
    if skipped > 0 {
      skipped -= 1
      return
    }
    guard let element = open.popLast() else { return }
    close(Int(element))
  }

  private func close(_ element: Int) {
    let number = elements[element].name
    let wasRaw = number == Name.script.rawValue || number == Name.style.rawValue
    elements[element].end = Int32(elements.count)
    elements[element].textEnd = Int32(wasRaw ? raw.count : text.count)
    isRaw = false
    if number < Name.count, Name.isBlock[Int(number)] { text.breakLine() }
  }

  fileprivate func characters(_ bytes: UnsafePointer<xmlChar>, _ count: Int) {
    let bytes = UnsafeBufferPointer(start: bytes, count: count)
    if isRaw { raw.append(bytes) } else { text.appendCollapsed(bytes) }
  }

  fileprivate func stray(depth: Int) {
    strayBudget -= depth + 32
    if strayBudget < 0, let context {
      isTruncated = true
      xmlStopParser(context)
    }
  }

  private func finish() {
    while let element = open.popLast() { close(Int(element)) }
  }
}

extension Document {
  /// Parses HTML that is valid UTF-8 without NUL.
  static func html(_ bytes: [UInt8], elementLimit: Int) -> Document {
    parse(bytes, elementLimit: elementLimit, isXML: false)
  }

  /// Parses XML that is valid UTF-8 without NUL; what follows an error is read where it can be.
  /// Entities that the document declares are not expanded.
  static func xml(_ bytes: [UInt8], elementLimit: Int) -> Document {
    parse(bytes, elementLimit: elementLimit, isXML: true)
  }

  private static let prepared: Void = xmlInitParser()

  private static func parse(_ bytes: [UInt8], elementLimit: Int, isXML: Bool) -> Document {
    _ = prepared
    let builder = DocumentBuilder(byteCount: bytes.count, elementLimit: elementLimit)
    bytes.withUnsafeBytes { bytes in
      let start = bytes.bindMemory(to: CChar.self).baseAddress
      let made =
        isXML
        ? xmlCreateMemoryParserCtxt(start, Int32(bytes.count))
        : htmlCreateMemoryParserCtxt(start, Int32(bytes.count))
      guard let context = made else { return }
      defer {
        builder.context = nil
        xmlFreeParserCtxt(context)
      }
      let common = Int32(
        HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
          | HTML_PARSE_NONET.rawValue | HTML_PARSE_IGNORE_ENC.rawValue)
      if isXML {
        _ = xmlCtxtUseOptions(
          context,
          Int32(
            XML_PARSE_RECOVER.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
              | XML_PARSE_NONET.rawValue | XML_PARSE_SAX1.rawValue | XML_PARSE_IGNORE_ENC.rawValue))
      } else {
        _ = htmlCtxtUseOptions(context, common)
      }
      xmlSwitchEncoding(context, XML_CHAR_ENCODING_UTF8)
      builder.context = context
      context.pointee.sax.pointee = handler(isXML: isXML)
      context.pointee.userData = Unmanaged.passUnretained(builder).toOpaque()
      if isXML { _ = xmlParseDocument(context) } else { _ = htmlParseDocument(context) }
    }
    builder.finishParse()
    return Document(builder: builder)
  }

  private static func handler(isXML: Bool) -> xmlSAXHandler {
    var handler = xmlSAXHandler()
    handler.initialized = isXML ? 1 : UInt32(XML_SAX2_MAGIC)
    handler.startElement = { context, name, attributes in
      guard let name else { return }
      builder(context).start(name, attributes)
    }
    handler.endElement = { context, name in
      guard let name else { return }
      builder(context).end(name)
    }
    handler.characters = { context, bytes, count in
      guard let bytes, count > 0 else { return }
      builder(context).characters(bytes, Int(count))
    }
    handler.ignorableWhitespace = handler.characters
    handler.cdataBlock = handler.characters
    if isXML {
      handler.getEntity = { _, name in name.flatMap { xmlGetPredefinedEntity($0) } }
    } else {
      handler.serror = { context, _ in
        let builder = builder(context)
        if let parser = builder.context { builder.stray(depth: Int(parser.pointee.nameNr)) }
      }
    }
    return handler
  }
}

private func builder(_ context: UnsafeMutableRawPointer?) -> DocumentBuilder {
  Unmanaged<DocumentBuilder>.fromOpaque(context!).takeUnretainedValue()
}

extension DocumentBuilder {
  fileprivate func finishParse() { finish() }
}
