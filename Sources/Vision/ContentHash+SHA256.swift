import CKernels
package import Catalog

extension ContentHash {
  /// The SHA-256 of `bytes`.
  package init(of bytes: [UInt8]) {
    let digest = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      vt_sha256(bytes, bytes.count, buffer.baseAddress)
      count = 32
    }
    guard let hash = ContentHash(bytes: digest) else { preconditionFailure("a digest of 32 bytes") }
    self = hash
  }
}
