extension ModelCard {
  /// The shorter side of a picture of which every pixel of `square` is at least one.
  var wantedSide: Int {
    switch resize {
    case .middle: Int((Double(format.side) / share).rounded(.up))
    case .squash, .pad: format.side
    }
  }

  /// The square of pixels that the model sees, `[side × side × 3]`.
  func square(of picture: Picture) -> [UInt8] {
    switch resize {
    case .middle: return picture.middle(side: format.side, share: share)
    case .squash: return picture.resized(width: format.side, height: format.side).pixels
    case .pad: return Letterbox(picture, side: format.side, ground: 255).pixels
    }
  }

  /// The vector within an output; `nil` where its shape does not give one of `dimension`.
  func pooled(_ output: [Float], shape: [Int]) -> [Float]? {
    guard shape.first == 1 || pooling == .none else { return nil }
    switch (pooling, shape.count) {
    case (.none, _): return output.count == dimension ? output : nil
    case (.first, 3):
      guard shape[1] > 0, shape[2] == dimension else { return nil }
      return Array(output[..<dimension])
    case (.mean, 3):
      guard shape[1] > 0, shape[2] == dimension else { return nil }
      return (0..<dimension).map { column in
        (0..<shape[1]).reduce(0) { $0 + output[$1 * dimension + column] } / Float(shape[1])
      }
    case (.mean, 4):
      let places = shape[2] * shape[3]
      guard shape[1] == dimension, places > 0 else { return nil }
      return (0..<dimension).map { channel in
        output[channel * places..<(channel + 1) * places].reduce(0, +) / Float(places)
      }
    default: return nil
    }
  }
}
