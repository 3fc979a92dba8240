import Catalog

/// Turns a fetched body into everything it says.
///
/// One entry for HTML, XHTML, sitemaps (plain or gzip), feeds and JSON endpoints: the first bytes
/// decide, then the media type. Pure: no file, no network, no clock.
package struct PageReader: Sendable {
  package let recipes: [Recipe]
  package let limits: ExtractLimits

  package init(recipes: [Recipe] = [], limits: ExtractLimits = ExtractLimits()) {
    self.recipes = recipes
    self.limits = limits
  }

  /// Reads one page.
  ///
  /// Never throws for bad markup; throws only where a limit is broken or the body cannot be read as
  /// its kind.
  package func read(_ page: FetchedPage) throws(ExtractError) -> Extraction {
    let (kind, text) = try decoded(page)
    switch kind {
    case .json: return readJSON(text, page)
    case .xml: return readXML(text, page)
    case .text: return readText(text, page)
    case .html, .binary: return readHTML(text, page)
    }
  }

  /// How many items a page's JSON-LD, microdata and OpenGraph describe, each read to the end but none
  /// weighed against the others or the visible page: what a reader of structured data does.
  package func countStructuredItems(of page: FetchedPage) throws(ExtractError) -> Int {
    let document = Document.html(try decoded(page).text, elementLimit: limits.elements)
    return withExtendedLifetime(document) {
      let head = Head(document)
      let context = context(of: page, head, heading: nil)
      var readings = PageReadings()
      readLinkedData(linkedData(in: document), context: context, into: &readings)
      let microdata = Microdata.read(document, nodeLimit: limits.jsonNodes)
      readMarkup(microdata, as: .microdata, context: context, into: &readings)
      readings.append(OpenGraph.read(head, context: context))
      return readings.products.count + readings.posts.count + readings.creators.count
    }
  }

  /// The body as UTF-8, unpacked, and what it is.
  private func decoded(_ page: FetchedPage) throws(ExtractError) -> (kind: BodyKind, text: [UInt8])
  {
    var body = page.body
    if Inflate.isGzip(body) {
      do throws(Inflate.Failure) {
        body = try Inflate.gunzip(body, limit: limits.sitemapBytes)
      } catch {
        switch error {
        case .tooLarge: throw .tooLarge(bytes: limits.sitemapBytes + 1, limit: limits.sitemapBytes)
        case .corrupt: throw .unreadable(kind: "gzip", reason: "corrupt stream or checksum")
        }
      }
    }
    let kind = BodyKind.sniff(body, contentType: page.contentType)
    let limit = kind == .xml || kind == .text ? limits.sitemapBytes : limits.pageBytes
    guard body.count <= limit else { throw .tooLarge(bytes: body.count, limit: limit) }
    if kind == .binary {
      throw .unsupported(mediaType: page.contentType ?? "application/octet-stream")
    }
    return (kind, Charset.decode(body, contentType: page.contentType))
  }

  private func readText(_ text: [UInt8], _ page: FetchedPage) -> Extraction {
    let context = bareContext(page)
    guard page.kind == .sitemap, let links = SitemapReader.readText(text, context: context) else {
      return Extraction(kind: page.kind, directives: page.directives)
    }
    return Extraction(kind: .sitemap, directives: page.directives, links: links)
  }

  private func readXML(_ text: [UInt8], _ page: FetchedPage) -> Extraction {
    let document = Document.xml(text, elementLimit: max(limits.elements, limits.links * 16))
    let links = withExtendedLifetime(document) {
      SitemapReader.read(document, context: bareContext(page))
    }
    guard let links else { return readHTML(text, page) }
    let isFeed = document.first(.urlset) == nil && document.first(.sitemapindex) == nil
    return Extraction(
      kind: isFeed ? .listing : .sitemap, directives: page.directives, links: links)
  }

  private func readJSON(_ text: [UInt8], _ page: FetchedPage) -> Extraction {
    let context = bareContext(page)
    var extraction = Extraction(kind: page.kind, directives: page.directives)
    guard
      let read = LiteralReader.read(
        text, 0..<text.count, nodeLimit: limits.jsonNodes, depthLimit: limits.jsonDepth)
    else { return extraction }
    // Nuxt's `_payload.json` is written as its pages' data is.
    let tape = Devalue.expandIfLikely(read) ?? read
    tape.origin = "$"
    var state = StateReader(context: context)
    state.read(tape)
    state.collectLinks(tape)
    var links = LinkCollector(context: context)
    for link in state.links { links.add(link.address, kind: link.isNextPage ? .listing : nil) }
    for handle in ShopifyFeed.productAddresses(tape, context: context) {
      links.add(handle, kind: .page)
    }
    var readings = state.readings
    readings.currency = state.pageCurrency
    let decision = PageDecision(readings: readings, context: context, recipe: nil)
    extraction.item = decision.item
    extraction.kind = decision.item == nil ? .listing : .page
    decision.addLinks(to: &links)
    extraction.links = links.links
    return extraction
  }

  private func bareContext(_ page: FetchedPage) -> PageContext {
    PageContext(
      url: page.url, base: page.url, canonical: nil, language: nil,
      region: PageContext.region(language: nil, url: page.url), title: nil, heading: nil,
      limits: limits)
  }

  private func readHTML(_ text: [UInt8], _ page: FetchedPage) -> Extraction {
    let document = Document.html(text, elementLimit: limits.elements)
    return withExtendedLifetime(document) { readHTML(text, document, page) }
  }

  private func readHTML(
    _ text: [UInt8], _ document: Document, _ page: FetchedPage
  ) -> Extraction {
    let head = Head(document)
    let outline = Outline(document)
    let context = context(
      of: page, head, heading: outline.heading.flatMap { document.textString($0) })

    var directives = page.directives
    for robots in head.robots { directives.formUnion(RobotsDirectives(metaContent: robots)) }

    var readings = PageReadings()
    let linked = linkedData(in: document)
    readLinkedData(linked, context: context, into: &readings)
    let microdata = Microdata.read(document, nodeLimit: limits.jsonNodes)
    readMarkup(microdata, as: .microdata, context: context, into: &readings)
    let rdfa = RDFa.read(document, nodeLimit: limits.jsonNodes)
    readMarkup(rdfa, as: .rdfa, context: context, into: &readings)
    let own = recipes.first { $0.applies(to: page.url) }
    let payloads = PayloadFinder.find(
      in: document, heading: outline.heading, limits: limits, readsAll: own != nil)
    var state = StateReader(context: context)
    for payload in payloads { state.read(payload) }
    readings.append(state.readings)
    readings.currency = state.pageCurrency
    readings.append(OpenGraph.read(head, context: context))
    readings.clearShelves(context: context)
    var visible = VisibleReader(document: document, outline: outline, context: context)
    visible.read(known: readings)
    if visible.readings.isListing, readings.isRangeOnly {
      readings.products.removeAll(where: \.isRange)
    }
    readings.append(visible.readings)
    if !readings.products.isEmpty, let told = ScriptVariables.read(document, context: context) {
      readings.products.append(told)
    }

    var recipe = RecipeReader.Result()
    if let own {
      var reader = RecipeReader(text: text, payloads: payloads + linked.tapes, context: context)
      recipe = reader.read(own)
      readings.append(recipe.readings)
    }

    let decision = PageDecision(readings: readings, context: context, recipe: recipe.kind)
    var links = LinkCollector(context: context)
    for link in recipe.links { links.add(link.address, kind: link.isNext ? .listing : nil) }
    links.addAnchors(of: document)
    if !decision.isProduct { links.addLoadingButtons(of: document) }
    // A body without links is drawn by a script from its state, and often so is a list beside a menu.
    let isBare = links.links.count < 5
    if isBare { for payload in payloads { state.collectLinks(payload) } }
    if isBare || !decision.isProduct {
      for link in state.links { links.add(link.address, kind: link.isNextPage ? .listing : nil) }
    }
    if !decision.isProduct { for address in readings.listed { links.add(address) } }
    for next in head.next { links.add(next, kind: .listing) }
    if let canonical = context.canonical, canonical != page.url { links.add(canonical) }
    decision.addLinks(to: &links)
    return Extraction(
      item: decision.item, kind: decision.kind(hint: page.kind), title: head.title,
      language: context.language, canonical: context.canonical, directives: directives,
      links: links.links)
  }

  private func context(of page: FetchedPage, _ head: Head, heading: String?) -> PageContext {
    let base = head.baseHref.flatMap { try? CanonicalURL($0, relativeTo: page.url) } ?? page.url
    let language = head.language ?? head.tag("og:locale")
    return PageContext(
      url: page.url, base: base,
      canonical: head.canonical.flatMap { try? CanonicalURL($0, relativeTo: base) },
      language: language,
      region: PageContext.region(
        language: language, alternate: head.ownLanguage(page.url), url: page.url),
      title: head.title, heading: heading, limits: limits)
  }

  /// Every root of every JSON-LD script.
  private func linkedData(in document: Document) -> LinkedGraph {
    var tapes: [JSONTape] = []
    var budget = limits.jsonNodes
    for script in document.all(.script) {
      let script = Int(script)
      guard let type = document.value(script, .type), Bytes.contains(type, "ld+json") else {
        continue
      }
      var range = document.rawRange(script)
      var source = document.source
      if Self.isEscaped(source[range]) {
        source = PlainText.decodeEntities(source[range])
        range = 0..<source.count
      }
      var start = range.lowerBound
      while start < range.upperBound, budget > 0,
        let tape = LiteralReader.read(
          source, start..<range.upperBound, isLinkedData: true, nodeLimit: budget,
          depthLimit: limits.jsonDepth),
        tape.stop > start
      {
        start = tape.stop
        budget -= tape.count + 1
        guard tape.root?.isContainer ?? false else { continue }
        tape.origin = "json-ld"
        tapes.append(tape)
      }
    }
    return LinkedGraph(tapes)
  }

  /// Whether JSON was written into a script as if that were text: `{&quot;@type&quot;: …`.
  private static func isEscaped(_ script: ArraySlice<UInt8>) -> Bool {
    let start = Bytes.trimmed(script.prefix(256))
    guard let quote = start.firstIndex(where: { $0 == 0x22 || $0 == 0x26 }) else { return false }
    return ["&quot;", "&#34;", "&#x22;"].contains { start[quote...].starts(with: $0.utf8) }
  }

  private func readLinkedData(
    _ linked: LinkedGraph, context: PageContext, into readings: inout PageReadings
  ) {
    var reader = SchemaReader(syntax: .jsonLD, context: context)
    // The tapes know their graph only while it lives.
    withExtendedLifetime(linked) { for tape in linked.tapes { reader.read(tape) } }
    readings.append(reader.readings)
  }

  /// Reads what markup says in the words of schema.org; `tape` is nil where it says nothing.
  private func readMarkup(
    _ tape: JSONTape?, as syntax: Syntax, context: PageContext,
    into readings: inout PageReadings
  ) {
    guard let tape else { return }
    var reader = SchemaReader(syntax: syntax, context: context)
    reader.read(tape)
    readings.append(reader.readings)
  }
}

extension PageReadings {
  mutating func append(_ other: PageReadings) {
    products += other.products
    posts += other.posts
    creators += other.creators
    if categories.isEmpty { categories = other.categories }
    isListing = isListing || other.isListing
    listed += other.listed
  }
}
