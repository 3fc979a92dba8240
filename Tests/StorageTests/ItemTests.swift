import Catalog
import Storage
import Support
import Testing

@Suite struct ItemTests {
  let now = Sample.start
  let tomorrow = Sample.start + Sample.day

  @Test func `what was read is what is shown`() async throws {
    let sample = try await Sample()
    var product = Product.sample("49.50")
    product.evidence = [
      Evidence(
        field: "price", syntax: .jsonLD, path: "$.offers.price", raw: "49,50\u{7} \"€\\",
        value: "49.50",
        isChosen: true)
    ]
    product.variants = [Variant(sku: "S1", color: "red", image: try sample.url("/red.jpg"))]
    product.images = [try sample.url("/1.jpg"), try sample.url("/2.jpg")]
    try await sample.see(product)
    try await sample.show(try sample.picture(1), at: "/1.jpg")
    try await sample.show(try sample.picture(2), at: "/red.jpg")
    let item = try #require(try await sample.store.item(at: try sample.url("/p")))
    #expect(item.name == "Wrap Dress")
    #expect(item.offer.price?.description == "49.50 EUR")
    #expect(item.images.map(\.url.path) == ["/1.jpg"])  // the other was not fetched
    #expect(item.variants.map(\.image?.url.path) == ["/red.jpg"])
    #expect(try await sample.store.evidence(of: item.id) == product.evidence)
  }

  @Test func `variants follow the page`() async throws {
    var sample = try await Sample()
    var product = Product.sample()
    product.variants = ["red", "blue"].map { Variant(color: $0, offer: product.offer) }
    for colours in [["red", "blue"], ["red", "blue"], ["blue", "green", "red"], []] {
      product.variants = colours.map { Variant(color: $0, offer: product.offer) }
      try await sample.see(product, now: sample.run.startedAt)
      let items = try await sample.store.items(matching: ItemFilter(), limit: 10)
      #expect(items.first?.variants.map(\.color) == colours)
      try await sample.nextRun(at: sample.run.startedAt + Sample.day)
    }
  }

  @Test func `evidence comes back as it was, whatever its text`() async throws {
    let sample = try await Sample()
    let texts = ["", "plain", "\"quoted\\ \u{1}\n\u{1f}", "\u{e9}\u{1f457}", "\t"]
    var product = Product.sample()
    product.evidence = texts.flatMap { raw in
      texts.map { value in
        Evidence(
          field: "name", syntax: .jsonLD, path: raw, raw: raw, value: value,
          reason: raw.isEmpty ? nil : value, isChosen: raw == value)
      }
    }
    try await sample.see(product)
    let item = try #require(try await sample.store.items(matching: ItemFilter(), limit: 1).first)
    #expect(try await sample.store.evidence(of: item.id) == product.evidence)
  }

  @Test func `a change is one event and one offer`() async throws {
    var sample = try await Sample()
    try await sample.see(.sample("10"))
    try await sample.nextRun(at: tomorrow)
    try await sample.see(.sample("8"), now: tomorrow)
    try await sample.nextRun(at: tomorrow + Sample.day)
    try await sample.see(.sample("8", availability: .soldOut), now: tomorrow + Sample.day)
    try await sample.nextRun(at: tomorrow + Sample.day * 2)
    try await sample.see(.sample("8"), now: tomorrow + Sample.day * 2)
    #expect(try await sample.events() == [.new, .price, .soldOut, .back])
    let item = try #require(try await sample.store.item(at: try sample.url("/p")))
    let offers = try await sample.store.offers(of: item.id)
    #expect(offers.map(\.offer.price?.amount.description) == ["10.00", "8.00", "8.00", "8.00"])
    let price = try await sample.store.changes(after: 1, kinds: [.price], limit: 10).first
    #expect(price?.old == "10.00 EUR")
    #expect(price?.new == "8.00 EUR")
  }

  @Test func `a price that could not be read is no change of price`() async throws {
    var sample = try await Sample()
    try await sample.see(.sample())
    try await sample.nextRun(at: tomorrow)
    try await sample.see(Product(name: "Wrap Dress"), now: tomorrow)
    #expect(try await sample.events() == [.new])
  }

  @Test func `410 is gone at once, 404 when it is confirmed`() async throws {
    var sample = try await Sample()
    try await sample.see(.sample(), at: "/410")
    try await sample.see(.sample(), at: "/404")
    try await sample.nextRun(at: tomorrow)
    for status in [410, 404] {
      let lease = try await sample.lease("/\(status)", now: tomorrow)
      try await sample.store.record(.missing(status: status), of: lease, now: tomorrow)
    }
    #expect(try await sample.store.item(at: try sample.url("/410"))?.isGone == true)
    #expect(try await sample.store.item(at: try sample.url("/404"))?.isGone == false)
    let later = tomorrow + Sample.day
    try await sample.nextRun(at: later)
    let lease = try await sample.lease("/404", now: later)
    try await sample.store.record(.missing(status: 404), of: lease, now: later)
    #expect(try await sample.store.item(at: try sample.url("/404"))?.isGone == true)
    #expect(try await sample.events() == [.new, .new, .gone, .gone])
    try await sample.nextRun(at: later + Sample.day)
    try await sample.see(.sample(), at: "/404", now: later + Sample.day)
    #expect(try await sample.events().last == .back)
  }

  @Test func `a site that broke does not lose its catalog`() async throws {
    var sample = try await Sample()
    let paths = (0..<60).map { "/p\($0)" }
    for path in paths { try await sample.see(.sample(), at: path) }
    try await sample.nextRun(at: tomorrow)
    for lease in try await sample.leases(now: tomorrow) {
      try await sample.store.record(.missing(status: 410), of: lease, now: tomorrow)
    }
    let items = try await sample.store.items(matching: ItemFilter(), limit: 100)
    #expect(items.count == 45)
  }

  @Test func `a post names its creator and products through redirects`() async throws {
    let sample = try await Sample()
    try await sample.see(.sample(), at: "/p")
    let go = try await sample.lease("/go/1")
    try await sample.store.record(
      .redirected(
        to: NewAddress(url: try sample.url("/p"), kind: .page, depth: 1), status: 302),
      of: go, now: now)
    let creator = try sample.url("/ava")
    let post = Post(creator: creator, caption: "New #ootd", hashtags: ["ootd"], products: [go.url])
    let lease = try await sample.lease("/post/1")
    _ = try await sample.store.record(
      PageRecord(
        status: 200, validators: Validators(), bodyHash: 1, item: .post(post),
        addresses: [go.url, creator].map { NewAddress(url: $0, kind: .page, depth: 1) }),
      of: lease, now: now)
    let profile = try await sample.lease("/ava")
    _ = try await sample.store.record(
      PageRecord(
        status: 200, validators: Validators(), bodyHash: 1,
        item: .creator(Creator(name: "Ava", handle: "ava"))), of: profile, now: now)
    let page = try await sample.store.item(at: lease.url)
    #expect(page?.linked.map(\.path) == ["/p"])
    #expect(page?.creator?.path == "/ava")
    #expect(
      try await sample.store.item(at: try sample.url("/p"))?.linked.map(\.path) == ["/post/1"])
    #expect(try await sample.store.item(at: creator)?.linked.map(\.path) == ["/post/1"])
    var filter = ItemFilter()
    filter.creators = ["ava"]
    let theirs = try await sample.store.items(matching: filter, limit: 10)
    #expect(Set(theirs.map(\.kind)) == [.product, .post, .creator])
  }

  @Test func `filters, facets and paging agree`() async throws {
    let sample = try await Sample()
    for (index, brand) in ["A", "B", "A", "C", "A"].enumerated() {
      var product = Product.sample("\(10 * (index + 1))")
      product.brand = brand
      try await sample.see(product, at: "/p\(index)", now: now + .seconds(Int64(index)))
    }
    var filter = ItemFilter()
    filter.brands = ["A"]
    filter.maximumPrice = Amount("30")
    let found = try await sample.store.items(matching: filter, limit: 10)
    #expect(found.map(\.url.path) == ["/p2", "/p0"])
    let brands = try await sample.store.facets(matching: ItemFilter()).first { $0.field == .brand }
    #expect(brands?.values.map(\.value) == ["A", "B", "C"])
    #expect(brands?.values.map(\.count) == [3, 1, 1])
    var paths: [Substring] = []
    var last: ID<Item>?
    while let page = Optional(
      try await sample.store.items(matching: ItemFilter(), after: last, limit: 2)),
      let end = page.last
    {
      paths += page.map { Substring($0.url.path) }
      last = end.id
    }
    #expect(paths == ["/p4", "/p3", "/p2", "/p1", "/p0"])
  }

  @Test func `an item has the colours and shots of its pictures, one picture must have both`()
    async throws
  {
    let sample = try await Sample()
    let shown: [(path: String, traits: [PictureTraits?])] = [
      (
        "/coat",
        [
          .init(colours: ColourSet([.red, .white]), productShot: 90),
          .init(colours: ColourSet([.blue]), productShot: 10),
        ]
      ),
      ("/hat", [.init(colours: ColourSet([.red]), productShot: 20)]),
      ("/old", [nil]),
    ]
    var seed: UInt8 = 0
    for (path, traits) in shown {
      var product = Product.sample()
      for (number, traits) in traits.enumerated() {
        seed += 1
        let picture = "\(path)-\(number).jpg"
        product.images.append(try sample.url(picture))
        var record = try sample.picture(seed)
        record.traits = traits
        try await sample.show(record, at: picture)
      }
      try await sample.see(product, at: path)
    }
    func paths(_ colours: ColourSet, _ shot: ShotKind?) async throws -> [String] {
      var filter = ItemFilter()
      filter.colours = colours
      filter.shot = shot
      return try await sample.store.items(matching: filter, limit: 10).map { String($0.url.path) }
        .sorted()
    }
    #expect(try await paths(ColourSet([.red]), nil) == ["/coat", "/hat"])
    #expect(try await paths(ColourSet([.blue, .white]), nil) == ["/coat"])
    #expect(try await paths(ColourSet([.red]), .scene) == ["/hat"])
    #expect(try await paths(ColourSet([.blue]), .product) == [])
    #expect(try await paths([], .scene) == ["/coat", "/hat"])

    func counts(_ filter: ItemFilter) async throws -> [String: [String: Int]] {
      let facets = try await sample.store.facets(of: [.colour, .shot], matching: filter)
      return Dictionary(
        uniqueKeysWithValues: facets.map { facet in
          (
            facet.field.rawValue,
            Dictionary(uniqueKeysWithValues: facet.values.map { ($0.value, $0.count) })
          )
        })
    }
    #expect(
      try await counts(ItemFilter()) == [
        "colour": ["red": 2, "white": 1, "blue": 1], "shot": ["product": 1, "scene": 2],
      ])
    var scenes = ItemFilter()
    scenes.shot = .scene
    #expect(
      try await counts(scenes) == ["colour": ["blue": 1, "red": 1], "shot": ["scene": 2]])
  }
}
