import Catalog
import Support
import Testing

@testable import Vision

struct DuplicateTests {
  private static let tints: [Drawing.Colour] = [
    (150, 60, 60), (60, 90, 160), (80, 140, 80), (200, 180, 90), (60, 60, 70),
  ]

  private static func fingerprint(_ drawing: Drawing, quality: Int = 88) throws -> Fingerprint {
    Fingerprint(of: try drawing.encoded(quality: quality).picture)
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `copies of a photo are the same picture`(seed: UInt64) throws {
    let original = Drawing.garment(seed: seed, tint: Self.tints[Int(seed) % 5])
    let print = try Self.fingerprint(original)
    let copies: [(String, Drawing, Int)] = [
      ("quality 40", original, 40), ("60 %", original.resized(0.6), 88),
      ("padded", original.paddedToSquare(), 88), ("cropped", original.cropped(), 88),
      ("cropped by 3 %", original.cropped(0.03), 88), ("marked", original.watermarked(), 88),
      ("small, poor and marked", original.resized(0.8).watermarked(), 45),
    ]
    for (name, copy, quality) in copies {
      let likeness = Likeness(print, try Self.fingerprint(copy, quality: quality))
      #expect(likeness.isSamePicture, "\(name): \(likeness)")
    }
  }

  @Test func `colourways and mirrored photos stay apart`() throws {
    for seed in 0..<3 as Range<UInt64> {
      let prints = try Self.tints.map { try Self.fingerprint(.garment(seed: seed, tint: $0)) }
      for i in prints.indices {
        for j in 0..<i { #expect(!Likeness(prints[i], prints[j]).isSamePicture) }
      }
      let drawing = Drawing.garment(seed: seed, tint: Self.tints[0])
      #expect(!Likeness(prints[0], try Self.fingerprint(drawing.mirrored())).isSamePicture)
    }
  }

  @Test func `different garments stay apart`() throws {
    let prints = try (100..<130 as Range<UInt64>).map {
      try Self.fingerprint(.garment(seed: $0, tint: Self.tints[1]))
    }
    for i in prints.indices {
      for j in 0..<i { #expect(!Likeness(prints[i], prints[j]).isSamePicture, "\(i) and \(j)") }
    }
  }

  @Test func `the index finds what a comparison of all pairs finds`() throws {
    var prints: [Fingerprint] = []
    for seed in 0..<5 as Range<UInt64> {
      let drawing = Drawing.garment(seed: seed, tint: Self.tints[Int(seed) % 5]).resized(0.5)
      for copy in [drawing, drawing.cropped(0.03), drawing.watermarked(), drawing.paddedToSquare()]
      {
        prints.append(try Self.fingerprint(copy))
      }
    }
    // Many hashes near one, so that the list of candidates outgrows its first room.
    for bit in 0..<64 {
      var near = prints[0]
      near.perceptual ^= 1 << UInt64(bit)
      prints.append(near)
    }
    var index = DuplicateIndex()
    for (i, print) in prints.enumerated() {
      let isAdded = index.add(id: Int64(1000 + i), print)
      #expect(isAdded)
    }
    #expect(index.count == prints.count)
    for (i, print) in prints.enumerated() {
      let wanted = prints.indices.filter { Likeness(print, prints[$0]).isSamePicture }
      #expect(index.matches(of: print) == wanted.map { Int64(1000 + $0) })
      #expect(wanted.contains(i))
      for j in wanted { #expect(Likeness(prints[j], print).isSamePicture) }
    }
    let isAdded = index.add(id: 1, Fingerprint(perceptual: 0, colour: []))
    #expect(!isAdded && index.count == prints.count)
  }

  @Test func `a fingerprint survives storage`() throws {
    let print = try Self.fingerprint(.garment(seed: 1, tint: Self.tints[0]))
    #expect(print.bytes.count == 297)
    #expect(Fingerprint(bytes: print.bytes) == print)
    #expect(Fingerprint(bytes: Array(print.bytes.dropLast())) == nil)
    #expect(Fingerprint(bytes: [2] + print.bytes.dropFirst()) == nil)
    #expect(Fingerprint(bytes: []) == nil)
  }

  @Test func `one uniform colour has a fingerprint too`() {
    let blank = Drawing(width: 40, height: 30) { _, _ in (200, 200, 200) }
    #expect(Likeness(Fingerprint(of: blank.picture), Fingerprint(of: blank.picture)).isSamePicture)
  }
}
