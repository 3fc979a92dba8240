extension ModelCard {
  /// The square of pixels that the model sees, `[side × side × 3]`.
  func square(of picture: Picture) -> [UInt8] {
    switch resize {
    case .middle: return picture.middle(side: side, share: share)
    case .squash: return picture.resized(width: side, height: side).pixels
    case .pad:
      let long = max(picture.width, picture.height)
      let width = max(1, picture.width * side / long)
      let height = max(1, picture.height * side / long)
      let small = picture.resized(width: width, height: height)
      var square = [UInt8](repeating: 255, count: 3 * side * side)
      let (left, top) = ((side - width) / 2, (side - height) / 2)
      for row in 0..<height {
        let target = 3 * ((top + row) * side + left)
        square.replaceSubrange(
          target..<target + 3 * width, with: small.pixels[3 * row * width..<3 * (row + 1) * width])
      }
      return square
    }
  }

  /// The input's four dimensions.
  var inputShape: [Int64] {
    let side = Int64(side)
    return layout == .nhwc ? [1, side, side, 3] : [1, 3, side, side]
  }

  /// `square` in the model's layout, as bytes.
  func bytes(of square: [UInt8]) -> [UInt8] {
    guard layout == .nchw else { return square }
    let plane = side * side
    return (0..<3 * plane).map { square[3 * ($0 % plane) + $0 / plane] }
  }

  /// `square` in the model's layout, as numbers.
  func numbers(of square: [UInt8]) -> [Float] {
    let plane = side * side
    return (0..<3 * plane).map { i in
      let channel = layout == .nhwc ? i % 3 : i / plane
      let pixel = layout == .nhwc ? square[i] : square[3 * (i % plane) + channel]
      return (Float(pixel) - mean[channel]) * scale[channel]
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
