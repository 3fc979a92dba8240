import CTurboJPEG

extension Picture {
  /// The picture as a baseline JPEG with halved chroma.
  ///
  /// - Parameter quality: 1…100.
  package func jpeg(quality: Int) -> [UInt8] {
    precondition((1...100).contains(quality) && max(width, height) <= 65_500)
    guard let encoder = tjInitCompress() else { preconditionFailure("no encoder to be had") }
    defer { tjDestroy(encoder) }
    let subsampling = Int32(TJSAMP_420.rawValue)
    let capacity = tjBufSize(Int32(width), Int32(height), subsampling)
    return [UInt8](unsafeUninitializedCapacity: Int(capacity)) { buffer, count in
      var target = buffer.baseAddress
      var size = capacity
      let status = tjCompress2(
        encoder, pixels, Int32(width), 0, Int32(height), Int32(TJPF_RGB.rawValue), &target, &size,
        subsampling, Int32(quality), TJFLAG_NOREALLOC)
      // The buffer holds the worst case, so only a broken library could fail here.
      precondition(status == 0, String(cString: tjGetErrorStr2(encoder)))
      count = Int(size)
    }
  }
}
