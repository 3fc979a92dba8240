import CKernels

/// Rows of a coded segment, by place, each with two numbers that enclose its score.
final class EnclosedPlaces {
  /// Its arrays have room for `VITRINE_ROOM` more than `capacity`, for the kernels.
  private(set) var enclosed: vitrine_enclosed
  private var capacity = 0

  init() { enclosed = Self.allocate(0) }

  deinit { enclosed.places.deallocate() }

  private static func allocate(_ capacity: Int) -> vitrine_enclosed {
    let room = capacity + Int(VITRINE_ROOM)
    let floats = UnsafeMutablePointer<Float>.allocate(capacity: 4 * room)
    return vitrine_enclosed(
      places: UnsafeMutableRawPointer(floats).assumingMemoryBound(to: UInt32.self),
      lower: floats + room, upper: floats + 2 * room, spare: floats + 3 * room, count: 0)
  }

  var count: Int { enclosed.count }
  /// Of memory.
  var bytes: Int { 4 * (capacity + Int(VITRINE_ROOM)) * MemoryLayout<Float>.size }

  /// Makes room for so many more.
  func reserve(_ more: Int) {
    guard count + more > capacity else { return }
    capacity = max(2 * capacity, count + more)
    let old = enclosed
    enclosed = Self.allocate(capacity)
    copy(old)
    old.places.deallocate()
  }

  func append(_ other: EnclosedPlaces) {
    reserve(other.count)
    copy(other.enclosed)
  }

  private func copy(_ other: vitrine_enclosed) {
    (enclosed.places + count).update(from: other.places, count: other.count)
    (enclosed.lower + count).update(from: other.lower, count: other.count)
    (enclosed.upper + count).update(from: other.upper, count: other.count)
    enclosed.count += other.count
  }

  /// Forgets, of those from number `first` on, which are not to be kept.
  func keep(from first: Int, _ isKept: (UInt32) -> Bool) {
    var kept = first
    for i in first..<count where isKept(enclosed.places[i]) {
      enclosed.places[kept] = enclosed.places[i]
      enclosed.lower[kept] = enclosed.lower[i]
      enclosed.upper[kept] = enclosed.upper[i]
      kept += 1
    }
    enclosed.count = kept
  }

  /// Takes note of what a kernel has added to the end, no more than room was made for.
  func note(_ added: vitrine_enclosed) {
    assert(added.places == enclosed.places && added.count <= capacity)
    enclosed.count = added.count
  }

  /// Lets a kernel add to them, no more than room was made for.
  func add(_ body: (UnsafeMutablePointer<vitrine_enclosed>) -> Void) {
    body(&enclosed)
    assert(count <= capacity)
  }

  /// A score that `depth` of them reach, where that is above a floor, otherwise the floor.
  func raised(_ floor: Float, _ depth: Int) -> Float { vitrine_raised(&enclosed, depth, floor) }

  /// The rank-th largest of other values.
  func largest(_ rank: Int, of values: UnsafeBufferPointer<Float>) -> Float {
    reserve(values.count)
    enclosed.spare.update(from: values.baseAddress!, count: values.count)
    return vitrine_kth_largest(enclosed.spare, values.count, rank)
  }

  func removeAll() { enclosed.count = 0 }

  func removeAll(below floor: Float) { vitrine_forget(&enclosed, floor) }

  /// The rows of those that may score `floor`.
  ///
  /// - Parameter rowNumbers: By place; nil where places are rows.
  func rows(reaching floor: Float, _ rowNumbers: UnsafePointer<UInt32>?) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: count + Int(VITRINE_ROOM)) { buffer, found in
      found = vitrine_rows_reaching(&enclosed, floor, rowNumbers, buffer.baseAddress)
    }
  }
}
