import CKernels

/// Rows of a coded segment, by place, each with a number that its score does not exceed.
final class BoundedPlaces {
  /// Its arrays have room for `VITRINE_ROOM` more than `capacity`, for the kernels.
  private(set) var found: vitrine_found
  private var capacity: Int

  init(capacity: Int = 0) {
    self.capacity = capacity
    found = Self.allocate(capacity)
  }

  deinit { found.places.deallocate() }

  private static func allocate(_ capacity: Int) -> vitrine_found {
    // One piece of memory for the three of them.
    let room = capacity + Int(VITRINE_ROOM)
    let floats = UnsafeMutablePointer<Float>.allocate(capacity: 3 * room)
    return vitrine_found(
      places: UnsafeMutableRawPointer(floats).assumingMemoryBound(to: UInt32.self),
      products: floats + room, bounds: floats + 2 * room, count: 0)
  }

  /// Makes room for so many more.
  func reserve(_ more: Int) {
    guard count + more > capacity else { return }
    capacity = max(2 * capacity, count + more)
    let old = found
    found = Self.allocate(capacity)
    found.places.update(from: old.places, count: old.count)
    found.products.update(from: old.products, count: old.count)
    found.bounds.update(from: old.bounds, count: old.count)
    found.count = old.count
    old.places.deallocate()
  }

  func removeAll() { found.count = 0 }

  /// Becomes some rows, of which nothing is known.
  func begin(_ rows: some Collection<Int>) {
    removeAll()
    reserve(rows.count)
    for (i, row) in rows.enumerated() { found.places[i] = UInt32(row) }
    found.products.update(repeating: 0, count: rows.count)
    found.bounds.update(repeating: .infinity, count: rows.count)
    found.count = rows.count
  }

  var count: Int { found.count }
  /// Of memory.
  var bytes: Int { 3 * (capacity + Int(VITRINE_ROOM)) * MemoryLayout<Float>.size }
  var places: UnsafeBufferPointer<UInt32> {
    UnsafeBufferPointer(start: found.places, count: found.count)
  }
  var bounds: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: found.bounds, count: found.count)
  }

  var products: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: found.products, count: found.count)
  }

  /// Lets a kernel add to them.
  func add(_ body: (UnsafeMutablePointer<vitrine_found>) -> Void) { body(&found) }

  /// Forgets those that do not take part.
  func keep(_ admission: Admission) {
    var kept = 0
    admission.forEach(of: places) { i in
      found.places[kept] = found.places[i]
      found.products[kept] = found.products[i]
      found.bounds[kept] = found.bounds[i]
      kept += 1
    }
    found.count = kept
  }

  /// Those with a bound from `low` up to, but not at, `high`.
  func bounded(from low: Float, below high: Float) -> BoundedPlaces {
    let chosen = BoundedPlaces(capacity: count)
    vitrine_select(&found, low, high, &chosen.found)
    return chosen
  }
}
