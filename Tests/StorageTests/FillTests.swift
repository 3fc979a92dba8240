import Catalog
import Foundation
import GRDB
import Schema
import Support
import Testing

@testable import Storage

@Suite struct FillTests {
  private func count(_ filled: Int, of read: Int, unchanged: Int = 0) -> FillCount {
    FillCount(filled: filled, read: read, unchanged: unchanged)
  }

  @Test func `a drop is told from what is usual`() {
    let usual = [count(98, of: 100), count(490, of: 500), count(20, of: 20)]
    #expect(FillTest.drop(of: count(40, of: 340), since: usual) == 0.98)
    #expect(FillTest.drop(of: count(0, of: 10), since: usual) == 0.98)
    // Over half of what is usual is there.
    #expect(FillTest.drop(of: count(170, of: 340), since: usual) == nil)
    #expect(FillTest.drop(of: count(340, of: 340), since: usual) == nil)
    // Under 30 points, though it is below half of what is usual.
    #expect(FillTest.drop(of: count(10, of: 1000), since: [count(200, of: 1000)]) == nil)
  }

  @Test func `few pages raise no alarm, but a suspicion`() {
    let usual = [count(100, of: 100)]
    #expect(FillTest.drop(of: count(0, of: 9), since: usual) == nil)
    #expect(FillTest.drop(of: count(0, of: 3), since: usual, isSuspected: true) == 1)
    #expect(FillTest.drop(of: count(0, of: 2), since: usual, isSuspected: true) == nil)
    #expect(FillTest.drop(of: count(0, of: 100), since: [count(19, of: 19)]) == nil)
    #expect(FillTest.drop(of: count(0, of: 100), since: []) == nil)
    #expect(FillTest.drop(of: count(0, of: 0), since: usual) == nil)
  }

  @Test func `a small run does not decide what is usual`() {
    let odd = [count(0, of: 4), count(95, of: 100), count(0, of: 4)]
    #expect(FillTest.usual(odd) == 0.95)
    #expect(FillTest.usual([count(0, of: 4), count(0, of: 0)]) == nil)
  }

  @Test func `a night in which only what was sold out changed is no drop`() {
    let usual = [count(1000, of: 1000)]
    #expect(FillTest.drop(of: count(0, of: 40, unchanged: 800), since: usual) == nil)
    #expect(FillTest.drop(of: count(0, of: 40, unchanged: 10), since: usual) == 1)
  }

  @Test func `noise raises no alarm in a hundred thousand tests`() {
    var random = SeededGenerator(seed: 11)
    func night(_ share: Double) -> FillCount {
      let read = Int.random(in: 1...150, using: &random)
      let filled = (0..<read).count { _ in Double.random(in: 0..<1, using: &random) < share }
      return count(filled, of: read, unchanged: Int.random(in: 0...20, using: &random))
    }
    var alarms = 0
    for share in [0.3, 0.6, 0.9, 0.99] {
      var history = (0..<FillTest.runs).map { _ in night(share) }
      for _ in 0..<2500 {
        let next = night(share)
        if FillTest.drop(of: next, since: history) != nil { alarms += 1 }
        history = [next] + history.dropLast()
      }
    }
    #expect(alarms == 0)
  }

  // MARK: In the catalog

  private let paths = (0..<24).map { "/p\($0)" }

  /// Runs in which every page is read, each with its product.
  private func nights(
    _ count: Int, _ sample: inout Sample, from now: inout Timestamp, _ product: Product? = .sample()
  ) async throws {
    for _ in 0..<count {
      try await sample.nextRun(at: now)
      for path in paths { try await see(product, at: path, sample, now: now) }
      now = now + Sample.day
    }
  }

  private func see(_ product: Product?, at path: String, _ sample: Sample, now: Timestamp)
    async throws
  {
    let lease = try await sample.lease(path, now: now)
    _ = try await sample.store.record(
      PageRecord(
        status: 200, validators: Validators(), bodyHash: UInt64(now.milliseconds),
        item: product.map(Extraction.Item.product)), of: lease, now: now)
  }

  private func miss(_ path: String, _ sample: Sample, now: Timestamp) async throws -> Bool {
    let lease = try await sample.lease(path, now: now)
    try await sample.store.record(.missing(status: 410), of: lease, now: now)
    return try await sample.store.item(at: sample.url(path))?.isGone == true
  }

  @Test func `a field that drops is told, and no item is gone meanwhile`() async throws {
    var sample = try await Sample()
    var now = Sample.start
    try await nights(3, &sample, from: &now)
    #expect(try await sample.store.fillAlarms() == [])
    try await sample.nextRun(at: now)
    // Nothing has been read that speaks against it.
    #expect(try await miss("/p0", sample, now: now))
    let priceless = Product(name: "Wrap Dress", brand: "Nordvik")
    for path in paths[1...3] { try await see(priceless, at: path, sample, now: now) }
    #expect(try await sample.store.fillAlarms() == [])
    #expect(try await miss("/p4", sample, now: now) == false)
    #expect(
      try await sample.store.reason(at: sample.url("/p4"))
        == "kept: the site's pages give less than usual (price)")
    for path in paths[5...] { try await see(priceless, at: path, sample, now: now) }
    let alarms = try await sample.store.fillAlarms(of: sample.run.id)
    #expect(alarms.map(\.field) == ["price", "availability"])
    #expect(alarms.first.map { [$0.filled, $0.read] } == [0, 22])
    #expect(alarms.first?.usual == 1)
    #expect(alarms.first?.site == "shop")
    // The next night begins where this one ended: nothing has been read that speaks for the site.
    now = now + Sample.day
    try await sample.nextRun(at: now)
    #expect(try await miss("/p5", sample, now: now) == false)
    // Then it is as it was: what is missing is gone.
    for path in paths[6...] { try await see(.sample(), at: path, sample, now: now) }
    #expect(try await miss("/p4", sample, now: now))
    #expect(try await sample.store.fillAlarms() == [])
  }

  @Test func `pages that give no item any more are told, until that is usual`() async throws {
    var sample = try await Sample()
    var now = Sample.start
    try await nights(1, &sample, from: &now)
    for night in 0..<5 {
      try await nights(1, &sample, from: &now, nil)
      let fields = try await sample.store.fillAlarms().map(\.field)
      #expect(fields == (night < 2 ? ["item"] : []))
    }
  }

  @Test func `unchanged pages speak for the site`() async throws {
    var sample = try await Sample()
    var now = Sample.start
    try await nights(2, &sample, from: &now)
    try await sample.nextRun(at: now)
    for path in paths[..<12] { try await see(nil, at: path, sample, now: now) }
    #expect(try await sample.store.fillAlarms().map(\.field) == ["item"])
    for path in paths[12...] {
      let lease = try await sample.lease(path, now: now)
      try await sample.store.record(
        .unchanged(Validators(), status: 304), of: lease, now: now)
    }
    #expect(try await sample.store.fillAlarms() == [])
  }

  @Test func `a catalog of the first schema is brought up to date by its writer`() async throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/catalog.sqlite"
    let (name, sql) = try #require(Schema.migrations.first)
    do {
      let queue = try DatabaseQueue(path: path)
      var migrator = DatabaseMigrator()
      migrator.registerMigration(name) { try $0.execute(sql: sql) }
      try migrator.migrate(queue)
      try await queue.write { try $0.execute(sql: "INSERT INTO site (name) VALUES ('old')") }
      try queue.close()
    }
    #expect(throws: StorageError.olderSchema(path: path)) {
      try CatalogStore(path: path, isReadOnly: true)
    }
    let store = try CatalogStore(path: path)
    #expect(try await Array(store.sites().values) == ["old"])
    #expect(try await store.fillAlarms() == [])
    #expect(try await CatalogStore(path: path, isReadOnly: true).check().isEmpty)
  }
}
