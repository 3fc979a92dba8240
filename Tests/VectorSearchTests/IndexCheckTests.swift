import Foundation
import Support
import Testing

@testable import VectorSearch

struct IndexCheckTests {
  private let folder = TemporaryFolder()
  private static let dimension = 64
  private var source = VectorSource(dimension: dimension, seed: 81)

  private func open(
    _ name: String = "index", _ element: VectorElement = .f32
  ) throws -> IndexWriter {
    try IndexWriter(
      folder: folder.path + "/" + name,
      identity: IndexIdentity(model: "m", dimension: Self.dimension, element: element),
      segmentLimit: 1 << 20,
      disk: FaultyDisk.unsynced)
  }

  @Test mutating func `a sound index has no differences and says its recall`() throws {
    let writer = try open()
    try writer.append(Array(1...1100), source.vectors(1100, .clustered))
    try writer.append(Array(1101...1130), source.vectors(30))
    try writer.compact()
    var check = try IndexCheck.run(folder: writer.folder, queries: 12)
    #expect(check.vectors == 1130)
    #expect(check.uncoded == 1)
    try writer.tend()
    check = try IndexCheck.run(folder: writer.folder, queries: 12)
    #expect(check.uncoded == 0)
    #expect(check.damagedCodes.isEmpty)
    #expect((10...12).contains(check.queries))
    #expect(check.differences == 0)
    #expect(check.recalls.keys.sorted() == [0.9, 0.95, 0.99])
    #expect(check.recalls.values.allSatisfy { (0.5...1).contains($0) })
    #expect(try IndexCheck.run(folder: folder.path + "/none", queries: 3) == IndexCheck())
  }

  @Test(arguments: VectorElement.allCases)
  mutating func `a changed byte of a vector is found, and so is one of a rest`(
    element: VectorElement
  ) throws {
    let writer = try open("index", element)
    try writer.append(Array(1...600), source.vectors(600))
    try writer.compact()
    try writer.buildCodes()
    let names = try FileManager.default.contentsOfDirectory(atPath: writer.folder).sorted()
    let codes = try #require(names.first { $0.hasPrefix("codes-") })
    try flip(writer.folder + "/" + codes, fromEnd: 999)
    #expect(try IndexCheck.run(folder: writer.folder, queries: 0).damagedCodes == [codes])
    let segment = try #require(names.last { $0.hasPrefix("segment-") })
    try flip(writer.folder + "/" + segment, fromEnd: 999)
    #expect {
      try IndexCheck.run(folder: writer.folder, queries: 0)
    } throws: { error in
      guard case .corrupt(let file, _, _)? = error as? IndexError else { return false }
      return file.hasSuffix(segment)
    }
  }

  /// What may happen to a file of codes.
  enum Damage: CaseIterable {
    case magic, head, middle, rest, end, all

    func strike(_ bytes: inout [UInt8]) {
      switch self {
      case .magic: bytes[0] ^= 1
      case .head: bytes[50] ^= 1
      case .middle: bytes[bytes.count / 4] ^= 1
      case .rest: bytes[bytes.count - 999] ^= 1
      case .end: bytes.removeLast(64)
      case .all: bytes = []
      }
    }
  }

  @Test(arguments: Damage.allCases)
  mutating func `damaged codes are named, and a compaction makes them anew`(damage: Damage) throws {
    let writer = try open()
    try writer.append(Array(1...600), source.vectors(600))
    try writer.compact()
    try writer.buildCodes()
    let segment = try #require(writer.snapshot.segments.first)
    let codes = SegmentCodes.name(segment.id)
    let path = writer.folder + "/" + codes
    var bytes = Array(try Data(contentsOf: URL(filePath: path)))
    damage.strike(&bytes)
    try FileManager.default.removeItem(atPath: path)
    try Data(bytes).write(to: URL(filePath: path))
    let check = try IndexCheck.run(folder: writer.folder, queries: 0)
    #expect(check.damagedCodes == [codes])
    #expect(check.uncoded == 0)
    try checkRepair(of: "damaged", copying: writer.folder)
    try FileManager.default.removeItem(atPath: path)
    let missing = try IndexCheck.run(folder: writer.folder, queries: 0)
    #expect(missing.damagedCodes.isEmpty)
    #expect(missing.uncoded == 1)
    try checkRepair(of: "missing", copying: writer.folder)
    // A file of an older version is as good as none.
    try Data(Array("VITRCOD1".utf8) + bytes.dropFirst(8)).write(to: URL(filePath: path))
    #expect(try IndexCheck.run(folder: writer.folder, queries: 0) == missing)
  }

  private func checkRepair(of name: String, copying folder: String) throws {
    let copy = self.folder.path + "/" + name
    try FileManager.default.copyItem(atPath: folder, toPath: copy)
    let writer = try open(name)
    let contents = writer.snapshot.contents
    try writer.compact()
    try writer.tend()
    #expect(writer.snapshot.contents == contents)
    #expect(writer.snapshot.codedSegments.count == 1)
    let check = try IndexCheck.run(folder: copy, queries: 2)
    #expect(check.damagedCodes.isEmpty && check.uncoded == 0 && check.differences == 0)
  }

  @Test(arguments: VectorElement.allCases)
  mutating func `damage is not copied into a new segment or another index`(
    element: VectorElement
  ) throws {
    let writer = try open("index", element)
    try writer.append(Array(1...600), source.vectors(600))
    try writer.compact()
    try writer.delete(keys: [7])
    let damaged = try #require(writer.snapshot.segments.first).mapping.file.path
    try patch(damaged) { $0[$0.count - 999] ^= 4 }
    let names = try FileManager.default.contentsOfDirectory(atPath: writer.folder)
    let expected = IndexError.corrupt(
      file: damaged, offset: 64, reason: "a record's checksum or order")
    #expect(throws: expected) { try writer.compact() }
    let after = try FileManager.default.contentsOfDirectory(atPath: writer.folder)
    #expect(Set(names).isSubset(of: after))
    let other = try open("other", element)
    #expect(throws: expected) { try other.merge(from: writer.folder) }
    #expect(other.snapshot.count == 0)
    try patch(damaged) { $0[$0.count - 999] ^= 4 }
    try writer.compact()
    #expect(try other.merge(from: writer.folder).added == 599)
  }

  @Test(arguments: VectorElement.allCases, [3, .infinity, .nan] as [Float])
  mutating func `a vector of another length is found though its checksum is right`(
    element: VectorElement, value: Float
  ) throws {
    let writer = try open("index", element)
    let rows = source.vectors(300)
    try writer.append(Array(1...300), rows)
    try writer.compact()
    let path = try #require(writer.snapshot.segments.first).mapping.file.path
    // A component of the first vector, or its scale.
    var place = 0
    try patch(path) { bytes in
      let raw = UnsafeRawBufferPointer(bytes)
      let salt = try #require(
        try? SegmentHeader(decoding: UnsafeRawBufferPointer(rebasing: raw[0..<64]), file: path)
      ).salt
      var record = try #require(
        RecordHeader(
          decoding: UnsafeRawBufferPointer(rebasing: raw[64...]), salt: salt,
          rows: writer.layout))
      place = 128 + record.keysLength
      bytes.put(value.bitPattern, at: place)
      record.vectorsChecksum = raw.checksum(place..<64 + record.length)
      record.encode(into: UnsafeMutableRawBufferPointer(rebasing: bytes[64...]), salt: salt)
    }
    let expected = IndexError.corrupt(
      file: path, offset: place, reason: "the vector of key 1 is not of unit length")
    #expect(throws: expected) { try IndexCheck.run(folder: writer.folder, queries: 0) }
    #expect(throws: expected) { try open("other", element).merge(from: writer.folder) }
    var query = rows[0]
    if element == .f32 { query[0] = 100 }
    let request = SearchRequest(query: query, k: 300)
    if value.isNaN {
      #expect(try writer.snapshot.search(request).hits.count == 299)
    } else {
      #expect(throws: expected) { try writer.snapshot.search(request) }
      #expect(throws: expected) { try writer.snapshot.search([request, request]) }
    }
    // Once it is replaced nothing is wrong any more.
    try writer.append([1], [rows[0]])
    try writer.compact()
    #expect(try IndexCheck.run(folder: writer.folder, queries: 0).vectors == 300)
  }

  /// Changes a file in place: what has mapped it sees the change.
  private func patch(
    _ path: String, _ body: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    let file = try FileHandle(forUpdating: URL(filePath: path))
    var bytes = Array(try #require(try file.readToEnd()))
    try bytes.withUnsafeMutableBytes(body)
    try file.seek(toOffset: 0)
    try file.write(contentsOf: bytes)
    try file.close()
  }

  private func flip(_ path: String, fromEnd place: Int) throws {
    var bytes = Array(try Data(contentsOf: URL(filePath: path)))
    bytes[bytes.count - place] ^= 4
    // A new file: the old one is mapped.
    try FileManager.default.removeItem(atPath: path)
    try Data(bytes).write(to: URL(filePath: path))
  }

  @Test(arguments: VectorElement.allCases)
  mutating func `the vectors of another index are taken in, whose own win`(
    element: VectorElement
  ) throws {
    let writer = try open("index", element)
    let other = try open("other", element)
    let (mine, theirs) = (source.vectors(300), source.vectors(200))
    try writer.append(Array(1...300), mine)
    try other.append(Array(201...400), theirs)
    try other.delete(keys: [399])
    let receipt = try writer.merge(from: other.folder)
    #expect(receipt.added == 99)
    #expect(receipt.replaced == 100)
    var oracle = Oracle(element: element)
    oracle.append(Array(1...300), mine)
    oracle.append(Array(201...400), theirs)
    oracle.delete([399])
    #expect(writer.snapshot.contents == oracle.vectors)
    #expect(try writer.merge(from: other.folder).unchanged == 199)
    #expect(try writer.merge(from: folder.path + "/none").added == 0)
    for (model, strange) in [("n", element), ("m", element == .i8 ? .f32 : .i8)] {
      let stranger = try IndexWriter(
        folder: folder.path + "/stranger-" + model,
        identity: IndexIdentity(model: model, dimension: 64, element: strange))
      #expect(
        throws: IndexError.identityMismatch(
          folder: stranger.folder, found: stranger.identity, wanted: writer.identity)
      ) { try writer.merge(from: stranger.folder) }
    }
  }

  @Test mutating func `the shape tells segments and how even their cells are`() throws {
    let writer = try open()
    try writer.append(Array(1...1000), source.vectors(1000))
    try writer.compact()
    try writer.buildCodes()
    try writer.append([1, 2000], source.vectors(2))
    let shape = writer.snapshot.shape
    #expect(shape.reduce(0) { $0 + $1.vectors } == 1001)
    #expect(shape.map(\.isSealed) == [true, false])
    #expect(shape.map(\.dead) == [1, 0])
    let cells = try #require(shape[0].cells)
    #expect(cells.count == 40)
    #expect((1..<3).contains(cells.imbalance))
    #expect(cells.largest >= 25)
    #expect(shape[1].cells == nil)
  }
}
