import Foundation
import Support
import Testing

@testable import VectorSearch

/// Indexes of each type of components, as they were first released: these bytes open forever.
struct FormatTests {
  private let folder = TemporaryFolder()

  /// Three vectors and a tombstone in a sealed segment, a replaced vector in the growing one.
  /// A row of zeros is written `*n`, n being its bytes.
  private static let golden: [VectorElement: [String: String]] = [
    .f32: [
      "MANIFEST": """
      5649545249445831010000000800000015e5b03563f08d4c02 *7 03 *7 02 *11
      0200000006000000676f6c64656e000001 *7 c001 *6 02 *15 1784dff9
      """,
      "segment-0000000000000001": """
      5649545253454731010000000800000015e5b03563f08d4c01 *7 4208b3e4cee3c648 *20
      6079378456524543010000004208b3e4cee3c64801 *11 03 *4 01 *6 08000000f5e2e4dc15033054 *8
      5774d4ae01 *7 02 *12 01 *44 803f *32 9a99193fcdcc4c3f *34 80bf *48
      56524543020000004208b3e4cee3c64802 *7 010000000100000080 *7 080000006335d5eb *12
      7cc4c97702 *63
      """,
      "segment-0000000000000002": """
      5649545253454731010000000800000015e5b03563f08d4c02 *7 0b55f9d4c2c5e3da *20
      75f0288956524543010000000b55f9d4c2c5e3da03 *11 01000000c0 *7 080000006504c6775749daf6 *8
      cfbf77ab01 *67 9a99193fcdcc4c3f *52
      """,
    ],
    .f16: [
      "MANIFEST": """
      564954524944583103 *3 08 *3 8aa4bb98e806281302 *7 03 *7 02 *7 01 *3 02 *3 06 *3
      676f6c64656e *2 01 *7 8001 *6 02 *15 24319c51
      """,
      "segment-0000000000000001": """
      564954525345473102 *3 08 *3 8aa4bb98e806281301 *7 982a96fb2958e58401 *19
      98e1e6155652454301 *3 982a96fb2958e58401 *11 03 *3 c0 *7 08 *3 f5e2e4dcb1a480ca *9
      8dce3901 *7 02 *12 01 *44 803f003c *14 3303803f *2 cd38663a *12 803f *7 bc *12 5652454302
      *3 982a96fb2958e58402 *7 01 *3 01 *3 80 *7 08 *3 6335d5eb *12 2159d9bf02 *63
      """,
      "segment-0000000000000002": """
      564954525345473102 *3 08 *3 8aa4bb98e806281302 *7 4ba6ab7277c9467601 *19
      a4af21a25652454301 *3 4ba6ab7277c9467603 *11 01 *3 c0 *7 08 *3 6504c6777d468fab *8
      a64204f501 *63 3303803f *2 cd38663a *54
      """,
    ],
    .i8: [
      "MANIFEST": """
      564954524944583103 *3 08 *3 59998f37d55e06f802 *7 03 *7 02 *7 02 *3 02 *3 06 *3
      676f6c64656e *2 01 *7 8001 *6 02 *15 3aea4508
      """,
      "segment-0000000000000001": """
      564954525345473102 *3 08 *3 59998f37d55e06f801 *7 c3308a55507dd4dc02 *19
      bc373c365652454301 *3 c3308a55507dd4dc01 *11 03 *3 c0 *7 08 *3 f5e2e4dc74f12a65 *8
      7df4e1af01 *7 02 *12 01 *42 0402013c7f *7 8f9bce3b005f7f *5 0402013c *3 81 *32 5652454302
      *3 c3308a55507dd4dc02 *7 01 *3 01 *3 80 *7 08 *3 6335d5eb *12 e33a971d02 *63
      """,
      "segment-0000000000000002": """
      564954525345473102 *3 08 *3 59998f37d55e06f802 *7 cf7c290a091b202002 *19
      a8c631695652454301 *3 cf7c290a091b202003 *11 01 *3 c0 *7 08 *3 6504c67746ae1f8b *8
      d36daa7201 *63 8f9bce3b005f7f *57
      """,
    ],
  ]

  private static let one: [Float] = [1, 0, 0, 0, 0, 0, 0, 0]
  private static let two: [Float] = [0, 3, 4, 0, 0, 0, 0, 0]
  private static let three: [Float] = [0, 0, 0, -1, 0, 0, 0, 0]

  private static func bytes(_ text: String) throws -> [UInt8] {
    try text.split(whereSeparator: \.isWhitespace).flatMap { word -> [UInt8] in
      if word.hasPrefix("*") {
        return [UInt8](repeating: 0, count: try #require(Int(word.dropFirst())))
      }
      let digits = Array(word)
      return try stride(from: 0, to: digits.count, by: 2).map {
        try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
      }
    }
  }

  private static func identity(_ element: VectorElement) throws -> IndexIdentity {
    try IndexIdentity(model: "golden", dimension: 8, element: element)
  }

  private func writeGolden(_ element: VectorElement) throws -> [String: String] {
    let files = try #require(Self.golden[element])
    for (name, text) in files { try Data(Self.bytes(text)).write(to: folder.file(name)) }
    return files
  }

  @Test(arguments: VectorElement.allCases)
  func `an index as it was released opens and grows`(element: VectorElement) throws {
    _ = try writeGolden(element)
    let two = Oracle.stored(Oracle.unit(Self.two), element)
    let expected: [UInt64: [Float]] = [1: two, 1 << 40: Self.three]
    let reader = try IndexReader(folder: folder.path)
    #expect(reader.snapshot.contents == expected)
    #expect(reader.snapshot.generation == 3)
    let identity = try Self.identity(element)
    #expect(reader.snapshot.identity == identity)
    let writer = try IndexWriter(folder: folder.path, identity: identity)
    try writer.append([2], [Self.one])
    #expect(try reader.refresh())
    let one = Oracle.stored(Self.one, element)
    #expect(reader.snapshot.contents == expected.merging([2: one]) { $1 })
  }

  @Test(arguments: VectorElement.allCases)
  func `the same changes are written as the same bytes but for what is random`(
    element: VectorElement
  ) throws {
    let writer = try IndexWriter(
      folder: folder.path, identity: Self.identity(element), segmentLimit: 500)
    try writer.append([1, 2, 1 << 40], [Self.one, Self.two, Self.three])
    try writer.delete(keys: [2])
    try writer.append([1], [Self.two])
    for (name, text) in try #require(Self.golden[element]) {
      var written = Array(try Data(contentsOf: folder.file(name)))
      var golden = try Self.bytes(text)
      // Index id, salts, and the checksums over them.
      var random = [16..<24, written.count - 4..<written.count]
      if name != Manifest.name {
        random = [16..<24, 32..<40, 60..<64]
        for start in stride(from: 64, to: golden.count, by: 64)
        where golden[start..<start + 4].elementsEqual("VREC".utf8) {
          random += [start + 8..<start + 16, start + 60..<start + 64]
        }
      }
      for place in random.joined() where place < golden.count {
        written[place] = 0
        golden[place] = 0
      }
      #expect(written == golden, "\(name)")
    }
  }

  @Test(arguments: VectorElement.allCases)
  func `a newer format is told apart from damage`(element: VectorElement) throws {
    for (name, _) in try writeGolden(element) {
      var bytes = Array(try Data(contentsOf: folder.file(name)))
      let whole = bytes
      bytes[8] = 9
      try Data(bytes).write(to: folder.file(name))
      #expect(
        throws: IndexError.unsupportedVersion(
          file: folder.path + "/" + name, found: 9, supported: name == Manifest.name ? 3 : 2)
      ) { try IndexReader(folder: folder.path) }
      try Data(whole).write(to: folder.file(name))
    }
  }

  @Test func `a manifest is of the oldest version that can say what it does`() throws {
    var manifest = Manifest(
      identity: try IndexIdentity(model: "m", dimension: 8), indexID: 7, nextSegmentID: 3,
      entries: [Manifest.Entry(id: 1, length: 1 << 30), Manifest.Entry(id: 2, length: 0)])
    for (length, version) in [(1 << 30, 1), (1 << 30 + 64, 2)] as [(Int, UInt8)] {
      manifest.entries[0].length = length
      let bytes = manifest.encoded()
      #expect(bytes[8] == version)
      let decoded = try bytes.withUnsafeBytes { try Manifest(decoding: $0, file: "") }
      #expect(decoded == manifest)
    }
    manifest.identity = try Self.identity(.f16)
    #expect(manifest.encoded()[8] == 3)
  }
}
