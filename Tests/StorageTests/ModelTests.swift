import Catalog
import Storage
import Support
import Testing

@Suite struct CatalogModelTests {
  @Test func `the model put to use last is the one in use`() async throws {
    let sample = try await Sample()
    #expect(try await sample.store.modelInUse() == nil)
    for name in ["a", "b"] {
      _ = try await sample.store.enqueueEmbeddings(model: name, dimension: 8)
      try await sample.store.useModel(name, folder: "/models/\(name)", now: Sample.start)
      let used = try await sample.store.modelInUse()
      #expect(used?.name == name)
      #expect(used?.folder == "/models/\(name)")
    }
    // The clock may stand still or go back.
    try await sample.store.useModel("a", folder: "/elsewhere", now: Timestamp(milliseconds: 0))
    #expect(try await sample.store.modelInUse()?.folder == "/elsewhere")
  }

  @Test func `every model has its own jobs, and leaves with them`() async throws {
    let sample = try await Sample()
    var product = Product.sample()
    product.images = [try sample.url("/1.jpg"), try sample.url("/2.jpg")]
    try await sample.see(product)
    try await sample.show(try sample.picture(1), at: "/1.jpg")
    try await sample.show(try sample.picture(2), at: "/2.jpg")
    for (name, dimension) in [("a", 8), ("b", 16)] {
      _ = try await sample.store.enqueueEmbeddings(model: name, dimension: dimension)
    }
    let jobs = try await sample.store.leaseEmbeddings(
      model: "a", limit: 1, now: Sample.start, leasedUntil: Sample.start + Sample.day)
    try await sample.store.completeEmbeddings(jobs.map(\.image), model: "a", now: Sample.start)
    let models = try await sample.store.models()
    #expect(models.map(\.name) == ["a", "b"])
    #expect(models.map(\.dimension) == [8, 16])
    #expect(models.map(\.queued) == [1, 2])
    #expect(models.map(\.done) == [1, 0])
    #expect(try await sample.store.removeModel("a"))
    #expect(try await !sample.store.removeModel("a"))
    #expect(try await sample.store.models().map(\.name) == ["b"])
    #expect(try await sample.store.queuedEmbeddings(model: "b") == 2)
  }
}
