import Catalog
import Foundation
import Storage
import Support
import Synchronization
import Testing

@Suite struct FolderTests {
  let folder = TemporaryFolder()

  @Test func `a blob comes back as it was, twice stored is once there`() throws {
    let blobs = try BlobStore(folder: folder.path)
    let hash = try #require(ContentHash(hex: String(repeating: "ab", count: 32)))
    #expect(try blobs.load(hash) == nil)
    try blobs.store([1, 2, 3], as: hash)
    try blobs.store([1, 2, 3], as: hash)
    try blobs.store([], as: hash, kind: .thumbnail)
    #expect(try blobs.load(hash) == [1, 2, 3])
    #expect(try blobs.load(hash, kind: .thumbnail) == [])
  }

  @Test func `what a killed process left half-written is removed`() throws {
    let blobs = try BlobStore(folder: folder.path)
    let hash = try #require(ContentHash(hex: String(repeating: "cd", count: 32)))
    try blobs.store([1], as: hash)
    let half = blobs.path(of: hash) + ".1234.tmp"
    try Data([1]).write(to: URL(filePath: half))
    try blobs.removeLeftovers()
    #expect(!FileManager.default.fileExists(atPath: half))
    #expect(blobs.contains(hash))
  }

  @Test func `one writer at a time, and the kernel frees the lock`() throws {
    var lock: WriterLock? = try WriterLock(folder: folder.path)
    #expect(WriterLock.holder(folder: folder.path) == getpid())
    #expect(throws: StorageError.self) { try WriterLock(folder: folder.path) }
    _ = lock
    lock = nil
    #expect(WriterLock.holder(folder: folder.path) == nil)
  }

  @Test func `a lock that is refused closes no file of others`() throws {
    let lock = try WriterLock(folder: folder.path)
    let closed = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: 2) { side in
      for _ in 0..<20_000 {
        if side == 0 {
          _ = try? WriterLock(folder: folder.path)
        } else {
          let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
          if close(file) != 0 { closed.withLock { $0 += 1 } }
        }
      }
    }
    withExtendedLifetime(lock) {}
    #expect(closed.withLock { $0 } == 0)
  }

  @Test func `a reader needs a catalog, and text is none`() throws {
    let path = folder.file("none.sqlite").path
    #expect(throws: StorageError.absent(path: path)) {
      try CatalogStore(path: path, isReadOnly: true)
    }
    // A folder that cannot be looked into may hold one.
    let inFile = #expect(throws: StorageError.self) {
      try CatalogStore(path: "/proc/self/status/none.sqlite", isReadOnly: true)
    }
    guard case .failed(ENOTDIR, _) = inFile else {
      Issue.record("a file as a folder is \(String(describing: inFile))")
      return
    }
    let text = folder.file("text.sqlite")
    try Data(String(repeating: "no database", count: 1000).utf8).write(to: text)
    let error = #expect(throws: StorageError.self) { try CatalogStore(path: text.path) }
    guard case .corrupt = error else {
      Issue.record("a text file is \(String(describing: error))")
      return
    }
  }

  @Test func `a file that is no longer in its place is neither read nor written`() async throws {
    let sample = try await Sample()
    let (path, away) = (sample.store.path, sample.store.path + ".away")
    let reader = try CatalogStore(path: path, isReadOnly: true)
    let before = try await reader.sites().count
    try FileManager.default.moveItem(atPath: path, toPath: away)
    await #expect(throws: StorageError.replaced(path: path)) { try await reader.sites() }
    try FileManager.default.copyItem(atPath: away, toPath: path)
    await #expect(throws: StorageError.replaced(path: path)) { try await reader.sites() }
    await #expect(throws: StorageError.replaced(path: path)) {
      try await sample.store.site(named: "lost")
    }
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: away, toPath: path)
    #expect(try await reader.sites().count == before)
  }

  @Test func `after a checkpoint the file alone is the whole catalog`() async throws {
    let sample = try await Sample()
    try await sample.see(.sample())
    func itemsOfCopy() async throws -> Int {
      let copy = sample.store.path + ".copy"
      try? FileManager.default.removeItem(atPath: copy)
      try FileManager.default.copyItem(atPath: sample.store.path, toPath: copy)
      return try await CatalogStore(path: copy).items(matching: ItemFilter(), limit: 5).count
    }
    #expect(try await itemsOfCopy() == 0)
    try await sample.store.checkpoint()
    #expect(try await itemsOfCopy() == 1)
  }

  @Test func `a reader sees what the writer commits, and its version changes`() async throws {
    let sample = try await Sample()
    let reader = try CatalogStore(path: sample.store.path, isReadOnly: true)
    let before = reader.version()
    try await sample.see(.sample())
    #expect(try await reader.items(matching: ItemFilter(), limit: 5).count == 1)
    #expect(reader.version() != before)
    #expect(try await sample.store.check().isEmpty)
  }
}
