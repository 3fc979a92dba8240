import Catalog
import Foundation
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

  @Test(arguments: 0..<3 as Range<UInt64>)
  func `copies of a photo are the same picture and are found`(seed: UInt64) throws {
    let original = Drawing.garment(seed: seed, tint: Self.tints[Int(seed) % 5])
    let print = try Self.fingerprint(original)
    var index = DuplicateIndex()
    index.add(id: 7, print)
    let copies: [(String, Drawing, Int)] = [
      ("quality 40", original, 40), ("60 %", original.resized(0.6), 88),
      ("padded", original.paddedToSquare(), 88), ("cropped by 2 %", original.cropped(), 88),
      ("cropped by 5 %", original.cropped(0.05), 88),
      ("cropped by 10 %", original.cropped(0.1), 88),
      ("marked", original.watermarked(), 88), ("mirrored", original.mirrored(), 88),
      ("darker", original.lit(0.8), 88), ("brighter", original.lit(1.1), 88),
      ("small, poor and marked", original.resized(0.8).watermarked(), 45),
      ("mirrored, cropped and dark", original.mirrored().cropped(0.04).lit(0.9), 80),
    ]
    for (name, copy, quality) in copies {
      let other = try Self.fingerprint(copy, quality: quality)
      let likeness = Likeness(print, other)
      #expect(likeness.isSamePicture, "\(name): \(likeness)")
      #expect(Likeness(other, print).isSamePicture, "\(name), the other way round")
      #expect(index.matches(of: other) == [7], "\(name)")
    }
  }

  @Test func `a copy is in more doubt than the picture itself, another picture in none`() throws {
    let original = Drawing.garment(seed: 1, tint: Self.tints[1])
    let print = try Self.fingerprint(original)
    let itself = try #require(Likeness.doubt(print, print))
    #expect(itself >= 0 && itself < 0.01)
    for copy in [original.resized(0.5), original.cropped(0.08), original.watermarked()] {
      let other = try Self.fingerprint(copy, quality: 50)
      let doubt = try #require(Likeness.doubt(print, other))
      #expect(doubt > itself && doubt <= 1)
      #expect(Likeness.doubt(other, print) == doubt)
    }
    let another = try Self.fingerprint(Drawing.garment(seed: 2, tint: Self.tints[1]))
    #expect(Likeness.doubt(print, another) == nil)
  }

  @Test func `a detail is another picture, whichever comes first`() throws {
    for seed in UInt64(1)...4 {
      let original = Drawing.garment(seed: seed, tint: Self.tints[0])
      let whole = try Self.fingerprint(original)
      let detail = try Self.fingerprint(original.cropped(0.18))
      for (first, second) in [(whole, detail), (detail, whole)] {
        #expect(!Likeness(first, second).isSamePicture)
        var index = DuplicateIndex()
        index.add(id: 1, first)
        #expect(index.matches(of: second) == [])
      }
    }
  }

  @Test func `whether two pictures are one does not depend on which is asked about`() throws {
    var same = 0
    for seed in 0..<3 as Range<UInt64> {
      let original = Drawing.garment(seed: seed, tint: Self.tints[3]).resized(0.5)
      let prints = try [
        original, original.cropped(0.1), original.captioned(at: 0.06), original.lit(1.25),
        original.watermarked().cropped(0.07), original.mirrored().cropped(0.08).lit(0.7),
        original.captioned(at: 0.45, height: 0.1), original.cropped(0.15),
        Drawing.garment(seed: seed, tint: Self.tints[2]).resized(0.5),
        Drawing.garment(seed: seed + 3, tint: Self.tints[3]).resized(0.5),
      ].map { try Self.fingerprint($0) }
      for (a, b) in prints.indices.flatMap({ i in (0..<i).map { (prints[i], prints[$0]) } }) {
        let isSame = Likeness(a, b).isSamePicture
        #expect(Likeness(b, a).isSamePicture == isSame)
        for (first, second) in [(a, b), (b, a)] {
          var index = DuplicateIndex()
          index.add(id: 1, first)
          if !isSame { #expect(index.matches(of: second) == []) }
        }
        same += isSame ? 1 : 0
      }
    }
    #expect(same > 30)
  }

  /// Windows that leave 2, 10 or 18 % off each side were all of them too far from crops by 5 %.
  @Test func `crops by any share are found, whichever came first`() throws {
    for seed in 0..<4 as Range<UInt64> {
      let original = Drawing.garment(seed: seed, tint: Self.tints[Int(seed)])
      let whole = try Self.fingerprint(original)
      for share in 1...10 {
        let part = try Self.fingerprint(original.cropped(Double(share) / 100))
        for (first, second) in [(whole, part), (part, whole)] {
          var index = DuplicateIndex()
          index.add(id: 1, first)
          #expect(index.matches(of: second) == [1], "seed \(seed), \(share) %")
        }
      }
    }
  }

  @Test func `pictures of far contrasts must fit better`() throws {
    let original = Drawing.garment(seed: 1, tint: Self.tints[1])
    let print = try Self.fingerprint(original)
    let (near, far) = try (
      Likeness(print, Self.fingerprint(original.lit(0.8))),
      Likeness(print, Self.fingerprint(original.lit(0.4)))
    )
    #expect(near.isSamePicture && near.maxDetail == Likeness(print, print).maxDetail)
    #expect(far.maxDetail < 0.7 * near.maxDetail)
  }

  @Test func `what was done to a picture is told`() throws {
    let original = Drawing.garment(seed: 2, tint: Self.tints[0])
    let print = try Self.fingerprint(original)
    let part = try Self.fingerprint(original.cropped(0.1).mirrored().lit(0.8))
    let edit = try #require(Likeness(print, part).edit)
    #expect(edit.isMirrored)
    #expect(abs(edit.scale - 0.8) < 0.02, "\(edit)")
    #expect(abs(edit.turned) < 0.5)
    #expect(abs(edit.gain - 0.8) < 0.05 && edit.overlap == 1)
    #expect(edit.shift.allSatisfy { abs($0) < 0.01 })
    let whole = try #require(Likeness(part, print).edit)
    #expect(whole.isMirrored && abs(whole.scale - 1.25) < 0.02 && abs(whole.overlap - 0.64) < 0.08)
    let likeness = Likeness(print, part)
    let text = try JSONEncoder().encode(likeness)
    #expect(try JSONDecoder().decode(Likeness.self, from: text) == likeness)
  }

  @Test func `a caption and clipped light are set aside, and that is told`() throws {
    var looks: Set<Likeness.Look> = []
    for seed in 0..<5 as Range<UInt64> {
      let original = Drawing.garment(seed: seed, tint: Self.tints[3])
      let print = try Self.fingerprint(original)
      for (copy, look) in [
        (original.captioned(at: 0.06), Likeness.Look.withoutTop),
        (original.captioned(at: 0.85, height: 0.1), .withoutBottom), (original.lit(1.25), .lit),
      ] {
        let other = try Self.fingerprint(copy)
        for likeness in [Likeness(print, other), Likeness(other, print)] {
          #expect(likeness.isSamePicture, "\(seed), \(look): \(likeness)")
          #expect([look, .whole].contains(likeness.look))
          looks.insert(likeness.look)
        }
        var index = DuplicateIndex()
        index.add(id: 7, print)
        #expect(index.matches(of: other) == [7])
      }
    }
    #expect(looks.isSuperset(of: [.withoutTop, .withoutBottom, .lit]))
    let original = Drawing.garment(seed: 1, tint: Self.tints[3])
    let print = try Self.fingerprint(original)
    let lit = Likeness(print, try Self.fingerprint(original.lit(1.25)))
    let gain = try #require(lit.edit).gain
    #expect(lit.look == .lit && abs(gain - 1.25) < 0.05)
    // In the middle it is the garment that differs.
    #expect(
      !Likeness(print, try Self.fingerprint(original.captioned(at: 0.45, height: 0.2)))
        .isSamePicture)
  }

  @Test func `a paler garment on white paper is another one, whatever the light`() throws {
    func onPaper(_ gain: Double) throws -> Fingerprint {
      let garment = Drawing.garment(seed: 4, tint: (200, 180, 150))
      let floor = Drawing.garment(seed: 4, tint: (0, 0, 0))
      return try Self.fingerprint(
        Drawing(width: garment.width, height: garment.height) { x, y in
          let colour = garment.colour(x, y)
          guard colour != floor.colour(x, y) else { return (255, 255, 255) }
          func level(_ value: Int) -> Int { Int(Double(value) * gain) }
          return (level(colour.red), level(colour.green), level(colour.blue))
        })
    }
    let likeness = Likeness(try onPaper(1), try onPaper(1.3))
    #expect(likeness.decision != .same && likeness.look == .whole, "\(likeness)")
  }

  @Test func `colourways stay apart, and colour is what decides`() throws {
    for seed in 0..<3 as Range<UInt64> {
      let prints = try Self.tints.map { try Self.fingerprint(.garment(seed: seed, tint: $0)) }
      for i in prints.indices {
        for j in 0..<i { #expect(!Likeness(prints[i], prints[j]).isSamePicture) }
      }
    }
    let dyed = try [(150, 60, 60), (90, 86, 60)].map {
      try Self.fingerprint(.garment(seed: 1, tint: $0))
    }
    let likeness = Likeness(dyed[0], dyed[1])
    #expect(likeness.decision == .colour)
    #expect(try #require(likeness.colour) > likeness.maxColour)
  }

  @Test func `different garments stay apart`() throws {
    let prints = try (100..<130 as Range<UInt64>).map {
      try Self.fingerprint(.garment(seed: $0, tint: Self.tints[1]))
    }
    for i in prints.indices {
      for j in 0..<i { #expect(!Likeness(prints[i], prints[j]).isSamePicture, "\(i) and \(j)") }
    }
  }

  /// A dark garment on a bright floor: its outline alone makes nine tenths of the luma's variance.
  @Test func `two garments of one outline are told apart by what is on them`() throws {
    func onFloor(_ folds: @escaping (Double, Double) -> Double) -> Drawing {
      Drawing(width: 240, height: 320) { x, y in
        let (x, y) = (Double(x), Double(y))
        let isGarment = x > 110 && y > 130 && x + y > 280
        let level = Int((isGarment ? 45 : 205) + 9 * folds(x, y))
        return (level, level, level)
      }
    }
    let one = onFloor { x, y in sin((x + y) / 9) }
    let other = onFloor { x, y in sin((x - y) / 9) }
    let likeness = Likeness(try Self.fingerprint(one), try Self.fingerprint(other))
    #expect(likeness.decision == .texture, "\(likeness)")
    #expect(likeness.structure < Likeness.maxStructure / 2)
    #expect(try #require(likeness.detail) < likeness.maxDetail)
    for copy in [one.resized(0.5), one.lit(0.8), one.cropped(0.04), one.watermarked()] {
      let likeness = Likeness(
        try Self.fingerprint(one), try Self.fingerprint(copy, quality: 45))
      #expect(likeness.isSamePicture, "\(likeness)")
      #expect(try #require(likeness.texture) < likeness.maxTexture)
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
    var index = DuplicateIndex()
    for (i, print) in prints.enumerated() {
      let isAdded = index.add(id: Int64(1000 + i), print)
      #expect(isAdded)
    }
    #expect(index.count == prints.count)
    for (i, print) in prints.enumerated() {
      let wanted = prints.indices.filter { Likeness(print, prints[$0]).isSamePicture }
      #expect(index.matches(of: print) == wanted.map { Int64(1000 + $0) })
      #expect(wanted.contains(i) && wanted.count >= 4)
      for j in wanted { #expect(Likeness(prints[j], print).isSamePicture) }
    }
    let isAdded = index.add(id: 1, Fingerprint(perceptual: 0, colour: []))
    #expect(!isAdded && index.count == prints.count)
  }

  @Test func `middles are turned down only where no window is likely to show them`() throws {
    let prints = try (0..<12).map { seed in
      try Self.fingerprint(.garment(seed: seed, tint: Self.tints[Int(seed) % 5]).resized(0.3))
    }
    let middles = prints.map { Sketches.middle(of: $0.luma) }
    let all = middles.flatMap(\.rounded)
    var (likely, unlikely) = (0, 0)
    for print in prints {
      let sketches = Sketches.all(of: print.luma)
      for least in [0.5, 0.8, 0.95] as [Float] {
        let kept = sketches.likely(Array(0..<12), among: all, atLeast: least)
        #expect(kept == kept.sorted())
        for (place, middle) in middles.enumerated() {
          let likeness = sketches.likest(to: middle).map(\.likeness).max() ?? -1
          let isKept = kept.contains(UInt32(place))
          if likeness >= least { #expect(isKept) }
          if likeness < least - 0.13 { #expect(!isKept) }
          likely += likeness >= least ? 1 : 0
          unlikely += isKept ? 0 : 1
        }
      }
    }
    #expect(likely > 12 && unlikely > 12)
  }

  /// What a catalog holds of a picture that was taken in by the first version.
  private func coarse(_ print: Fingerprint) throws -> Fingerprint {
    let planes = try #require(print.coarsePlanes)
    return Fingerprint(
      perceptual: print.perceptual, colour: Array(planes[..<32]), luma: Array(planes[32...]))
  }

  @Test func `prints of the first version compare as they did, and with those of the second`()
    throws
  {
    let drawings = (0..<3 as Range<UInt64>).map { Drawing.garment(seed: $0, tint: Self.tints[0]) }
    var index = DuplicateIndex()
    for (i, drawing) in drawings.enumerated() {
      let isAdded = index.add(id: Int64(i), try coarse(Self.fingerprint(drawing)))
      #expect(isAdded)
    }
    for (i, drawing) in drawings.enumerated() {
      let copy = try Self.fingerprint(drawing.resized(0.7).watermarked(), quality: 60)
      #expect(index.matches(of: copy) == [Int64(i)])
      #expect(index.matches(of: try coarse(copy)) == [Int64(i)])
      #expect(Likeness(copy, try coarse(Self.fingerprint(drawing))).isSamePicture)
      let mirrored = try Self.fingerprint(drawing.mirrored())
      #expect(index.matches(of: mirrored) == [])
    }
  }

  @Test func `a fingerprint survives storage`() throws {
    let print = try Self.fingerprint(.garment(seed: 1, tint: Self.tints[0]))
    #expect(print.bytes.count == 1_547 && print.bytes.first == 2)
    #expect(Fingerprint(bytes: print.bytes) == print)
    #expect(Fingerprint(bytes: Array(print.bytes.dropLast())) == nil)
    #expect(Fingerprint(bytes: [1] + print.bytes.dropFirst()) == nil)
    #expect(Fingerprint(bytes: [3] + print.bytes.dropFirst()) == nil)
    #expect(Fingerprint(bytes: []) == nil)
    let old = try coarse(print)
    #expect(old.bytes.count == 297 && old.bytes.first == 1)
    #expect(Fingerprint(bytes: old.bytes) == old)
  }

  /// Stripes look the same under many windows, and loud colours leave the sRGB cube when their luma is
  /// blurred: both were once no pictures of themselves.
  @Test func `stripes and loud quarters are themselves`() throws {
    let stripes = Drawing(width: 90, height: 60) { x, _ in
      x / 6 % 2 == 0 ? (20, 20, 20) : (230, 200, 30)
    }
    let print = Fingerprint(of: stripes.picture)
    #expect(Likeness(print, print).isSamePicture)
    for file in [Fixture.png, Fixture.gif, Fixture.webpLossless] {
      let print = Fingerprint(of: try Picture(decoding: file))
      #expect(Likeness(print, print).isSamePicture)
    }
  }

  @Test func `one uniform colour has a fingerprint too`() {
    let blank = Drawing(width: 40, height: 30) { _, _ in (200, 200, 200) }
    #expect(Likeness(Fingerprint(of: blank.picture), Fingerprint(of: blank.picture)).isSamePicture)
  }
}
