/// A part of memory that a `Document` owns: bytes of its markup or text, or some of its elements.
///
/// A trivial value, three words, that a reader may copy, keep and cut without touching a reference
/// count. Why it is safe all the same:
/// - Bounds: only `Document` makes windows from addresses, over memory that it has initialised. Each
///   index and each cut is checked against the window's own bounds, and a cut can only shrink them.
/// - Life: a window may not outlive its document. Readers hold the document that they cut windows
///   from; `PageReader` keeps it alive until the page's `Extraction`, which holds no window, is made.
/// - Change: the memory is written while the document is built, before there is a window.
struct Window<Element: BitwiseCopyable>: RandomAccessCollection {
  /// Where index 0 lies, whether it belongs to the window or not: cuts keep their indices.
  private let base: UnsafePointer<Element>
  let startIndex: Int
  let endIndex: Int

  /// All of some memory, with indices from 0 on.
  init(_ memory: UnsafeBufferPointer<Element>) {
    base = memory.baseAddress ?? UnsafePointer(bitPattern: MemoryLayout<Element>.alignment)!
    startIndex = 0
    endIndex = memory.count
  }

  @inline(__always)
  private init(base: UnsafePointer<Element>, from startIndex: Int, to endIndex: Int) {
    self.base = base
    self.startIndex = startIndex
    self.endIndex = endIndex
  }

  @inline(__always) var count: Int { endIndex - startIndex }

  @inline(__always) var isEmpty: Bool { endIndex == startIndex }

  @inline(__always) subscript(index: Int) -> Element {
    precondition(index >= startIndex && index < endIndex, "index outside a window")
    return base[index]
  }

  @inline(__always) subscript(range: Range<Int>) -> Window {
    precondition(
      range.lowerBound >= startIndex && range.upperBound <= endIndex, "cut outside a window")
    return Window(base: base, from: range.lowerBound, to: range.upperBound)
  }

  @inline(__always) func index(after index: Int) -> Int { index + 1 }

  @inline(__always) func index(before index: Int) -> Int { index - 1 }

  @inline(__always) func index(_ index: Int, offsetBy distance: Int) -> Int { index + distance }

  @inline(__always) func distance(from start: Int, to end: Int) -> Int { end - start }

  /// The elements as memory whose index 0 is the window's first, for loops that check their own
  /// bounds; no longer valid than the window.
  @inline(__always) var memory: UnsafeBufferPointer<Element> {
    UnsafeBufferPointer(start: base + startIndex, count: count)
  }

  @inline(__always)
  func withContiguousStorageIfAvailable<Result>(
    _ body: (UnsafeBufferPointer<Element>) throws -> Result
  ) rethrows -> Result? {
    try body(memory)
  }
}
