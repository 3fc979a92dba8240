import CKernels

/// Rows of a coded segment, by place, each with a number that its score does not exceed.
final class BoundedPlaces {
  /// Its arrays have room for what the initializer was told.
  private(set) var found: vitrine_found

  init(capacity: Int) {
    // One piece of memory for the three of them.
    let floats = UnsafeMutablePointer<Float>.allocate(capacity: 3 * max(1, capacity))
    found = vitrine_found(
      places: UnsafeMutableRawPointer(floats).assumingMemoryBound(to: UInt32.self),
      products: floats + capacity, bounds: floats + 2 * capacity, count: 0)
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

  /// The lowest of the `rank` highest bounds, or minus infinity where there are no more than these.
  func lowestBound(ofFirst rank: Int) -> Float {
    count > rank ? Self.largest(rank, of: bounds) : -.infinity
  }

  /// Draws the bounds closer of those that may be among the first `depth` of a search in which a score
  /// of `floor` is reached by as many; and a floor that these raise.
  ///
  /// Bounds need not be certain: the rows of the highest ones are drawn closer whatever the floor.
  func closer(
    _ codes: SegmentCodes, _ query: PreparedQuery, _ depth: Int, floor: Float
  ) -> (closer: EnclosedPlaces, floor: Float) {
    // Half as many again as are wanted give a floor that leaves few others.
    let bound = lowestBound(ofFirst: depth + depth / 2 + 8)
    var closer = EnclosedPlaces()
    codes.refine(bounded(from: bound, below: .infinity), query, into: &closer)
    let raised = closer.raised(floor, depth)
    guard raised < bound else { return (closer, raised) }
    codes.refine(bounded(from: raised, below: bound), query, into: &closer)
    return (closer, closer.raised(raised, depth))
  }

  /// The rank-th largest of the values, or minus infinity where there are fewer.
  static func largest(_ rank: Int, of values: UnsafeBufferPointer<Float>) -> Float {
    guard values.count >= rank else { return -.infinity }
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: values.count) { copy in
      _ = copy.initialize(fromContentsOf: values)
      return vitrine_kth_largest(copy.baseAddress, copy.count, rank)
    }
  }
}

/// Rows of a coded segment, by place, each with two numbers that enclose its score.
struct EnclosedPlaces {
  var places: [UInt32] = []
  var lower: [Float] = []
  var upper: [Float] = []

  var count: Int { places.count }

  mutating func append(_ other: EnclosedPlaces) {
    places += other.places
    lower += other.lower
    upper += other.upper
  }

  /// A score that `depth` of them reach, where that is above a floor, otherwise the floor.
  func raised(_ floor: Float, _ depth: Int) -> Float {
    let highest = lower.positions(from: floor).map { lower[Int($0)] }
    return highest.withUnsafeBufferPointer { max(floor, BoundedPlaces.largest(depth, of: $0)) }
  }

  /// Those that may score `floor`.
  func reaching(_ floor: Float) -> [UInt32] {
    upper.positions(from: floor).map { places[Int($0)] }
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
