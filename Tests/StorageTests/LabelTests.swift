import Catalog
import Storage
import Support
import Testing

@Suite struct LabelTests {
  @Test func `a picture with a vector has the labels of its product, a copy of it none`()
    async throws
  {
    let sample = try await Sample()
    var dress = Product.sample("49.50")
    dress.images = ["/1.jpg", "/1-copy.jpg", "/late.jpg"].compactMap { try? sample.url($0) }
    try await sample.see(dress, at: "/dress")
    var hat = Product(name: "Straw Hat")
    hat.variants = [Variant(color: "red", image: try sample.url("/hat.jpg"))]
    // Another product shows the dress too: the first one counts.
    hat.images = [try sample.url("/1.jpg")]
    try await sample.see(hat, at: "/hat")
    let one = try await sample.show(try sample.picture(1), at: "/1.jpg")
    let copy = try await sample.show(try sample.picture(2), at: "/1-copy.jpg", matches: [one.id])
    let hatShot = try await sample.show(try sample.picture(3), at: "/hat.jpg")
    let late = try await sample.show(try sample.picture(4), at: "/late.jpg")
    let alone = try await sample.show(try sample.picture(5), at: "/nobody.jpg")
    let store = sample.store
    for model in ["m", "other"] {
      _ = try await store.enqueueEmbeddings(model: model, dimension: 8)
    }
    try await store.completeEmbeddings(
      [one.id, copy.id, hatShot.id, alone.id], model: "m", now: Sample.start)
    try await store.completeEmbeddings([late.id], model: "other", now: Sample.start)

    let first = try #require(try await store.item(at: sample.url("/dress"))).id
    let second = try #require(try await store.item(at: sample.url("/hat"))).id
    let dressLabels = PictureLabels(
      image: one.id, product: first, name: "Wrap Dress", brand: "Nordvik", category: "dress",
      price: dress.offer.price)
    let labels = try await store.pictureLabels(model: "m", limit: 10)
    #expect(
      labels == [PictureLabels(image: hatShot.id, product: second, name: "Straw Hat"), dressLabels])
    #expect(try await store.pictureLabels(model: "m", limit: 1).map(\.image) == [hatShot.id])
    #expect(try await store.pictureLabels(model: "other", limit: 10).map(\.image) == [late.id])
    #expect(try await store.pictureLabels(model: "unknown", limit: 10).isEmpty)
  }

  @Test func `of a group the copy that has a vector stands for it`() async throws {
    let sample = try await Sample()
    var dress = Product.sample()
    dress.images = [try sample.url("/1.jpg")]
    try await sample.see(dress)
    let one = try await sample.show(try sample.picture(1), at: "/1.jpg")
    let copy = try await sample.show(try sample.picture(2), at: "/post.jpg", matches: [one.id])
    _ = try await sample.store.enqueueEmbeddings(model: "m", dimension: 8)
    try await sample.store.completeEmbeddings([copy.id], model: "m", now: Sample.start)
    let labels = try await sample.store.pictureLabels(model: "m", limit: 10)
    #expect(labels.map(\.image) == [copy.id])
    #expect(labels.map(\.category) == ["dress"])
  }

  @Test func `what a picture looks like is kept for its copies too, filters and is counted`()
    async throws
  {
    let sample = try await Sample()
    var dress = Product.sample()
    dress.images = [try sample.url("/1.jpg")]
    try await sample.see(dress, at: "/dress")
    var thing = Product(name: "Thing")
    thing.images = [try sample.url("/2.jpg")]
    try await sample.see(thing, at: "/thing")
    let one = try await sample.show(try sample.picture(1), at: "/1.jpg")
    let two = try await sample.show(try sample.picture(2), at: "/2.jpg")
    let copy = try await sample.show(try sample.picture(3), at: "/2-copy.jpg", matches: [two.id])
    let store = sample.store
    _ = try await store.enqueueEmbeddings(model: "m", dimension: 8)
    try await store.completeEmbeddings(
      [one.id, two.id, copy.id], model: "m", now: Sample.start)

    let dressID = try #require(try await store.item(at: sample.url("/dress"))).id
    #expect(
      try await store.pictureCategories(model: "m") == [
        PictureCategory(image: two.id),
        PictureCategory(image: one.id, product: dressID, category: "dress"),
      ])
    let version = store.version()
    #expect(try await store.keepLikeness([(two.id, "hat"), (one.id, nil)]) == 2)
    #expect(store.version() != version)
    #expect(try await store.keepLikeness([(copy.id, "hat")]) == 0)
    #expect(try await store.image(copy.id)?.looksLike == "hat")
    #expect(try await store.image(one.id)?.looksLike == nil)

    var filter = ItemFilter()
    filter.looksLike = ["shoe", "hat"]
    #expect(try await store.items(matching: filter, limit: 9).map(\.name) == ["Thing"])
    #expect(try await store.images(matching: filter) == [two.id])
    let facet = try #require(
      try await store.facets(of: [.looksLike], matching: ItemFilter()).first)
    #expect(facet.values.map(\.value) == ["hat"])
    #expect(facet.values.map(\.count) == [1])
    filter.looksLike = ["shoe"]
    #expect(try await store.items(matching: filter, limit: 9).isEmpty)
    #expect(
      try await store.facets(of: [.colour, .looksLike], matching: filter).allSatisfy {
        $0.values.isEmpty
      })

    #expect(try await store.keepLikeness([(two.id, nil)]) == 2)
    #expect(try await store.image(copy.id)?.looksLike == nil)
  }
}
