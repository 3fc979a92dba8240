import Catalog
import Synchronization

/// A bounded set of hashes of addresses that are surely in the frontier.
///
/// Most links of a page stand on every page of its site.
final class KnownAddresses: Sendable {
  private let keys = Mutex<Set<UInt64>>([])
  private static let most = 1 << 21

  /// Equal addresses that are both let in, or both kept out, have equal keys.
  static func key(of url: CanonicalURL, isLetIn: Bool) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(url)
    hasher.combine(isLetIn)
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }

  func contains(_ key: UInt64) -> Bool { keys.withLock { $0.contains(key) } }

  func removeAll() { keys.withLock { $0.removeAll(keepingCapacity: true) } }

  func insert(_ new: [UInt64]) {
    keys.withLock { keys in
      if keys.count + new.count > Self.most { keys.removeAll(keepingCapacity: true) }
      keys.formUnion(new)
    }
  }
}
