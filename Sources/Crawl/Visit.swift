import Catalog
import Storage

/// A fetched body that differs from the last one of its address, on its way to being read.
package struct Visit: Sendable {
  package let lease: Lease
  package let page: FetchedPage
  package let status: Int
  /// `BodyHash.of` the body.
  package let bodyHash: UInt64
  /// The shapes of a page whose yield is to be counted with its outcome; none for pictures.
  package let groups: [TrapGroup]
  /// When the request left.
  package let askedAt: Timestamp
}

/// Reads a visit and records its outcome, which ends its lease: one transaction.
///
/// Returns how many addresses nobody had seen before. What it throws stops the crawl.
package typealias VisitHandler = @Sendable (Visit) async throws(StorageError) -> Int
