import Catalog
import Storage
import Support
import Testing

@Suite struct ImageTests {
  let now = Sample.start
  let tomorrow = Sample.start + Sample.day

  @Test func `equal bytes are one picture, a picture between two groups joins them`() async throws {
    let sample = try await Sample()
    let a = try await sample.show(try sample.picture(1), at: "/a.jpg")
    let same = try await sample.show(try sample.picture(1), at: "/copy.jpg")
    let b = try await sample.show(try sample.picture(2), at: "/b.jpg")
    #expect(same.id == a.id)
    #expect(!same.isNew)
    #expect(b.group == b.id)
    let between = try await sample.show(
      try sample.picture(3), at: "/c.jpg", matches: [b.id, a.id])
    #expect(between.group == a.id)
    let joined = try await sample.store.joinedImages()
    #expect(Set(joined.map(\.image)) == [b.id, between.id])
    #expect(Set(joined.map(\.group)) == [a.id])
  }

  @Test func `another picture at the same address is an event, a re-encoded one is not`()
    async throws
  {
    var sample = try await Sample()
    var product = Product.sample()
    product.images = [try sample.url("/1.jpg")]
    try await sample.see(product)
    let first = try await sample.show(try sample.picture(1), at: "/1.jpg")
    try await sample.nextRun(at: tomorrow)
    try await sample.show(try sample.picture(2), at: "/1.jpg", now: tomorrow, matches: [first.id])
    #expect(try await sample.events() == [.new])
    try await sample.nextRun(at: tomorrow + Sample.day)
    try await sample.show(try sample.picture(3), at: "/1.jpg", now: tomorrow + Sample.day)
    #expect(try await sample.events() == [.new, .image])
  }

  @Test func `a new address is an event only when it shows a new picture`() async throws {
    var sample = try await Sample()
    var product = Product.sample()
    product.images = [try sample.url("/1.jpg")]
    try await sample.see(product)
    let first = try await sample.show(try sample.picture(1), at: "/1.jpg")
    try await sample.nextRun(at: tomorrow)
    product.images.append(try sample.url("/1-large.jpg"))
    try await sample.see(product, now: tomorrow)
    try await sample.show(
      try sample.picture(2), at: "/1-large.jpg", now: tomorrow, matches: [first.id])
    #expect(try await sample.events() == [.new])
    let later = tomorrow + Sample.day
    try await sample.nextRun(at: later)
    product.images.append(try sample.url("/back.jpg"))
    try await sample.see(product, now: later)
    try await sample.show(try sample.picture(3), at: "/back.jpg", now: later)
    #expect(try await sample.events() == [.new, .image])
  }

  @Test func `of pictures that are kept out a new address is an event`() async throws {
    var sample = try await Sample()
    var product = Product.sample()
    product.images = [try sample.url("/1.jpg"), try sample.url("/2.jpg")]
    try await sample.see(product, pictureRefusal: "noimageindex")
    #expect(try await sample.events() == [.new])
    try await sample.nextRun(at: tomorrow)
    product.images.reverse()
    try await sample.see(product, now: tomorrow, pictureRefusal: "noimageindex")
    #expect(try await sample.events() == [.new])
    let later = tomorrow + Sample.day
    try await sample.nextRun(at: later)
    product.images[0] = try sample.url("/3.jpg")
    try await sample.see(product, now: later, pictureRefusal: "noimageindex")
    #expect(try await sample.events() == [.new, .image])
    #expect(try await sample.store.changeCounts(of: sample.run) == [.image: 1])
  }

  @Test func `a new picture that robots txt keeps out is an event`() async throws {
    var sample = try await Sample()
    var product = Product.sample()
    try await sample.see(product)
    try await sample.nextRun(at: tomorrow)
    product.images = [try sample.url("/1.jpg")]
    try await sample.see(product, now: tomorrow)
    #expect(try await sample.events() == [.new])
    let lease = try await sample.lease("/1.jpg", kind: .image, now: tomorrow)
    try await sample.store.record(
      .refused(reason: "robots.txt", until: .never), of: lease, now: tomorrow)
    #expect(try await sample.events() == [.new, .image])
  }

  @Test func `a picture that came late is no change`() async throws {
    var sample = try await Sample()
    var product = Product.sample()
    product.images = [try sample.url("/1.jpg")]
    try await sample.see(product)
    try await sample.nextRun(at: tomorrow)
    try await sample.show(try sample.picture(1), at: "/1.jpg", now: tomorrow)
    #expect(try await sample.events() == [.new])
  }

  @Test func `jobs are leased, replayed after their lease and done once`() async throws {
    let sample = try await Sample()
    _ = try await sample.store.enqueueEmbeddings(model: "model", dimension: 8)
    let a = try await sample.show(try sample.picture(1), at: "/a.jpg")
    let b = try await sample.show(try sample.picture(2), at: "/b.jpg")
    func lease(at moment: Timestamp) async throws -> [ID<ImageRecord>] {
      try await sample.store.leaseEmbeddings(
        model: "model", limit: 10, now: moment, leasedUntil: moment + .seconds(60)
      ).map(\.image)
    }
    #expect(try await lease(at: now) == [a.id, b.id])
    #expect(try await lease(at: now).isEmpty)
    #expect(try await lease(at: now + .seconds(61)) == [a.id, b.id])
    try await sample.store.completeEmbeddings([a.id], model: "model", now: now)
    try await sample.store.freeEmbeddingLeases()
    #expect(try await lease(at: now) == [b.id])
    try await sample.store.failEmbedding(b.id, model: "model", reason: "no", isFinal: true)
    #expect(try await sample.store.queuedEmbeddings(model: "model") == 0)
    #expect(try await sample.store.enqueueEmbeddings(model: "other", dimension: 8) == 2)
  }

  @Test func `a part of the queue is taken behind a picture, and again from the beginning`()
    async throws
  {
    let sample = try await Sample()
    _ = try await sample.store.enqueueEmbeddings(model: "model", dimension: 8)
    var shown: [ID<ImageRecord>] = []
    for i in UInt8(1)...6 {
      shown.append(try await sample.show(try sample.picture(i), at: "/\(i).jpg").id)
    }
    let part = try #require(QueuePart("2/3"))
    func lease(after image: ID<ImageRecord>) async throws -> [ID<ImageRecord>] {
      try await sample.store.leaseEmbeddings(
        model: "model", part: part, after: image, limit: 1, now: now, leasedUntil: now
      ).map(\.image)
    }
    let its = shown.filter { $0.rawValue % 3 == 1 }
    #expect(its.count == 2)
    #expect(try await sample.store.queuedEmbeddings(model: "model", part: part) == 2)
    #expect(try await lease(after: ID(0)) == [its[0]])
    #expect(try await lease(after: its[0]) == [its[1]])
    #expect(try await lease(after: its[1]).isEmpty)
    #expect(try await lease(after: ID(0)) == [its[0]])
  }

  @Test(arguments: ["", "2", "0/3", "4/3", "-1/3", "1/0", "1/4097", "1/2/3", "a/3", "1/ 3", "/"])
  func `what is no part of a queue is none`(text: String) {
    #expect(QueuePart(text) == nil)
  }

  @Test func `items are found by the pictures of their group`() async throws {
    let sample = try await Sample()
    var product = Product.sample()
    product.images = [try sample.url("/1.jpg")]
    try await sample.see(product)
    let shown = try await sample.show(try sample.picture(1), at: "/1.jpg")
    let twin = try await sample.show(
      try sample.picture(2), at: "/elsewhere.jpg", matches: [shown.id])
    let items = try await sample.store.items(showing: [twin.id])
    #expect(items[twin.id]?.count == 1)
    #expect(try await sample.store.images(matching: ItemFilter()) == [shown.id])
  }
}
