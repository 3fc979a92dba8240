import CKernels

/// Rows of a coded segment, by place, each with a number that its score does not exceed.
final class BoundedPlaces {
  /// Its arrays have room for what the initializer was told, and eight more for the kernels.
  private(set) var found: vitrine_found

  init(capacity: Int) {
    // One piece of memory for the three of them.
    let room = capacity + 8
    let floats = UnsafeMutablePointer<Float>.allocate(capacity: 3 * room)
    found = vitrine_found(
      places: UnsafeMutableRawPointer(floats).assumingMemoryBound(to: UInt32.self),
      products: floats + room, bounds: floats + 2 * room, count: 0)
  }

  deinit { found.places.deallocate() }

  var count: Int { found.count }
  var places: UnsafeBufferPointer<UInt32> {
    UnsafeBufferPointer(start: found.places, count: found.count)
  }
  var bounds: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: found.bounds, count: found.count)
  }

  /// Lets a kernel add to them.
  func add(_ body: (UnsafeMutablePointer<vitrine_found>) -> Void) { body(&found) }

  /// Adds to several at once.
  static func add(
    to all: [BoundedPlaces], _ body: (UnsafeMutablePointer<vitrine_found>) -> Void
  ) {
    var found = all.map(\.found)
    body(&found)
    for (places, found) in zip(all, found) { places.found = found }
  }

  func filter(_ isKept: (UInt32) -> Bool) -> BoundedPlaces {
    let kept = BoundedPlaces(capacity: count)
    for i in 0..<count where isKept(found.places[i]) {
      kept.found.places[kept.count] = found.places[i]
      kept.found.products[kept.count] = found.products[i]
      kept.found.bounds[kept.count] = found.bounds[i]
      kept.found.count += 1
    }
    return kept
  }

  /// Those with a bound from `low` up to, but not at, `high`.
  func bounded(from low: Float, below high: Float) -> BoundedPlaces {
    let chosen = BoundedPlaces(capacity: count)
    vitrine_select(&found, low, high, &chosen.found)
    return chosen
  }

  /// Draws the bounds closer of those that may be among the first `depth` of a search in which a score
  /// of `floor` is reached by as many; and a floor that these raise.
  ///
  /// Bounds need not be certain: the rows of the highest ones are drawn closer whatever the floor.
  func closer(
    _ codes: SegmentCodes, _ query: PreparedQuery, _ depth: Int, floor: Float
  ) -> (closer: EnclosedPlaces, floor: Float) {
    let (closer, bound) = highestCloser(codes, query, depth)
    let raised = closer.raised(floor, depth)
    guard raised < bound else { return (closer, raised) }
    codes.refine(self, from: raised, below: bound, query, into: closer)
    return (closer, closer.raised(raised, depth))
  }

  /// Draws the highest bounds closer: half as many again as are wanted give a floor that leaves few
  /// others. Also the lowest of these bounds.
  func highestCloser(
    _ codes: SegmentCodes, _ query: PreparedQuery, _ depth: Int
  ) -> (closer: EnclosedPlaces, bound: Float) {
    let closer = EnclosedPlaces(capacity: count)
    let rank = depth + depth / 2 + 8
    let bound = count > rank ? closer.largest(rank, of: bounds) : -.infinity
    codes.refine(self, from: bound, below: .infinity, query, into: closer)
    return (closer, bound)
  }
}

/// Rows of a coded segment, by place, each with two numbers that enclose its score.
final class EnclosedPlaces: @unchecked Sendable {
  // Safe to share: the thread that fills it hands it over and does not touch it again.
  private(set) var enclosed: vitrine_enclosed
  private let capacity: Int

  init(capacity: Int) {
    // The kernels write eight at a time.
    let room = capacity + 8
    let floats = UnsafeMutablePointer<Float>.allocate(capacity: 4 * room)
    self.capacity = capacity
    enclosed = vitrine_enclosed(
      places: UnsafeMutableRawPointer(floats).assumingMemoryBound(to: UInt32.self),
      lower: floats + room, upper: floats + 2 * room, spare: floats + 3 * room, count: 0)
  }

  /// All of these together.
  convenience init(joining all: [EnclosedPlaces]) {
    self.init(capacity: all.reduce(0) { $0 + $1.count })
    for other in all {
      (enclosed.places + count).update(from: other.enclosed.places, count: other.count)
      (enclosed.lower + count).update(from: other.enclosed.lower, count: other.count)
      (enclosed.upper + count).update(from: other.enclosed.upper, count: other.count)
      enclosed.count += other.count
    }
  }

  deinit { enclosed.places.deallocate() }

  var count: Int { enclosed.count }

  /// Lets a kernel add to them, no more in all than there was asked to be room for.
  func add(_ body: (UnsafeMutablePointer<vitrine_enclosed>) -> Void) {
    body(&enclosed)
    assert(count <= capacity)
  }

  /// A score that `depth` of them reach, where that is above a floor, otherwise the floor.
  func raised(_ floor: Float, _ depth: Int) -> Float { vitrine_raised(&enclosed, depth, floor) }

  /// The rank-th largest of as many values as there is room for.
  fileprivate func largest(_ rank: Int, of values: UnsafeBufferPointer<Float>) -> Float {
    precondition(values.count <= capacity)
    enclosed.spare.update(from: values.baseAddress!, count: values.count)
    return vitrine_kth_largest(enclosed.spare, values.count, rank)
  }

  /// The rows of those that may score `floor`.
  func rows(reaching floor: Float, _ codes: SegmentCodes) -> [Int] {
    let (upper, places, rowNumbers) = (enclosed.upper!, enclosed.places!, codes.rowNumbers)
    var rows: [Int] = []
    rows.reserveCapacity(min(count, 128))
    for i in 0..<count where upper[i] >= floor { rows.append(Int(rowNumbers[Int(places[i])])) }
    return rows
  }
}

extension [Float] {
  /// The ascending positions of the values from `floor` on.
  func positions(from floor: Float) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: count) { buffer, found in
      found = vitrine_at_least(self, count, floor, buffer.baseAddress)
    }
  }
}
