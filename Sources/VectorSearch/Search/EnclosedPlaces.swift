import CKernels

/// Rows of a coded segment, by place, each with two numbers that enclose its score.
final class EnclosedPlaces {
  /// Its arrays have room for `VITRINE_ROOM` more than `capacity`, for the kernels.
  private(set) var enclosed: vitrine_enclosed
  private var capacity = 0
  /// So many of the first are enclosed as closely as codes can.
  private var narrowed = 0

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

  /// All of both are enclosed as closely as they can be.
  func append(_ other: EnclosedPlaces) {
    assert(narrowed == count && other.narrowed == other.count)
    reserve(other.count)
    copy(other.enclosed)
    narrowed = count
  }

  private func copy(_ other: vitrine_enclosed) {
    (enclosed.places + count).update(from: other.places, count: other.count)
    (enclosed.lower + count).update(from: other.lower, count: other.count)
    (enclosed.upper + count).update(from: other.upper, count: other.count)
    enclosed.count += other.count
  }

  /// Forgets, of those from number `first` on, which do not take part.
  func keep(from first: Int, _ admission: Admission) {
    var kept = first
    let places = UnsafeBufferPointer(start: enclosed.places + first, count: count - first)
    admission.forEach(of: places) {
      move(first + $0, to: kept)
      kept += 1
    }
    enclosed.count = kept
  }

  private func move(_ i: Int, to kept: Int) {
    enclosed.places[kept] = enclosed.places[i]
    enclosed.lower[kept] = enclosed.lower[i]
    enclosed.upper[kept] = enclosed.upper[i]
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

  /// Lets a kernel enclose more closely those from some number on that were added since the last time, and
  /// may reach `floor`; the others are forgotten.
  func narrow(
    from floor: Float, _ body: (UnsafeMutablePointer<vitrine_enclosed>, _ first: Int) -> Void
  ) {
    guard narrowed < count else { return }
    vitrine_forget(&enclosed, narrowed, floor)
    body(&enclosed, narrowed)
    narrowed = count
  }

  /// A score that `depth` of them reach, where that is above a floor, otherwise the floor.
  func raised(_ floor: Float, _ depth: Int) -> Float { vitrine_raised(&enclosed, depth, floor) }

  /// The rank-th largest of other values.
  func largest(_ rank: Int, of values: UnsafeBufferPointer<Float>) -> Float {
    reserve(values.count)
    enclosed.spare.update(from: values.baseAddress!, count: values.count)
    return vitrine_kth_largest(enclosed.spare, values.count, rank)
  }

  func removeAll() { (enclosed.count, narrowed) = (0, 0) }

  /// Forgets those that cannot reach the floor, once all are enclosed as closely as they can be.
  func removeAll(below floor: Float) {
    assert(narrowed == count)
    vitrine_forget(&enclosed, 0, floor)
    narrowed = count
  }

  /// Takes out those that score `floor` for certain and returns their rows; forgets those that cannot.
  func take(reaching floor: Float, _ rowNumbers: UnsafePointer<UInt32>) -> [UInt32] {
    assert(narrowed == count)
    var rows: [UInt32] = []
    var kept = 0
    for i in 0..<count where enclosed.upper[i] >= floor {
      if enclosed.lower[i] >= floor {
        rows.append(rowNumbers[Int(enclosed.places[i])])
      } else {
        move(i, to: kept)
        kept += 1
      }
    }
    (enclosed.count, narrowed) = (kept, kept)
    return rows
  }

  /// The rows of those that may score `floor`.
  ///
  /// - Parameter rowNumbers: By place; nil where places are rows.
  func rows(reaching floor: Float, _ rowNumbers: UnsafePointer<UInt32>?) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: count + Int(VITRINE_ROOM)) { buffer, found in
      found = vitrine_rows_reaching(&enclosed, floor, rowNumbers, buffer.baseAddress)
    }
  }
}
