import CKernels
import Support
import Testing

@testable import VectorSearch

struct KernelTests {
  @Test(arguments: [8, 15, 16, 17, 31, 100, 512, 1280])
  func `every kernel scores with the bits of the definition`(dimension: Int) {
    var source = VectorSource(dimension: dimension, seed: UInt64(dimension))
    let rows = VectorSource.Shape.allCases.flatMap { source.vectors(3, $0) }.map(Oracle.unit)
    let query = Oracle.unit(source.uniform())
    let expected = rows.map { Float(Oracle.dot($0, query)) }
    let flat = rows.flatMap { $0 }
    let offsets = rows.indices.map { UInt32($0 * dimension) }
    for simd in [VITRINE_PORTABLE, VITRINE_AVX2, VITRINE_AVX512] {
      for count in [1, 2, 3, rows.count] {
        var scores = [Float](repeating: .nan, count: count)
        vitrine_score_rows_with(
          simd, flat, offsets, count, query.map(Double.init), dimension, &scores)
        #expect(scores.map(\.bitPattern) == expected.prefix(count).map(\.bitPattern))
      }
    }
    #expect(Float(vitrine_dot(flat, query, dimension)) == expected[0])
  }

  @Test func `the checksum is CRC-32C on every path`() {
    // RFC 3720, appendix B.4.
    #expect(vitrine_crc32c(0, [UInt8](repeating: 0, count: 32), 32) == 0x8A91_36AA)
    #expect(vitrine_crc32c(0, [UInt8](repeating: 0xFF, count: 32), 32) == 0x62A8_AB43)
    #expect(vitrine_crc32c(0, [UInt8](0..<32), 32) == 0x46DD_794E)
    #expect(vitrine_crc32c_portable(0, [UInt8](0..<32), 32) == 0x46DD_794E)
    var random = SeededGenerator(seed: 1)
    let bytes = (0..<10_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    for length in [0, 1, 7, 8, 63, 3071, 3072, 3073, 6151, 10_000] {
      let whole = vitrine_crc32c_portable(0, bytes, length)
      #expect(vitrine_crc32c(0, bytes, length) == whole)
      let half = length / 2
      let first = vitrine_crc32c(0, bytes, half)
      let both = bytes.withUnsafeBufferPointer {
        vitrine_crc32c(first, $0.baseAddress! + half, length - half)
      }
      #expect(both == whole)
    }
  }

  @Test(arguments: VectorSource.Shape.allCases)
  func `bringing a vector to unit length twice changes nothing`(shape: VectorSource.Shape) throws {
    var source = VectorSource(dimension: 77, seed: 3)
    for vector in source.vectors(200, shape) {
      let once = try #require(UnitVector.normalised(vector))
      #expect(once == Oracle.unit(vector))
      #expect(abs(Oracle.dot(once, once) - 1) < 0x1p-22)
      #expect(UnitVector.normalised(once) == once)
    }
  }

  @Test func `a vector without a direction is none`() {
    let bad: [Float] = [0, .nan, .infinity, -.infinity]
    for value in bad {
      var vector = [Float](repeating: 0, count: 8)
      vector[7] = value
      #expect(UnitVector.normalised(vector) == nil)
      #expect(UnitVector.normalised(vector.map(Double.init)) == nil)
    }
  }
}
