import CKernels

/// A segment of a snapshot with its codes; one object, so that handing it on costs little.
final class CodedSegment: Sendable {
  let segment: Segment
  let number: Int
  let codes: SegmentCodes

  init(_ segment: Segment, _ number: Int, _ codes: SegmentCodes) {
    self.segment = segment
    self.number = number
    self.codes = codes
  }
}

// Each of three stages reads more of fewer rows: a bound from the code for all, a closer one from code
// and rest for those that may be among the first `depth`, the score for those that may still be. What
// `depth` rows reach for certain is the floor below which nothing needs a closer look. The cells nearest
// to the query give a first one, and what is drawn closer on the way through the others raises it.
extension CandidateOrder {
  /// Requests that look through the codes together.
  private static let together = 64
  /// Bytes of rests that they have in turn: the second cache holds these.
  private static let block = 128 << 10
  /// Places that one request has at a time.
  private static let placesAlone = 4096

  /// Answers from all cells, for the requests at `indices` of the orders.
  static func lookIntoAll(
    _ indices: [Int], of orders: inout [CandidateOrder], _ coded: CodedSegment
  ) {
    for start in stride(from: 0, to: indices.count, by: together) {
      let block = indices[start..<min(start + together, indices.count)]
      LookRoom.with(block.count) { room in
        let lists = zip(block, room.closer).map { orders[$0].firstList(coded, into: $1) }
        if block.count > 1 || !orders[block[start]].lookTogether(coded, lists[0]) {
          look(through: 0..<coded.segment.count, of: coded, lists, room)
        }
        for (i, list) in zip(block, lists) { orders[i].take(list, coded) }
      }
    }
  }

  /// Offers what is found at some places to some lists, a few places at a time: for these they share the
  /// reading of codes and rests, and the next meet higher floors.
  private static func look(
    through places: Range<Int>, of coded: CodedSegment, _ lists: [Shortlist], _ room: LookRoom,
    sharing floor: Locked<Float>? = nil
  ) {
    let codes = coded.codes
    let block = lists.count == 1 ? placesAlone : max(64, block / codes.layout.restStride)
    for first in stride(from: places.lowerBound, to: places.upperBound, by: block) {
      codes.scan(first..<min(first + block, places.upperBound), for: lists, into: room.found)
      for i in lists.indices {
        lists[i].add(room.found[i], codes)
        room.found[i].removeAll()
      }
      floor?.withLock {
        for list in lists {
          list.raise(to: $0)
          $0 = list.floor
        }
      }
    }
  }

  /// Looks through all cells with several threads, each of which takes a part of the places; false, with
  /// nothing done, where there are none to be had.
  ///
  /// A floor that one part finds is one for all, and the last place of all parts together decides what
  /// is scored: the answer is the same.
  private func lookTogether(_ coded: CodedSegment, _ list: Shortlist) -> Bool {
    let parts = request.threads
    guard parts > 1, coded.segment.count >= request.sharedRows else { return false }
    let floor = Locked(list.floor)
    let lists = ScanTeam.shared.map(parts) { part in
      let places =
        coded.segment.count * part / parts..<coded.segment.count * (part + 1) / parts
      let own = Shortlist(
        list.query, depth: depth, floor: list.floor, accepts: acceptance(coded))
      LookRoom.with(1) { Self.look(through: places, of: coded, [own], $0, sharing: floor) }
      return own
    }
    guard let lists else { return false }
    list.join(lists)
    return true
  }

  /// A list with a floor that `depth` candidates reach: the last place so far, or that of an answer
  /// from the cells nearest to the query.
  private mutating func firstList(
    _ coded: CodedSegment, into closer: EnclosedPlaces
  ) -> Shortlist {
    let prepared = coded.codes.prepare(query)
    let known = top.floor()
    let list = Shortlist(
      prepared, depth: depth, floor: max(known ?? lowestScore, lowestScore), into: closer,
      accepts: acceptance(coded))
    guard known == nil else { return list }
    let gap = coded.codes.probes.gap(recall: ProbeTable.recalls[0], depth: depth) ?? 0
    let before = statistics
    let found = nearest([ProbedSegment(coded, prepared)], gap)?.found[0]
    // The scan will come by these again.
    statistics = before
    if let found { list.raise(by: found, coded.codes) }
    return list
  }

  /// Says which rows take part; nil where all do.
  private func acceptance(_ coded: CodedSegment) -> ((Int) -> Bool)? {
    if admitsAll, coded.segment.deadCount == 0 { return nil }
    return { [self] in accepts($0, of: coded.segment) }
  }

  func accepted(_ found: BoundedPlaces, _ coded: CodedSegment) -> BoundedPlaces {
    guard let accepts = acceptance(coded) else { return found }
    return found.filter { accepts(Int(coded.codes.rowNumbers[Int($0)])) }
  }

  /// Scores what may be among the first `depth` of a segment that was looked through.
  private mutating func take(_ list: Shortlist, _ coded: CodedSegment) {
    statistics.scanned += coded.segment.count
    statistics.probed += coded.codes.layout.cells
    statistics.candidates += admitsAll ? coded.segment.liveCount : list.offered
    score(list, coded)
  }

  /// Scores what may be among the first `depth`.
  mutating func score(_ list: Shortlist, _ coded: CodedSegment) {
    statistics.refined += list.refined
    score(list.rows(coded.codes)[...], coded.segment, coded.number)
  }
}
