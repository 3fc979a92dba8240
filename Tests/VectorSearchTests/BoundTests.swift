import CKernels
import Support
import Testing

@testable import VectorSearch

struct BoundTests {
  /// The proof needs no property of the basis: any rows of length one at most will do.
  @Test(arguments: VectorSource.Shape.allCases, [0, 1, 2])
  func `a bound is never below the score`(shape: VectorSource.Shape, basisKind: Int) throws {
    let dimension = 100
    let width = 32
    var source = VectorSource(dimension: dimension, seed: UInt64(basisKind) + 40)
    let rows = source.vectors(250, shape).map(Oracle.unit)
    let flat = rows.flatMap { $0 }
    let offsets = rows.indices.map { UInt32($0 * dimension) }
    var mean = [Float](repeating: 0, count: dimension)
    var basis = [Float](repeating: 0, count: width * dimension)
    switch basisKind {
    case 0:
      #expect(
        vitrine_fit_basis(flat, offsets, rows.count, dimension, width, &mean, &basis) == 1)
    case 1:
      basis = source.vectors(width).flatMap { Oracle.unit($0) }
      mean = Oracle.unit(source.uniform())
    default:
      break  // all zero
    }
    var gram = [Double](repeating: 0, count: width * width)
    vitrine_gram(basis, width, dimension, &gram)
    let codes = CodeBuffers(rows: rows.count, dimension: dimension, width: width)
    #expect(
      vitrine_encode_rows(
        flat, offsets, rows.count, dimension, width, mean, basis, gram, codes.table) == 1)
    let limits = vitrine_find_code_limits(codes.table, rows.count, dimension, width)
    var all: [(prepared: PreparedQuery, found: BoundedPlaces)] = []
    for query in (source.vectors(10, shape) + source.vectors(10)).map(Oracle.unit) + rows.prefix(13)
    {
      let prepared = PreparedQuery(dimension)
      vitrine_prepare_code_query(
        query, query.map(Double.init), dimension, width, mean, basis,
        vitrine_shape_of_gram(gram, width), limits, nil,
        prepared.pointer)
      let table = codes.table
      let (bounds, everything, closer, narrow) = looked(
        prepared, table, rows.count, dimension, width)
      let (lower, upper) = (closer.enclosed.lower!, closer.enclosed.upper!)
      let (narrowLower, narrowUpper) = (narrow.enclosed.lower!, narrow.enclosed.upper!)
      for simd in kernelVariants {
        let other = withKernels(simd) {
          looked(prepared, table, rows.count, dimension, width)
        }
        #expect(other.bounds == bounds)
        for i in rows.indices {
          #expect(other.closer.enclosed.lower[i] == lower[i])
          #expect(other.closer.enclosed.upper[i] == upper[i])
          #expect(other.narrow.enclosed.lower[i] == narrowLower[i])
          #expect(other.narrow.enclosed.upper[i] == narrowUpper[i])
        }
      }
      let highest = (0..<rows.count).map { lower[$0] }.sorted(by: >)
      #expect(closer.raised(-.infinity, 9) == highest[8])
      #expect(closer.raised(highest[3], 9) == highest[3])
      #expect(closer.raised(-.infinity, rows.count + 1) == -.infinity)
      let floor = bounds.sorted()[rows.count / 2]
      let expected = rows.indices.filter { bounds[$0] >= floor }.map(UInt32.init)
      let found = scanned(prepared, table, rows.count, width, floor)
      all.append((prepared, found))
      for found in [found, everything.bounded(from: floor, below: .infinity)] {
        #expect(found.places.elementsEqual(expected))
        #expect(found.bounds.elementsEqual(expected.map { bounds[Int($0)] }))
        #expect(
          (0..<found.count).allSatisfy {
            found.found.products[$0] == everything.found.products[Int(found.places[$0])]
          })
      }
      #expect(
        everything.bounded(from: -.infinity, below: floor).count == rows.count - expected.count)
      for i in rows.indices {
        let score = Float(Oracle.dot(query, rows[i]))
        #expect(bounds[i] >= score)
        #expect(lower[i] <= score && score <= upper[i])
        #expect(upper[i] - lower[i] < 0.2)
        #expect(narrowLower[i] <= score && score <= narrowUpper[i])
        #expect(narrowUpper[i] - narrowLower[i] < min(0.06, upper[i] - lower[i] + 1e-4))
      }
    }
    for (count, simd) in [
      (all.count, VITRINE_VNNI), (all.count, VITRINE_AVX2), (3, VITRINE_VNNI),
      (3, VITRINE_PORTABLE),
    ] {
      withKernels(simd) {
        lookTogether(Array(all.prefix(count)), codes.table, rows.count, dimension, width)
      }
    }
  }

  /// The bounds of all rows, what a scan from no floor finds, and the numbers that enclose its scores, wide
  /// and narrow.
  private func looked(
    _ query: PreparedQuery, _ table: vitrine_codes, _ count: Int, _ dimension: Int, _ width: Int
  ) -> (
    bounds: [Float], found: BoundedPlaces, closer: EnclosedPlaces, narrow: EnclosedPlaces
  ) {
    var bounds = [Float](repeating: 0, count: count)
    vitrine_bounds(
      query.pointer, table.codes, table.scales, table.errors, table.tails, count, width, &bounds)
    let everything = scanned(query, table, count, width, -.infinity)
    #expect(everything.bounds.elementsEqual(bounds))
    let closers = (0..<3).map { _ in EnclosedPlaces() }
    for closer in closers {
      closer.reserve(count)
      everything.add { found in
        closer.add {
          let refined = vitrine_refine(
            query.pointer, table, found, -.infinity, .infinity, dimension, -.infinity, $0)
          #expect(refined == count)
        }
      }
      #expect(closer.count == count)
    }
    closers[1].add { vitrine_narrow(query.pointer, table, 0, dimension, $0) }
    closers[2].add { vitrine_narrow(query.pointer, table, count / 3, dimension, $0) }
    for i in 0..<count {
      let same = closers[i < count / 3 ? 0 : 1]
      #expect(closers[2].enclosed.lower[i] == same.enclosed.lower[i])
    }
    return (bounds, everything, closers[0], closers[1])
  }

  /// Many queries find what each finds alone, in two parts of the rows.
  private func lookTogether(
    _ all: [(prepared: PreparedQuery, found: BoundedPlaces)], _ table: vitrine_codes, _ count: Int,
    _ dimension: Int, _ width: Int
  ) {
    let alone = all.map { (prepared, found) in
      let closer = EnclosedPlaces()
      closer.reserve(found.count)
      let floor = found.bounds.min() ?? .infinity
      found.add { found in
        closer.add { vitrine_enclose(prepared.pointer, table, found, dimension, floor, $0) }
      }
      #expect((0..<closer.count).allSatisfy { closer.enclosed.upper[$0] >= floor })
      return closer
    }
    let together = all.map { _ in EnclosedPlaces() }
    var looks = zip(all, together).map { (query, closer) in
      closer.reserve(count)
      return vitrine_look(
        query: query.prepared.pointer, floor: query.found.bounds.min() ?? .infinity,
        closer: closer.enclosed, refined: 0)
    }
    for part in [0..<count / 3, count / 3..<count] {
      vitrine_look_together(
        &looks, looks.count, table, part.lowerBound, part.upperBound, width, dimension)
    }
    for (i, look) in looks.enumerated() {
      #expect(look.refined == all[i].found.count)
      let expected = alone[i].enclosed
      #expect(look.closer.count == expected.count)
      for j in 0..<min(look.closer.count, expected.count) {
        #expect(look.closer.places[j] == expected.places[j])
        #expect(look.closer.lower[j] == expected.lower[j])
        #expect(look.closer.upper[j] == expected.upper[j])
      }
    }
  }

  /// What a scan finds; the rows are scanned in two parts.
  private func scanned(
    _ query: PreparedQuery, _ table: vitrine_codes, _ count: Int, _ width: Int, _ floor: Float
  ) -> BoundedPlaces {
    let found = BoundedPlaces(capacity: count)
    for part in [0..<count / 3, count / 3..<count] {
      found.add {
        vitrine_scan(query.pointer, table, part.lowerBound, part.upperBound, width, floor, $0)
      }
    }
    return found
  }

  /// With nothing but zeros for a basis the rest is the vector itself.
  @Test(arguments: [96, 256, 512, 4096])
  func `the largest factors of rest and query are multiplied without loss`(dimension: Int) {
    let width = 32
    var random = SeededGenerator(seed: 30)
    let rows = (0..<9).map { row in
      Oracle.unit(
        (0..<dimension).map { _ in row > 0 && Bool.random(using: &random) ? -1 : 1 })
    }
    let zeros = [Float](repeating: 0, count: width * dimension)
    let gram = [Double](repeating: 0, count: width * width)
    let codes = CodeBuffers(rows: rows.count, dimension: dimension, width: width)
    #expect(
      vitrine_encode_rows(
        rows.flatMap { $0 }, rows.indices.map { UInt32($0 * dimension) }, rows.count, dimension,
        width, zeros, zeros, gram, codes.table) == 1)
    let limits = vitrine_find_code_limits(codes.table, rows.count, dimension, width)
    for query in rows {
      let prepared = PreparedQuery(dimension)
      vitrine_prepare_code_query(
        query, query.map(Double.init), dimension, width, zeros, zeros,
        vitrine_shape_of_gram(gram, width), limits, nil, prepared.pointer)
      let found = scanned(prepared, codes.table, rows.count, width, -.infinity)
      let closer = EnclosedPlaces()
      closer.reserve(rows.count)
      found.add { found in
        closer.add {
          vitrine_enclose(prepared.pointer, codes.table, found, dimension, -.infinity, $0)
          vitrine_narrow(prepared.pointer, codes.table, 0, dimension, $0)
        }
      }
      for (i, row) in rows.enumerated() {
        let score = Float(Oracle.dot(query, row))
        let (lower, upper) = (closer.enclosed.lower[i], closer.enclosed.upper[i])
        #expect(lower <= score && score <= upper && upper - lower < 0.001)
      }
    }
  }

  /// Cauchy and Schwarz's bound is met by rows that point where the query was rounded to, once and twice, and
  /// by a rest whose rounding points along the query: nothing may be missing of the slack there.
  @Test(arguments: [64, 70, 512, 1000, 4096])
  func `the worst rests are enclosed, and nearly touch the ends`(dimension: Int) {
    let width = 32
    var source = VectorSource(dimension: dimension, seed: UInt64(dimension))
    let zeros = [Float](repeating: 0, count: width * dimension)
    let gram = [Double](repeating: 0, count: width * width)
    let shape = vitrine_shape_of_gram(gram, width)
    for _ in 0..<6 {
      let query = Oracle.unit(source.uniform())
      let prepared = PreparedQuery(dimension)
      func prepare(_ limits: vitrine_code_limits) {
        vitrine_prepare_code_query(
          query, query.map(Double.init), dimension, width, zeros, zeros, shape, limits, nil,
          prepared.pointer)
      }
      prepare(vitrine_code_limits())
      // What is left of the query when it was rounded, and when that was.
      var left = query.map(Double.init)
      var rows: [[Float]] = []
      for rest in [prepared.pointer.pointee.rest, prepared.pointer.pointee.remainder] {
        let step = Double(rest.step)
        left = left.map { $0 - ($0 / step).rounded() * step }
        rows.append(left.map { $0 < 0 ? -1 : 1 })
      }
      rows.append(query.map { $0 < 0 ? -0.49 : 0.49 })
      rows[2][0] = 127
      rows = rows.map(Oracle.unit)
      rows += rows.map { row in row.map { -$0 } }
      let codes = CodeBuffers(rows: rows.count, dimension: dimension, width: width)
      #expect(
        vitrine_encode_rows(
          rows.flatMap { $0 }, rows.indices.map { UInt32($0 * dimension) }, rows.count, dimension,
          width, zeros, zeros, gram, codes.table) == 1)
      prepare(vitrine_find_code_limits(codes.table, rows.count, dimension, width))
      for simd in kernelVariants {
        let (_, _, closer, narrow) = withKernels(simd) {
          looked(prepared, codes.table, rows.count, dimension, width)
        }
        for (i, row) in rows.enumerated() {
          let score = Oracle.dot(query, row)
          // How far towards an end of each interval the score is.
          func part(_ places: EnclosedPlaces) -> Double {
            let lower = Double(places.enclosed.lower[i])
            let upper = Double(places.enclosed.upper[i])
            return abs(2 * score - lower - upper) / (upper - lower)
          }
          let (wide, close) = (part(closer), part(narrow))
          #expect(wide <= 1 && close <= 1)
          switch i % 3 {
          case 0: #expect(wide > 0.8)
          case 1: #expect(close > 0.4)
          default: #expect(close > 0.7)
          }
        }
      }
    }
  }

  private final class CodeBuffers {
    let table: vitrine_codes

    init(rows: Int, dimension: Int, width: Int) {
      func buffer<T>(_ count: Int, _ zero: T) -> UnsafeMutablePointer<T> {
        let buffer = UnsafeMutablePointer<T>.allocate(capacity: count)
        buffer.initialize(repeating: zero, count: count)
        return buffer
      }
      table = vitrine_codes(
        codes: buffer(rows * width, 0), scales: buffer(rows, 0), errors: buffer(rows, 0),
        tails: buffer(rows, 0), rests: buffer(rows * ((dimension + 31) / 32 * 32), 0),
        rest_scales: buffer(rows, 0), rest_errors: buffer(rows, 0))
    }

    deinit {
      table.codes.deallocate()
      table.rests.deallocate()
      for floats in [table.scales, table.errors, table.tails, table.rest_scales, table.rest_errors]
      { floats?.deallocate() }
    }
  }
}
