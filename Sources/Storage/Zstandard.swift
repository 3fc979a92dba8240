import CZstd

/// Zstandard frames (RFC 8878) with their content's size and checksum.
///
/// Used by one thread at a time: the context is kept between bodies, so that none pays for its tables.
final class Compressor {
  private let context: OpaquePointer

  /// A third more bytes than the first regular level, in two thirds of its time: the crawl pays for it.
  private static let level: Int32 = -5

  init() {
    guard let context = ZSTD_createCCtx() else { preconditionFailure("no memory for zstd") }
    self.context = context
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Self.level)
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
  }

  deinit { ZSTD_freeCCtx(context) }

  func compress(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { buffer, count in
      let capacity = buffer.count
      let size = bytes.withUnsafeBytes { source in
        ZSTD_compress2(context, buffer.baseAddress, capacity, source.baseAddress, source.count)
      }
      precondition(ZSTD_isError(size) == 0, "zstd fails only for want of room, which it has")
      count = size
    }
  }

  /// Why a frame gives no content.
  struct Damage: Error {
    let detail: String
  }

  /// The content of a frame.
  ///
  /// - Parameter size: what the content must have; nothing larger is allocated, whatever the frame says.
  static func decompress(_ frame: [UInt8], size: Int) throws(Damage) -> [UInt8] {
    var failure: String?
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      let capacity = buffer.count
      let written = frame.withUnsafeBytes { source in
        ZSTD_decompress(buffer.baseAddress, min(size, capacity), source.baseAddress, source.count)
      }
      if ZSTD_isError(written) != 0 {
        failure = String(cString: ZSTD_getErrorName(written))
      } else {
        if written != size { failure = "\(written) bytes instead of \(size)" }
        count = written
      }
    }
    if let failure { throw Damage(detail: failure) }
    return bytes
  }
}
