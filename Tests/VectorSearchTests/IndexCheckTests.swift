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
