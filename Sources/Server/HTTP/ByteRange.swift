/// A `Range` header with one range of bytes (RFC 9110, 14).
enum ByteRange {
  /// The part of `length` bytes that `header` asks for.
  ///
  /// - Returns: `nil` where the header is to be ignored: another unit, several ranges, bad syntax.
  /// - Throws: `rangeNotSatisfiable` where nothing of the range lies inside.
  static func parse(_ header: String, length: Int) throws(Problem) -> Range<Int>? {
    guard header.hasPrefix("bytes="), !header.contains(",") else { return nil }
    let ends = header.dropFirst(6).split(
      separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
      ends.contains(where: { !$0.isEmpty }), ends.allSatisfy({ $0.count <= 18 })
    else { return nil }
    let range: Range<Int>
    switch (Int(ends[0]), Int(ends[1])) {
    case (let first?, let last?):
      guard first <= last else { return nil }
      range = min(first, length)..<min(last + 1, length)
    case (let first?, nil): range = min(first, length)..<length
    case (nil, let suffix?): range = max(0, length - suffix)..<length
    case (nil, nil): return nil
    }
    guard !range.isEmpty else {
      var problem = Problem(.rangeNotSatisfiable, "\(header) of \(length) bytes")
      problem.length = length
      throw problem
    }
    return range
  }
}
