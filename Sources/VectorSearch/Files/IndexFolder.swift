import CKernels
import Glibc

/// The folder that an index stands in.
package enum IndexFolder {
  /// Exchanges the indexes in two folders in one step: whoever opens one finds it whole, and readers go
  /// over to the other.
  package static func exchange(_ one: String, _ other: String) throws(IndexError) {
    guard vitrine_exchange(one, other) == 0 else {
      throw .io(call: "renameat2", path: other, code: errno)
    }
  }
}
