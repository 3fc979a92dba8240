import CKernels

/// What may be among the first `depth` of one query in a coded segment: places with numbers that
/// enclose their scores, and a floor, below which nothing needs a closer look.
final class Shortlist: @unchecked Sendable {
  // Safe to share: the thread that fills it hands it over and does not touch it again.
  let query: PreparedQuery
  /// Says which rows take part; nil where all do.
  private var admission: Admission?
  private var depth = 0
  /// A score that `depth` candidates reach.
  private(set) var floor: Float = -.infinity
  /// What such a score may be where none is known, and −∞ where one is.
  private var guess: Float = -.infinity
  private let closer = EnclosedPlaces()
  /// So many make it worth while to raise the floor.
  private var many = 0
  /// Places that were offered, and those whose bound was drawn closer.
  private(set) var offered = 0
  private(set) var refined = 0

  /// - Parameter query: Its own, to be prepared, or one that it only reads.
  init(_ query: PreparedQuery = PreparedQuery()) { self.query = query }

  /// Of memory.
  var bytes: Int { query.bytes + closer.bytes }

  /// Forgets all but the query.
  ///
  /// - Parameter admission: Says which rows take part; nil where all do.
  func begin(depth: Int, floor: Float, admission: Admission? = nil) {
    self.depth = depth
    self.floor = floor
    self.admission = admission
    guess = -.infinity
    closer.removeAll()
    many = Self.many(for: depth)
    offered = 0
    refined = 0
  }

  /// Lets go of what says which rows take part, and of what that holds.
  func end() { admission = nil }

  private static func many(for count: Int) -> Int { 2 * count + 64 }

  /// Adds those of what was found whose bound reaches the floor.
  func add(_ found: BoundedPlaces, _ codes: SegmentCodes) {
    if let admission { found.keep(admission) }
    offered += found.count
    refine(found, from: floor, below: .infinity, codes)
    settle(codes)
  }

  /// Raises the floor once it is worth while, and forgets what is below.
  private func settle(_ codes: SegmentCodes) {
    guard closer.count >= many else { return }
    raise(codes)
    closer.removeAll(below: floor)
    many = Self.many(for: max(depth, closer.count))
  }

  // MARK: Looking together

  /// Guesses a floor from what was found near the query, more than is wanted by half: as the score, tails
  /// left out, that somewhat more than `depth` of them reach. Tails add to the scores of the nearest, so
  /// that it is mostly low.
  func guess(from found: BoundedPlaces) {
    let product = closer.largest(depth + depth / 8, of: found.products)
    guess = query.centre + product
  }

  /// Whether the floor has not come up to what was guessed: then some rows were overlooked.
  func hasGuessedTooHigh(_ codes: SegmentCodes) -> Bool {
    raise(codes)
    return guess > floor
  }

  /// Forgets the guess and what was found from there on.
  func startAnew() {
    guess = -.infinity
    closer.removeAll()
    many = Self.many(for: depth)
  }

  /// What a kernel needs to look at so many places for the list.
  func look(at places: Int) -> vitrine_look {
    closer.reserve(places)
    return vitrine_look(
      query: query.pointer, floor: max(floor, guess), closer: closer.enclosed, refined: 0)
  }

  /// Takes over what a kernel has found.
  func take(_ look: vitrine_look, _ codes: SegmentCodes) {
    let before = closer.count
    closer.note(look.closer)
    if let admission { closer.keep(from: before, admission) }
    offered += closer.count - before
    refined += look.refined
    settle(codes)
  }

  // MARK: Looking alone

  /// Adds what may be among the first of what was found from the floor on, whose bounds need not be
  /// certain: the highest are drawn closer first.
  func addLikely(_ found: BoundedPlaces, _ codes: SegmentCodes) {
    offered += found.count
    let bound = addHighest(found, codes)
    guard floor < bound else { return }
    refine(found, from: floor, below: bound, codes)
    raise(codes)
  }

  /// Raises the floor by what was found, of which nothing is kept.
  func raise(by found: BoundedPlaces, _ codes: SegmentCodes) {
    addHighest(found, codes)
    closer.removeAll()
  }

  /// Draws the highest bounds closer, half as many again as are wanted: these give a floor that leaves
  /// few others. Returns the lowest of them.
  @discardableResult
  private func addHighest(_ found: BoundedPlaces, _ codes: SegmentCodes) -> Float {
    let rank = depth + depth / 2 + 8
    let bound = found.count > rank ? max(floor, closer.largest(rank, of: found.bounds)) : floor
    refine(found, from: bound, below: .infinity, codes)
    raise(codes)
    return bound
  }

  private func refine(
    _ found: BoundedPlaces, from low: Float, below high: Float, _ codes: SegmentCodes
  ) {
    closer.reserve(found.count)
    refined += codes.refine(found, from: low, below: high, query, from: floor, into: closer)
  }

  private func raise(_ codes: SegmentCodes) {
    raise()
    codes.narrow(closer, query, from: floor)
    raise()
  }

  private func raise() { floor = closer.raised(floor, depth) }

  /// Raises the floor to one that is known from elsewhere.
  func raise(to other: Float) { floor = max(floor, other) }

  /// Takes over what others have of other places.
  func join(_ others: [Shortlist], _ codes: SegmentCodes) {
    for other in others {
      other.raise(codes)
      closer.append(other.closer)
      offered += other.offered
      refined += other.refined
      raise(to: other.floor)
    }
  }

  /// Takes out the rows of those that reach the floor for certain: about `depth`, the first among them mostly.
  func takeSurest(_ codes: SegmentCodes) -> [UInt32] {
    raise(codes)
    return closer.take(reaching: floor, codes.rowNumbers)
  }

  /// The rows of those that may be among the first.
  func rows(_ codes: SegmentCodes) -> [UInt32] {
    raise(codes)
    return closer.rows(reaching: floor, codes.rowNumbers)
  }
}
