import CKernels

/// Codes of the first rows of a growing segment, in memory only: eight bits a component, made as the rows
/// come.
///
/// They are the rests of `docs/certified-search.md` without mean and basis, so that the rest is the vector
/// itself: two numbers enclose a score. Rows past ``limit``, which tending leaves few of, have none.
final class PendingCodes: @unchecked Sendable {
  // Safe to share: as with `RowTable`, the one owner of the index state writes past every count that it
  // has published.
  static let limit = 4096

  let capacity: Int
  private let dimension: Int
  private let table: vitrine_codes
  private let mean: UnsafeMutablePointer<Float>

  /// What no row exceeds: decoded rests are as long as unit vectors and the error, which is √4096 halves
  /// of a 127th at most.
  private static let limits = vitrine_code_limits(
    code: 0, error: 1e-8, tail: 1.01, rest: 1.3, rest_error: 0.26)
  private static let noGram = vitrine_gram_shape(trace: 0, skew: 0)

  init(dimension: Int, capacity: Int) {
    self.dimension = dimension
    self.capacity = capacity
    mean = .allocate(capacity: dimension)
    mean.initialize(repeating: 0, count: dimension)
    func floats() -> UnsafeMutablePointer<Float> {
      let floats = UnsafeMutablePointer<Float>.allocate(capacity: capacity)
      floats.initialize(repeating: 0, count: capacity)
      return floats
    }
    let bytes = capacity * SegmentCodes.Layout.restStride(of: dimension)
    let rests = UnsafeMutablePointer<Int8>.allocate(capacity: bytes)
    rests.initialize(repeating: 0, count: bytes)
    table = vitrine_codes(
      codes: nil, scales: floats(), errors: floats(), tails: floats(), rests: rests,
      rest_scales: floats(), rest_errors: floats())
  }

  deinit {
    mean.deallocate()
    table.rests.deallocate()
    for floats in [
      table.scales, table.errors, table.tails, table.rest_scales, table.rest_errors,
    ] { floats?.deallocate() }
  }

  /// The same first rows, with room for more.
  func copy(_ count: Int, capacity: Int) -> PendingCodes {
    let copy = PendingCodes(dimension: dimension, capacity: capacity)
    copy.table.rests.update(
      from: table.rests, count: count * SegmentCodes.Layout.restStride(of: dimension))
    for (new, old) in [
      (copy.table.scales, table.scales), (copy.table.errors, table.errors),
      (copy.table.tails, table.tails), (copy.table.rest_scales, table.rest_scales),
      (copy.table.rest_errors, table.rest_errors),
    ] { new?.update(from: old!, count: count) }
    return copy
  }

  /// Makes codes of rows from number `first` on, for which there is room; false where memory does not
  /// suffice.
  func encode(_ floats: UnsafePointer<Float>, _ offsets: [UInt32], from first: Int) -> Bool {
    let width = 0
    return vitrine_encode_rows(
      floats, offsets, offsets.count, dimension, width, mean, nil, nil,
      table.from(first, width: width, SegmentCodes.Layout.restStride(of: dimension))) == 1
  }

  /// Makes of `prepared` the query as these codes want it.
  func prepare(_ query: UnitQuery, into prepared: PreparedQuery) {
    prepared.reserve(dimension)
    vitrine_prepare_code_query(
      query.unit, query.wide, dimension, 0, mean, nil, Self.noGram, Self.limits, nil,
      prepared.pointer)
  }

  /// Encloses the scores of some rows, and keeps what may reach `floor`.
  func enclose(
    _ rows: BoundedPlaces, _ query: PreparedQuery, from floor: Float, into closer: EnclosedPlaces
  ) {
    closer.reserve(rows.count)
    rows.add { rows in
      closer.add { vitrine_enclose(query.pointer, table, rows, dimension, floor, $0) }
    }
  }
}
