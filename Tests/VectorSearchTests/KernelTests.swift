import CKernels
import Support
import Testing

@testable import VectorSearch

/// Every variant of a kernel; what a CPU does not have it replaces by a narrower one.
let kernelVariants = [
  VITRINE_PORTABLE, VITRINE_NEON, VITRINE_DOTPROD, VITRINE_AVX2, VITRINE_AVX512, VITRINE_VNNI,
]

/// Runs with kernels that are no wider than `simd`.
func withKernels<R>(_ simd: vitrine_simd, _ body: () throws -> R) rethrows -> R {
  vitrine_limit(simd)
  defer { vitrine_limit(VITRINE_VNNI) }
  return try body()
}

struct KernelTests {
  @Test(arguments: [8, 15, 16, 17, 31, 100, 512, 1280], VectorElement.allCases)
  func `every kernel scores with the bits of the definition`(
    dimension: Int, element: VectorElement
  ) {
    var source = VectorSource(dimension: dimension, seed: UInt64(dimension))
    let units = VectorSource.Shape.allCases.flatMap { source.vectors(3, $0) }.map(Oracle.unit)
    let query = Oracle.unit(source.uniform())
    let layout = RowLayout(dimension: dimension, element: element)
    var rows = [UInt32](repeating: .max, count: units.count * layout.words)
    for (i, unit) in units.enumerated() {
      rows.withUnsafeMutableBufferPointer {
        layout.store(unit, at: $0.baseAddress! + i * layout.words)
      }
    }
    let stored = units.map { Oracle.stored($0, element) }
    for (i, vector) in stored.enumerated() {
      var loaded = [Float](repeating: .nan, count: dimension)
      rows.withUnsafeBufferPointer {
        layout.load($0.baseAddress! + i * layout.words, into: &loaded)
      }
      #expect(loaded == vector)
      #expect(abs(Oracle.dot(vector, vector) - 1) <= 0x1p-22)
    }
    let expected = stored.map { Float(Oracle.dot($0, query)) }
    let other = Oracle.unit(source.uniform())
    let wide = (other + query).map(Double.init)
    let offsets = units.indices.map { UInt32($0 * layout.words) }
    for simd in kernelVariants {
      for count in [1, 2, 3, units.count] {
        var scores = [Float](repeating: .nan, count: count)
        // Each row against the query, and against one of two of which that is the second.
        wide.withUnsafeBufferPointer { wide in
          let queries: [UnsafePointer<Double>?] = [
            wide.baseAddress! + dimension, wide.baseAddress!,
          ]
          let of = (0..<count).map { UInt32($0 % 3 % 2) }
          withKernels(simd) {
            vitrine_score_pairs(
              element.code, rows, offsets, nil, count, queries, dimension, &scores)
          }
          #expect(scores.map(\.bitPattern) == expected.prefix(count).map(\.bitPattern))
          withKernels(simd) {
            vitrine_score_pairs(
              element.code, rows, offsets, of, count, queries, dimension, &scores)
          }
          for i in 0..<count {
            let score = of[i] == 0 ? expected[i] : Float(Oracle.dot(stored[i], other))
            #expect(scores[i].bitPattern == score.bitPattern)
          }
        }
      }
    }
    #expect(Float(vitrine_dot(stored[0], query, dimension)) == expected[0])
  }

  /// Eight at a time they take one way, the last few another.
  @Test(arguments: [8, 7])
  func `every half is read and written as it is`(dimension: Int) {
    let layout = RowLayout(dimension: dimension, element: .f16)
    var row = [UInt32](repeating: 0, count: layout.words)
    row[0] = Float(1).bitPattern
    var misread: [UInt16] = []
    var miswritten: [Float] = []
    for bits in (0...UInt16.max) where Float16(bitPattern: bits).isFinite {
      row.withUnsafeMutableBytes {
        for i in 0..<dimension {
          $0.storeBytes(of: bits, toByteOffset: 4 + 2 * i, as: UInt16.self)
        }
      }
      var vector = [Float](repeating: .nan, count: dimension)
      layout.load(row, into: &vector)
      let value = Float(Float16(bitPattern: bits))
      if vector.contains(where: { $0.bitPattern != value.bitPattern }) { misread.append(bits) }
      // The half itself, and what lies between it and the next one.
      let next = Float(Float16(bitPattern: bits).nextUp)
      for value in [value, (value + next) / 2, ((value + next) / 2).nextDown]
      where abs(value) < 65520 {
        var rounded = row
        layout.store([Float](repeating: value, count: dimension), at: &rounded)
        let half = rounded.withUnsafeBytes {
          $0.loadUnaligned(fromByteOffset: 2 + 2 * dimension, as: UInt16.self)
        }
        if half != Float16(value).bitPattern { miswritten.append(value) }
      }
    }
    #expect(misread.isEmpty)
    #expect(miswritten.isEmpty)
  }

  @Test(arguments: VectorElement.allCases, VectorSource.Shape.allCases)
  func `what was stored and is stored again stays what it was`(
    element: VectorElement, shape: VectorSource.Shape
  ) {
    var source = VectorSource(dimension: 77, seed: 4)
    for vector in source.vectors(200, shape) {
      let stored = Oracle.stored(Oracle.unit(vector), element)
      #expect(Oracle.stored(Oracle.unit(stored), element) == stored)
    }
  }

  @Test func `the checksum is CRC-32C on every path`() {
    var random = SeededGenerator(seed: 1)
    let bytes = (0..<10_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    for simd in kernelVariants {
      withKernels(simd) {
        // RFC 3720, appendix B.4.
        #expect(vitrine_crc32c(0, [UInt8](repeating: 0, count: 32), 32) == 0x8A91_36AA)
        #expect(vitrine_crc32c(0, [UInt8](repeating: 0xFF, count: 32), 32) == 0x62A8_AB43)
        #expect(vitrine_crc32c(0, [UInt8](0..<32), 32) == 0x46DD_794E)
      }
      for length in [0, 1, 7, 8, 63, 3071, 3072, 3073, 6151, 10_000] {
        let whole = withKernels(VITRINE_PORTABLE) { vitrine_crc32c(0, bytes, length) }
        let half = length / 2
        withKernels(simd) {
          #expect(vitrine_crc32c(0, bytes, length) == whole)
          let first = vitrine_crc32c(0, bytes, half)
          let both = bytes.withUnsafeBufferPointer {
            vitrine_crc32c(first, $0.baseAddress! + half, length - half)
          }
          #expect(both == whole)
        }
      }
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

  /// Lengths at which a variant goes another way, values that tie.
  @Test func `every kernel selects and orders alike`() {
    var random = SeededGenerator(seed: 2)
    for count in [1, 7, 8, 33, 48, 49, 256, 257, 5000] {
      for steps in [3, 1_000_000] {
        let values = (0..<count).map { _ in
          Float(Int.random(in: -steps...steps, using: &random)) / Float(steps)
        }
        let keys = (0..<count).map { _ in UInt64.random(in: 0...9, using: &random) }
        let sorted = values.indices.sorted {
          (-values[$0], keys[$0]) < (-values[$1], keys[$1])
        }
        for simd in kernelVariants {
          for k in Set([1, (count + 1) / 2, count]) {
            var copy = values
            let last = values[sorted[k - 1]]
            #expect(withKernels(simd) { vitrine_kth_largest(&copy, count, k) } == last)
            var places = [UInt32](repeating: .max, count: count + 8)
            let reaching = withKernels(simd) { vitrine_at_least(values, count, last, &places) }
            #expect(
              places.prefix(reaching).map(Int.init) == values.indices.filter { values[$0] >= last })
            let ranked = withKernels(simd) { vitrine_rank(values, keys, count, k, &places) }
            #expect(ranked == k)
            for (place, wanted) in zip(places.prefix(k).map(Int.init), sorted) {
              #expect(values[place] == values[wanted] && keys[place] == keys[wanted])
            }
          }
        }
      }
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
