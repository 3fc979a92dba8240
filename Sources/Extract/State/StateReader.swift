import Catalog

/// Recognises products, posts and creators in state payloads by the keys of their objects.
///
/// One pass over a tape notes which concepts each object has; objects with enough of them are
/// candidates, and where they stand decides whether they are what the page is about: under
/// `recommendations` they are not, under `variants` they are parts, beside their like in an array
/// they are a listing. Reading a candidate searches a few levels below it, bounded by
/// `ExtractLimits.searchSteps`.
struct StateReader {
  let context: PageContext
  let shapes: StateShapes
  private(set) var readings = PageReadings()
  /// Addresses of a list's items and of further pages.
  private(set) var links: [StateLink] = []
  var steps: Int
  /// Currencies that the payloads name, with how often.
  private(set) var currencies: [String: Int] = [:]

  struct StateLink {
    var address: String
    var isNextPage: Bool
  }

  init(context: PageContext) {
    self.context = context
    shapes = StateShapes(context: context)
    steps = context.limits.searchSteps
  }

  /// What is known of an object after the first pass.
  struct Survey {
    var concepts: [ConceptSet]
    var parents: [Int32]
    /// Members that name a currency.
    var currencies: [Int32]
    /// Members that name a list's next or previous page.
    var nextPages: [Int32]
  }

  mutating func read(_ tape: JSONTape) {
    let survey = Self.survey(tape)
    countCurrencies(tape, survey)
    if let variations = variations(tape, survey) {
      readings.products.append(variations)
      return
    }
    var candidates: [(index: Int, score: Int)] = []
    var listed: [Int] = []
    for index in tape.indices where tape[index].kind == .object {
      let set = survey.concepts[index]
      guard set.rawValue != 0 else { continue }
      if set.contains(.thumbnail), let gallery = gallery(tape, index, survey) {
        readings.products.append(gallery)
      } else if let score = Self.productScore(set)
        ?? (set.contains(.part) ? composite(tape, index, survey) : nil)
      {
        if isParallel(JSONValue(tape: tape, at: index)) {
          readings.isListing = true
          continue
        }
        switch place(tape, index, survey, test: { Self.productScore($0) != nil }) {
        case .own:
          // A thin object that leads elsewhere is a list's only entry.
          if score < 14, leadsElsewhere(JSONValue(tape: tape, at: index)) {
            listed.append(index)
          } else {
            candidates.append((index, score))
          }
        case .listed:
          // A list may still hold the page's own product, as the caches of some shops do.
          let value = JSONValue(tape: tape, at: index)
          if isThisPage(value) || listed.count < 64 && areNamedAsPage(value, survey) {
            candidates.append((index, score))
          }
          listed.append(index)
        case .part:
          // A variant that names the page's product and stands in nothing that does.
          if candidates.isEmpty, Self.productScore(set) == nil || set.contains(.part),
            namedPart(JSONValue(tape: tape, at: index), survey) != nil,
            isThisPage(JSONValue(tape: tape, at: index))
          {
            candidates.append((index, score))
          }
        }
      } else if readings.products.count < 64, Self.mayBeUnnamed(tape[index], set),
        let unnamed = unnamed(tape, index, survey)
      {
        readings.products.append(unnamed)
      } else if Self.postScore(set) != nil {
        if case .own = place(tape, index, survey, test: { Self.postScore($0) != nil }) {
          if let post = post(JSONValue(tape: tape, at: index)) { readings.posts.append(post) }
        }
      } else if Self.isCreator(set) {
        if case .own = place(tape, index, survey, test: Self.isCreator),
          !isInsidePost(tape, index, survey)
        {
          if let creator = creator(JSONValue(tape: tape, at: index), survey: survey) {
            readings.creators.append(creator)
          }
        }
      }
    }
    listed += removeCards(from: &candidates, tape, survey)
    if candidates.isEmpty, !listed.isEmpty {
      readings.isListing = true
      for index in listed { addLinks(of: JSONValue(tape: tape, at: index)) }
    }
    for index in survey.nextPages { addLink(tape, Int(index), isNextPage: true) }
    candidates.sort { $0.score > $1.score }
    for candidate in candidates.prefix(32) where readings.products.count < Self.productLimit {
      if let reading = product(
        JSONValue(tape: tape, at: candidate.index), score: candidate.score, survey: survey)
      {
        readings.products.append(reading)
      }
    }
  }

  /// Takes out products that only the keys above them tell to be alike, as the cards that server
  /// components are given: three and more under one path, each with a name of its own and neither this
  /// page's address nor a name that the heading or the title repeats.
  private func removeCards(
    from candidates: inout [(index: Int, score: Int)], _ tape: JSONTape, _ survey: Survey
  ) -> [Int] {
    guard candidates.count > 2 else { return [] }
    let shown = [context.headingKey, context.titleKey].compactMap(\.self)
    var groups: [String: (places: [Int], names: Set<String>)] = [:]
    for (place, candidate) in candidates.prefix(256).enumerated() {
      let value = JSONValue(tape: tape, at: candidate.index)
      guard let name = shapes.text(value.member(.name)).map(TitleText.key), !isThisPage(value),
        !shown.contains(where: { $0.contains(name) })
      else { continue }
      let path = path(value, survey)
      groups[path, default: ([], [])].places.append(place)
      groups[path, default: ([], [])].names.insert(name)
    }
    let cards = Set(groups.values.filter { $0.names.count > 2 }.flatMap(\.places))
    guard !cards.isEmpty else { return [] }
    let removed = candidates.indices.filter(cards.contains).map { candidates[$0].index }
    candidates = candidates.indices.filter { !cards.contains($0) }.map { candidates[$0] }
    return removed
  }

  /// The currency named most often.
  var pageCurrency: String? {
    currencies.max { $0.value == $1.value ? $0.key > $1.key : $0.value < $1.value }?.key
  }

  private mutating func countCurrencies(_ tape: JSONTape, _ survey: Survey) {
    var seen = 0
    for index in survey.currencies where seen < 64 {
      guard let code = shapes.currency(JSONValue(tape: tape, at: Int(index))) else { continue }
      currencies[code, default: 0] += 1
      seen += 1
    }
    // `Shopify.currency = {"active": "EUR", …}`
    if tape.origin.hasSuffix("urrency"), let active = tape.root?["active"]?.string,
      let code = context.currencyCode(active)
    {
      currencies[code, default: 0] += 16
    }
  }

  /// What more things than these say is said of a list.
  private static let productLimit = 512

  // MARK: The first pass

  static func survey(_ tape: JSONTape) -> Survey {
    let count = tape.count
    var survey = Survey(
      concepts: [ConceptSet](repeating: [], count: count),
      parents: [Int32](repeating: -1, count: count), currencies: [], nextPages: [])
    tape.withNodes { nodes in
      survey.concepts.withUnsafeMutableBufferPointer { concepts in
        survey.parents.withUnsafeMutableBufferPointer { parents in
          Self.survey(
            tape, nodes, concepts, parents, &survey.currencies, &survey.nextPages)
        }
      }
    }
    return survey
  }

  private static func survey(
    _ tape: JSONTape, _ nodes: Window<JSONTape.Node>,
    _ concepts: UnsafeMutableBufferPointer<ConceptSet>,
    _ parents: UnsafeMutableBufferPointer<Int32>, _ currencies: inout [Int32],
    _ nextPages: inout [Int32]
  ) {
    // The innermost container around each node, and where it ends.
    var stack = Pile<(index: Int32, end: Int32)>(capacity: 64)
    defer { stack.deallocate() }
    for index in 0..<nodes.count {
      let node = nodes[index]
      if node.concept == .currency {
        currencies.append(Int32(index))
      } else if node.concept == .nextPage {
        nextPages.append(Int32(index))
      }
      while let last = stack.last, index >= Int(last.end) { _ = stack.removeLast() }
      if let parent = stack.last?.index {
        if parents[index] < 0 { parents[index] = parent }
        if node.concept != .none, says(tape, index) {
          concepts[Int(parent)].insert(ConceptSet(node.concept))
        }
        if node.kind == .reference || node.kind == .parameter {
          let target = tape.resolve(index)
          // A shared value belongs where it is first used. A parent stands before what it holds, or the
          // parents of what holds itself would go round for ever.
          if target > index, parents[target] < 0 { parents[target] = Int32(index) }
        }
      }
      // A reference with something inside is a function's call.
      if node.end > Int32(index) + 1 { stack.append((Int32(index), node.end)) }
    }
  }

  /// Whether a member says anything: null, the empty string and the empty list do not.
  private static func says(_ tape: JSONTape, _ index: Int) -> Bool {
    let node = tape[tape.resolve(index)]
    switch node.kind {
    case .null, .parameter: return false
    case .string, .escapedString, .object, .array: return node.count > 0
    default: return true
    }
  }

  // MARK: Kinds

  static let priced = ConceptSet(
    .price, .salePrice, .listPrice, .prices, .minorAmount, .range)
  /// With a currency beside it, a value is what such a thing costs: `{content_ids, value, currency}`.
  private static let numbered = ConceptSet(.sku, .productID)
  static let stocked = ConceptSet(.available, .soldOut, .quantity, .stockStatus)

  /// `nil` where the object is no product; larger the more it says.
  static func productScore(_ set: ConceptSet) -> Int? {
    guard set.contains(.name) || set.contains(.displayName) else { return nil }
    let isTold = !set.isDisjoint(with: numbered) && set.contains(.amount) && set.contains(.currency)
    let isPriced = !set.isDisjoint(with: priced) || isTold
    let isShown = set.contains(.displayName) && isPriced && set.contains(.brand)
    guard
      set.contains(.name) || isShown || (set.contains(.displayName) && set.contains(.sku))
    else { return nil }
    // A post also has a text and pictures, a category also has a name.
    if set.contains(.taggedProducts), !set.contains(.sku), set.intersection(priced).isEmpty {
      return nil
    }
    var score = 3
    if isPriced { score += 4 }
    if set.contains(.sku) { score += 3 }
    if set.contains(.gtin) { score += 3 }
    if set.contains(.mpn) { score += 1 }
    if set.contains(.productID) { score += 2 }
    if set.contains(.identifier) { score += 1 }
    if set.contains(.images) { score += 3 }
    if set.contains(.thumbnail) { score += 1 }
    if set.contains(.brand) { score += 2 }
    if set.contains(.description) { score += 2 }
    if set.contains(.variants) { score += 3 }
    if set.contains(.master) { score += 5 }
    if !set.intersection(stocked).isEmpty { score += 2 }
    if set.contains(.category) { score += 1 }
    if set.contains(.color) { score += 1 }
    if set.contains(.url) || set.contains(.slug) { score += 1 }
    let hasBody = isPriced || set.contains(.variants) || set.contains(.master)
    return score >= 9 && hasBody ? score : nil
  }

  static func postScore(_ set: ConceptSet) -> Int? {
    guard set.contains(.caption) || set.contains(.description) || set.contains(.name) else {
      return nil
    }
    guard set.contains(.taggedProducts) || set.contains(.items) else { return nil }
    var score = set.contains(.taggedProducts) ? 5 : 3
    if set.contains(.caption) { score += 2 }
    if set.contains(.published) { score += 3 }
    if set.contains(.creator) { score += 3 }
    if set.contains(.images) { score += 2 }
    if set.contains(.hashtags) { score += 2 }
    return score >= 9 ? score : nil
  }

  static func isCreator(_ set: ConceptSet) -> Bool {
    guard set.contains(.handle) || set.contains(.displayName) else { return false }
    guard set.contains(.name) || set.contains(.displayName) || set.contains(.avatar) else {
      return false
    }
    guard set.intersection(priced).isEmpty, !set.contains(.sku) else { return false }
    return set.contains(.biography) || set.contains(.followers)
      || (set.contains(.handle) && (set.contains(.avatar) || set.contains(.description)))
  }

  private enum Place {
    case own, listed, part
  }

  /// Where an object stands, seen from the root.
  private func place(
    _ tape: JSONTape, _ index: Int, _ survey: Survey, test: (ConceptSet) -> Bool
  ) -> Place {
    var place = Place.own
    var node = index
    var hops = 0
    while hops < 64 {
      let parent = Int(survey.parents[node])
      guard parent >= 0 else { return place }
      hops += 1
      let concept = tape[node].concept
      if concept == .related { return .listed }
      if concept == .variants || concept == .master,
        test(survey.concepts[max(0, enclosing(tape, node, survey))])
      {
        return .part
      }
      if concept == .variants, hops < 3 { place = .part }
      if tape[parent].kind == .array, tape[parent].count > 1, place == .own {
        // Beside its like, or alone among other things?
        var alike = 0
        for sibling in JSONValue(tape: tape, at: parent).memberIndices.prefix(12) {
          let sibling = tape.resolve(sibling)
          var set = survey.concepts[sibling]
          if set.rawValue == 0, tape[sibling].kind == .object {
            // `edges: [{node: {…}}]`
            for inner in JSONValue(tape: tape, at: sibling).memberIndices.prefix(4) {
              let inner = tape.resolve(inner)
              if survey.concepts[inner].rawValue != 0 { set = survey.concepts[inner] }
            }
          }
          // Like itself in kind, or in most of what it says.
          let shared = set.intersection(survey.concepts[node]).rawValue.nonzeroBitCount
          let own = survey.concepts[node].rawValue.nonzeroBitCount
          if test(set) || (own > 2 && shared * 3 >= own * 2) { alike += 1 }
        }
        if alike > 1 { place = .listed }
      }
      node = parent
    }
    return place
  }

  private func enclosing(_ tape: JSONTape, _ node: Int, _ survey: Survey) -> Int {
    var parent = Int(survey.parents[node])
    while parent >= 0, tape[parent].kind != .object { parent = Int(survey.parents[parent]) }
    return parent
  }

  private func isInsidePost(_ tape: JSONTape, _ index: Int, _ survey: Survey) -> Bool {
    var node = index
    for _ in 0..<8 {
      let parent = Int(survey.parents[node])
      guard parent >= 0 else { return false }
      if Self.postScore(survey.concepts[parent]) != nil { return true }
      node = parent
    }
    return false
  }

  /// Whether an object names this page as its own.
  func isThisPage(_ value: JSONValue) -> Bool {
    if let part = value.member(.part), part.isObject, names(part) { return true }
    return names(value)
  }

  private func names(_ value: JSONValue) -> Bool {
    for url in value.members(.url) {
      if let text = shapes.text(url), text.utf8.count > 1, context.isThisPage(text) { return true }
    }
    for slug in value.members(.slug) {
      guard let text = slug.string, text.utf8.count > 3 else { continue }
      let wanted = text.hasPrefix("/") ? text : "/" + text
      if context.url.path.hasSuffix(wanted) || context.url.path.hasSuffix(wanted + ".html") {
        return true
      }
    }
    return false
  }

  /// Whether an object names a page, and not this one.
  private func leadsElsewhere(_ value: JSONValue) -> Bool {
    let urls = value.members(.url).compactMap(\.string)
    return !urls.isEmpty && !urls.contains { context.isThisPage($0) }
  }

  // MARK: Links

  /// Addresses under keys that mean one, for pages whose body a script draws.
  mutating func collectLinks(_ tape: JSONTape) {
    var keyed = [Concept](repeating: .none, count: tape.count)
    for index in tape.indices {
      guard links.count < context.limits.links else { return }
      let node = tape[index]
      var concept = node.concept
      if node.keyStart < 0, keyed[index] != .none { concept = keyed[index] }
      if node.kind == .array {
        // An array speaks under the key that it stands under.
        let key = tape.key(index)
        let isLinks =
          concept == .none || concept == .url || concept == .taggedProducts || concept == .items
        if isLinks, !key.isEmpty {
          for member in JSONValue(tape: tape, at: index).memberIndices { keyed[member] = .url }
        }
        continue
      }
      guard concept == .url || concept == .nextPage else { continue }
      addLink(tape, index, isNextPage: concept == .nextPage)
    }
  }

  private mutating func addLinks(of value: JSONValue) {
    for index in value.memberIndices where value.tape[index].concept == .url {
      addLink(value.tape, index, isNextPage: false)
    }
  }

  /// Adds what a string says, where that is an address of a page.
  private mutating func addLink(_ tape: JSONTape, _ index: Int, isNextPage: Bool) {
    let target = tape[tape.resolve(index)]
    guard links.count < context.limits.links,
      target.kind == .string || target.kind == .escapedString, target.count > 1,
      target.count < 2_048
    else { return }
    let written = tape.slice(tape.resolve(index))
    let address = Bytes.trimmed(
      target.kind == .string ? written : JSONText.unescape(written)[...])
    guard let first = address.first,
      first == 0x2F || (first == 0x3F && isNextPage)
        || (first == 0x68 && address.withMemory { $0.has("http") }),
      !address.contains(0x20), !PictureFinder.hasPictureEnding(address)
    else { return }
    links.append(
      StateLink(address: String(decoding: address, as: UTF8.self), isNextPage: isNextPage))
  }
}
