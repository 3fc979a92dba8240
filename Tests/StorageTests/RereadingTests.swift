import Catalog
import Storage
import Support
import Testing

@Suite struct RereadingTests {
  let tomorrow = Sample.start + Sample.day

  private func reread(
    _ sample: Sample, _ product: Product?, at path: String = "/p", applies: Bool = true,
    fetchedAt: Timestamp = Sample.start
  ) async throws -> PageRereading {
    let standing = try #require(try await sample.store.standing(of: sample.url(path)))
    let addresses = (product?.images ?? []).map { NewAddress(url: $0, kind: .image, depth: 1) }
    return try await sample.store.reread(
      PageRecord(
        status: 200, validators: Validators(), bodyHash: 1,
        item: product.map(Extraction.Item.product), addresses: addresses),
      at: standing, fetchedAt: fetchedAt, applies: applies, now: tomorrow)
  }

  @Test func `a rehearsal tells what applying does and changes nothing`() async throws {
    let sample = try await Sample()
    try await sample.see(.sample("10"))
    var product = Product.sample("8", availability: .soldOut)
    product.brand = nil
    product.sku = "S1"
    product.images = [try sample.url("/1.jpg")]
    product.variants = [Variant(sku: "V1")]
    let before = try await sample.store.items(matching: ItemFilter(), limit: 10)
    let version = sample.store.version()
    let rehearsed = try await reread(sample, product, applies: false)
    #expect(rehearsed.effect == .changed)
    #expect(rehearsed.discovered == 1)
    #expect(
      rehearsed.fields.map(\.field)
        == ["brand", "sku", "price", "availability", "images", "variants"])
    #expect(rehearsed.fields[0].old == ["Nordvik"])
    #expect(rehearsed.fields[0].new == [])
    #expect(rehearsed.fields[2].old == ["10.00 EUR"])
    #expect(rehearsed.fields[2].new == ["8.00 EUR"])
    #expect(rehearsed.fields[4].new == ["https://shop.example/1.jpg"])
    #expect(try await sample.store.items(matching: ItemFilter(), limit: 10) == before)
    #expect(sample.store.version() == version)
    #expect(try await sample.store.reason(at: sample.url("/1.jpg")) == nil)
    #expect(try await reread(sample, product) == rehearsed)
    #expect(try await reread(sample, product).effect == .same)
    let after = try #require(try await sample.store.item(at: sample.url("/p")))
    #expect(after.offer == product.offer)
    #expect(after.sku == "S1")
    #expect(after.changedAt == tomorrow)
    #expect(after.lastSeen == Sample.start)
    #expect(try await sample.events() == [.new])
  }

  @Test func `the history is put right at the moment of the fetch`() async throws {
    var sample = try await Sample()
    try await sample.see(.sample("10"))
    try await sample.nextRun(at: tomorrow)
    try await sample.see(.sample("9"), now: tomorrow)
    _ = try await reread(sample, .sample("7"), fetchedAt: tomorrow)
    let item = try #require(try await sample.store.item(at: sample.url("/p"))).id
    var prices = try await sample.store.offers(of: item).map { $0.offer.price?.amount.description }
    #expect(prices == ["10.00", "7.00"])
    // The same terms were read in the next night and made no row: now there is one.
    let later = tomorrow + Sample.day
    try await sample.nextRun(at: later)
    try await sample.see(.sample("7"), now: later)
    _ = try await reread(sample, .sample("6"), fetchedAt: later)
    let offers = try await sample.store.offers(of: item)
    prices = offers.map { $0.offer.price?.amount.description }
    #expect(prices == ["10.00", "7.00", "6.00"])
    #expect(offers.last?.observedAt == later)
    #expect(try await sample.events() == [.new, .price])  // of the visits
  }

  @Test func `an item that was overlooked appears without an event`() async throws {
    let sample = try await Sample()
    let lease = try await sample.lease("/p")
    _ = try await sample.store.record(
      PageRecord(status: 200, validators: Validators(), bodyHash: 1), of: lease, now: Sample.start)
    #expect(try await reread(sample, .sample(), applies: false).effect == .new)
    #expect(try await sample.store.item(at: sample.url("/p")) == nil)
    #expect(try await reread(sample, .sample()).effect == .new)
    let item = try #require(try await sample.store.item(at: sample.url("/p")))
    #expect(item.firstSeen == Sample.start)
    #expect(try await sample.events() == [])
    #expect(try await reread(sample, nil).effect == .lost)
    #expect(try await sample.store.item(at: sample.url("/p")) == item)
  }

  @Test func `a picture that a rereading finds makes no event when it is fetched`() async throws {
    var sample = try await Sample()
    try await sample.see(.sample())
    var product = Product.sample()
    product.images = [try sample.url("/1.jpg")]
    try await sample.nextRun(at: tomorrow)
    _ = try await reread(sample, product)
    try await sample.show(try sample.picture(1), at: "/1.jpg", now: tomorrow)
    let item = try #require(try await sample.store.item(at: sample.url("/p")))
    #expect(item.images.count == 1)
    #expect(try await sample.events() == [.new])
  }

  @Test func `reading again asks nothing of the frontier's rows`() async throws {
    let sample = try await Sample()
    try await sample.see(.sample())
    let due = try await sample.store.dueAddresses(now: .never)
    let before = try await sample.store.standing(of: sample.url("/p"))
    _ = try await reread(sample, .sample("3"))
    #expect(try await sample.store.standing(of: sample.url("/p")) == before)
    #expect(try await sample.store.dueAddresses(now: .never) == due)
    #expect(try await sample.store.standing(of: sample.url("/unknown")) == nil)
  }
}
