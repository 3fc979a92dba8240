import Foundation
import GRDB
import Schema
import Storage
import Support
import Testing
import VectorSearch

@testable import vitrine

@Suite struct DataFolderTests {
  @Test func `what is no index in the folder of indexes is passed over`() throws {
    let folder = TemporaryFolder()
    let data = DataFolder(path: folder.path)
    let path = data.index(model: "m/1")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    _ = try IndexWriter(folder: path, identity: try IndexIdentity(model: "m/1", dimension: 8))
    try FileManager.default.createDirectory(
      atPath: folder.path + "/index/lost+found", withIntermediateDirectories: true)
    try Data([1]).write(to: folder.file("index/.directory"))
    #expect(try data.indexSizes() == ["m/1": 0])
  }

  @Test func `who only reads brings an older catalog up to date, unless it is being written to`()
    async throws
  {
    let folder = TemporaryFolder()
    let data = DataFolder(path: folder.path)
    #expect(try data.openForReadingIfThere() == nil && data.indexSizes().isEmpty)
    let (name, sql) = try #require(Schema.migrations.first)
    do {
      let queue = try DatabaseQueue(path: data.catalog)
      var migrator = DatabaseMigrator()
      migrator.registerMigration(name) { try $0.execute(sql: sql) }
      try migrator.migrate(queue)
      try await queue.write { try $0.execute(sql: "INSERT INTO site (name) VALUES ('old')") }
      try queue.close()
    }
    do {
      let lock = try WriterLock(folder: folder.path)
      defer { withExtendedLifetime(lock) {} }
      #expect(throws: StorageError.self) { try data.openForReading() }
    }
    #expect(try await Array(data.openForReading().sites().values) == ["old"])
  }
}
