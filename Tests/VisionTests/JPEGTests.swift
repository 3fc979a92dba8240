import Catalog
import Support
import Testing

@testable import Vision

struct JPEGTests {
  private struct Outcome: Equatable {
    /// What our own reader gives, where it takes the file.
    var own: [UInt8]?
    var library: [UInt8]?
  }

  private func outcome(_ bytes: [UInt8]) -> Outcome {
    bytes.withUnsafeBufferPointer { buffer in
      guard let file = try? JPEGFile(Bytes(base: buffer), .standard) else { return Outcome() }
      return Outcome(own: file.eighth(), library: try? file.scaled(by: 8))
    }
  }

  private static let noise: Picture = {
    var random = SeededGenerator(seed: 11)
    let levels: [Int] = [0, 1, 128, 255]
    return Drawing(width: 90, height: 50) { x, _ in
      let level =
        x < 40 ? levels.randomElement(using: &random) ?? 0 : .random(in: 0...255, using: &random)
      return (level, .random(in: 0...255, using: &random), 128)
    }.picture
  }()

  private static let usual: [[UInt8]] =
    [
      Fixture.jpegWholeChroma, Fixture.jpegNarrowChroma, Fixture.jpegLowChroma,
      Fixture.jpegRestarts, Fixture.jpegGrey, Fixture.jpegOwnCodes,
    ]
    // Blocks that are full to their last coefficient, and codes of up to 16 bits.
    + [100, 97].map { noise.jpeg(quality: $0) }
    + [(301, 200, 95), (64, 97, 60), (33, 17, 20), (8, 8, 90)].enumerated().map { seed, told in
      let garment = Drawing.garment(seed: UInt64(seed), tint: (190, 120, 40)).picture
      return garment.resized(width: told.0, height: told.1).jpeg(quality: told.2)
    }

  @Test(arguments: usual)
  func `at an eighth the usual files have the library's pixels to the bit`(file: [UInt8]) throws {
    let outcome = outcome(file)
    let own = try #require(outcome.own)
    #expect(own == outcome.library)
  }

  @Test(arguments: usual)
  func `what is read of changed bytes is what the library reads`(file: [UInt8]) {
    var random = SeededGenerator(seed: 5)
    var taken = 0
    for _ in 0..<200 {
      var changed = file
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        changed[.random(in: 2..<changed.count, using: &random)] ^=
          1 << UInt8.random(in: 0..<8, using: &random)
      }
      let outcome = outcome(changed)
      guard let own = outcome.own else { continue }
      taken += 1
      #expect(own == outcome.library)
    }
    #expect(taken > 0)
  }

  @Test(arguments: [Fixture.jpegProgressive, Fixture.jpegCMYK, Fixture.jpegYCCK])
  func `other files are left to the library`(file: [UInt8]) {
    let outcome = outcome(file)
    #expect(outcome.own == nil)
    #expect(outcome.library != nil)
  }

  @Test func `a file that ends before its last block is left to the library`() {
    let whole = Fixture.jpegWholeChroma
    for cut in stride(from: 3, to: 200, by: 7) {
      #expect(outcome(whole.dropLast(cut + 2) + [0xFF, 0xD9]).own == nil)
    }
  }
}
