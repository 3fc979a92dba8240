import Catalog
import Foundation
import GRDB
import Storage
import Support
import Testing

@Suite struct BodyStoreTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/bodies.sqlite" }

  private func page(_ path: String, _ body: [UInt8], hash: UInt64 = 7) throws -> KeptPage {
    KeptPage(
      page: FetchedPage(
        url: try CanonicalURL("https://shop.example\(path)"), kind: .listing, body: body,
        contentType: "text/html; charset=latin1", directives: .noImageIndex),
      status: 200, bodyHash: hash, fetchedAt: Sample.start)
  }

  /// Bytes that no compressor makes much shorter.
  private func noise(_ seed: UInt64, _ count: Int = 1000) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  private func paths(_ store: BodyStore) async throws -> [String] {
    try await store.pages(before: nil, limit: 1000).map { String(try CanonicalURL($0.url).path) }
  }

  @Test func `a page comes back as it was, from another process too`() async throws {
    let body = Array("<html>".utf8) + noise(1) + Array(repeating: 32, count: 50_000)
    let store = try BodyStore(path: path, quota: 1 << 20)
    store.keep(try page("/a", body, hash: .max))
    store.keep(try page("/empty", []))
    #expect(try await store.flush() == 0)
    let reopened = try BodyStore(path: path, quota: 1 << 20)
    let entries = try await reopened.pages(before: nil, limit: 10)
    #expect(entries.map(\.url) == ["https://shop.example/empty", "https://shop.example/a"])
    #expect(try entries[0].page.get().page.body == [])
    let kept = try entries[1].page.get()
    #expect(kept.page.body == body)
    #expect(kept.page.kind == .listing)
    #expect(kept.page.contentType == "text/html; charset=latin1")
    #expect(kept.page.directives == .noImageIndex)
    #expect(kept.status == 200)
    #expect(kept.bodyHash == .max)
    #expect(kept.fetchedAt == Sample.start)
    let tally = try #require(try BodyStore.tally(at: path))
    #expect(tally.pages == 2)
    #expect(tally.bodyBytes == body.count)
    #expect(tally.bytes < body.count / 10)
    #expect(try await reopened.tally() == tally)
  }

  @Test func `an address has one body, the last, and may be forgotten`() async throws {
    let store = try BodyStore(path: path, quota: 1 << 20)
    for (path, seed) in [("/a", 1), ("/b", 2), ("/a", 3)] {
      store.keep(try page(path, noise(UInt64(seed))))
    }
    _ = try await store.flush()
    #expect(try await paths(store) == ["/a", "/b"])
    #expect(try await store.pages(before: nil, limit: 1)[0].page.get().page.body == noise(3))
    store.forget(try CanonicalURL("https://shop.example/a"))
    _ = try await store.flush()
    #expect(try await paths(store) == ["/b"])
    #expect(try await store.tally().pages == 1)
    #expect(try await store.tally().bodyBytes == 1000)
  }

  @Test func `pages come in steps, newest first, each once`() async throws {
    let store = try BodyStore(path: path, quota: 1 << 20)
    for index in 0..<10 { store.keep(try page("/\(index)", noise(UInt64(index)))) }
    _ = try await store.flush()
    var places: [Int64] = []
    while case let entries = try await store.pages(before: places.last, limit: 3), !entries.isEmpty
    {
      places += entries.map(\.place)
    }
    #expect(places == places.sorted(by: >))
    #expect(places.count == 10)
  }

  @Test func `over the quota the oldest go, and a smaller quota holds from the start`() async throws
  {
    let store = try BodyStore(path: path, quota: 12_000)
    for index in 0..<200 { store.keep(try page("/\(index)", noise(UInt64(index)))) }
    _ = try await store.flush()
    let kept = try await paths(store)
    #expect(kept == (0..<200).suffix(kept.count).reversed().map { "/\($0)" })
    #expect((8...11).contains(kept.count))
    #expect(try await store.tally().bytes <= 12_000)
    let smaller = try BodyStore(path: path, quota: 3000)
    #expect(try await paths(smaller) == ["/199", "/198"])
    let none = try BodyStore(path: path, quota: 0)
    #expect(try await none.tally().pages == 0)
    #expect(try await none.tally().bytes == 0)
  }

  @Test func `a damaged body is told and dropped, the others stay`() async throws {
    let damages = [
      "substr(data, 1, 500)", "zeroblob(20)", "x''",
      // One byte of the stored text: only the checksum knows.
      "CAST(substr(data, 1, 600) || x'00' || substr(data, 602) AS BLOB)",
    ]
    for damage in damages {
      let store = try BodyStore(path: path, quota: 1 << 20)
      for path in ["/a", "/b", "/c"] { store.keep(try page(path, noise(5))) }
      _ = try await store.flush()
      try await DatabaseQueue(path: path).write {
        try $0.execute(sql: "UPDATE body SET data = \(damage) WHERE url LIKE '%/b'")
      }
      let entries = try await store.pages(before: nil, limit: 10)
      #expect(entries.count == 3)
      guard case .failure(.corrupt(_, let detail)) = entries[1].page else {
        Issue.record("\(damage) was not noticed")
        continue
      }
      #expect(detail.hasPrefix("the body kept of https://shop.example/b: "))
      #expect(try await paths(store) == ["/c", "/a"])
    }
  }

  @Test func `a body that claims another size is damaged`() async throws {
    let store = try BodyStore(path: path, quota: 1 << 20)
    for size in [-1, 999, 1001, 1 << 40] {
      store.keep(try page("/a", noise(5)))
      _ = try await store.flush()
      try await DatabaseQueue(path: path).write {
        try $0.execute(sql: "UPDATE body SET size = \(size)")
      }
      let entries = try await store.pages(before: nil, limit: 10)
      #expect(throws: StorageError.self) { try entries[0].page.get() }
    }
  }

  @Test func `a file that is no store is made anew, for it is a cache`() async throws {
    try Data(String(repeating: "no database", count: 1000).utf8).write(to: URL(filePath: path))
    let store = try BodyStore(path: path, quota: 1 << 20)
    store.keep(try page("/a", [1, 2, 3]))
    _ = try await store.flush()
    #expect(try await paths(store) == ["/a"])
    try BodyStore.remove(path: path)
    #expect(try BodyStore.tally(at: path) == nil)
  }
}
