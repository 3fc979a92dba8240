/// Plain values in a row that grow at the end: an array without the checks for other owners.
///
/// Who makes a pile frees it, or makes a `Window` of its memory and frees that.
struct Pile<Element: BitwiseCopyable> {
  private var base: UnsafeMutablePointer<Element>
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int) {
    self.capacity = max(capacity, 16)
    base = .allocate(capacity: self.capacity)
  }

  /// Index below `count`: checked in debug builds only, for the indices are the builder's own.
  @inline(__always) subscript(index: Int) -> Element {
    get {
      assert(index >= 0 && index < count)
      return base[index]
    }
    nonmutating _modify {
      assert(index >= 0 && index < count)
      yield &base[index]
    }
  }

  @inline(__always) var last: Element? { count == 0 ? nil : base[count - 1] }

  @inline(__always) var memory: UnsafeBufferPointer<Element> {
    UnsafeBufferPointer(start: base, count: count)
  }

  @inline(__always) mutating func append(_ element: Element) {
    if count == capacity { grow() }
    (base + count).initialize(to: element)
    count += 1
  }

  @inline(__always) mutating func removeLast() -> Element {
    count -= 1
    return base[count]
  }

  /// Forgets all elements from the index `count` on.
  @inline(__always) mutating func cut(to count: Int) { self.count = count }

  /// Gives back memory of which more than half is empty.
  mutating func trim() {
    guard count < capacity / 2 else { return }
    move(to: max(count, 1))
  }

  func deallocate() { base.deallocate() }

  @inline(never) private mutating func grow() { move(to: capacity * 2) }

  private mutating func move(to capacity: Int) {
    let other = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
    other.moveInitialize(from: base, count: count)
    base.deallocate()
    base = other
    self.capacity = capacity
  }
}
