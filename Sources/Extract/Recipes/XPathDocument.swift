import CXML2

/// A libxml2 tree for recipes' selectors: made only for pages that a recipe speaks of.
///
/// Evaluation is bounded by libxml2's own count of operations.
final class XPathDocument {
  private let document: htmlDocPtr
  private let context: xmlXPathContextPtr

  /// `nil` where libxml2 cannot make a tree.
  init?(_ text: [UInt8]) {
    let options = Int32(
      HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
        | HTML_PARSE_NONET.rawValue | HTML_PARSE_IGNORE_ENC.rawValue | HTML_PARSE_COMPACT.rawValue)
    let parsed = text.withUnsafeBytes { bytes in
      htmlReadMemory(
        bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count), nil, "UTF-8", options)
    }
    guard let parsed else { return nil }
    guard let context = xmlXPathNewContext(parsed) else {
      xmlFreeDoc(parsed)
      return nil
    }
    context.pointee.opLimit = 20_000_000
    document = parsed
    self.context = context
  }

  deinit {
    xmlXPathFreeContext(context)
    xmlFreeDoc(document)
  }

  /// Whether an expression is XPath at all.
  static func isValid(_ expression: String) -> Bool {
    let context = xmlXPathNewContext(nil)
    defer { xmlXPathFreeContext(context) }
    context?.pointee.error = { _, _ in }
    guard let compiled = xmlXPathCtxtCompile(context, expression) else { return false }
    xmlXPathFreeCompExpr(compiled)
    return true
  }

  /// The values that an expression selects: an attribute of each element, or its text.
  func values(_ expression: String, attribute: String?, limit: Int = 4_096) -> [String] {
    context.pointee.error = { _, _ in }
    context.pointee.opCount = 0
    guard let result = xmlXPathEvalExpression(expression, context) else { return [] }
    defer { xmlXPathFreeObject(result) }
    guard result.pointee.type == XPATH_NODESET else {
      let text = xmlXPathCastToString(result)
      defer { vt_xml_free(text) }
      return text.map { [String(cString: $0).trimmingSpaces()] }?.filter { !$0.isEmpty } ?? []
    }
    guard let set = result.pointee.nodesetval, set.pointee.nodeNr > 0 else { return [] }
    var values: [String] = []
    for index in 0..<min(Int(set.pointee.nodeNr), limit) {
      guard let node = set.pointee.nodeTab[index] else { continue }
      let text = attribute.map { xmlGetProp(node, $0) } ?? xmlNodeGetContent(node)
      guard let text else { continue }
      defer { vt_xml_free(text) }
      let bytes = UnsafeBufferPointer(start: text, count: Int(xmlStrlen(text)))
      if let flat = Bytes.flatString(ArraySlice(bytes)) { values.append(flat) }
    }
    return values
  }
}
