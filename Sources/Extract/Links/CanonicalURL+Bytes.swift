import Catalog

extension CanonicalURL {
  /// Calls `body` with the bytes of the whole address.
  @inline(__always)
  func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    string.utf8.span.withUnsafeBufferPointer(body)
  }

  /// Calls `body` with the bytes of the path and of the query, which is empty where there is none.
  @inline(__always)
  func withPathAndQuery<Result>(
    _ body: (_ path: UnsafeBufferPointer<UInt8>, _ query: UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    let path = pathRange
    return withBytes { bytes in
      body(
        bytes.part(path.lowerBound, path.upperBound),
        bytes.part(min(path.upperBound + 1, bytes.count), bytes.count))
    }
  }
}
