/// How a model takes a square of pixels.
///
/// Of a picture's pixel p (0…255) a channel of the input gets (p − `mean`) × `scale`.
struct InputFormat: Equatable, Sendable {
  enum Layout: String, CardWord { case nhwc, nchw }
  enum Element: String, CardWord { case u8, f16, f32 }

  /// Pixels a side.
  var side: Int
  var layout: Layout
  var element: Element
  /// Red, green, blue.
  var mean: [Float]
  var scale: [Float]

  /// Why no model can be given this; `nil` where one can.
  var fault: String? {
    if !(16...2048).contains(side) { return "side \(side), 16 to 2,048 wanted" }
    if mean.count != 3 || scale.count != 3 || !(mean + scale).allSatisfy(\.isFinite) {
      return "mean \(mean) and scale \(scale), three numbers each wanted"
    }
    if element == .u8, mean != [0, 0, 0] || scale != [1, 1, 1] {
      return "a model that takes u8 has no mean and scale"
    }
    return nil
  }

  /// `square`, `[side × side × 3]`, as the model takes it.
  func input(of square: [UInt8]) -> CompiledModel.Input {
    let values: CompiledModel.Values =
      switch element {
      case .u8: .bytes(bytes(of: square))
      case .f16: .halves(numbers(of: square).map { Float16($0) })
      case .f32: .floats(numbers(of: square))
      }
    return CompiledModel.Input(
      values: values,
      shape: layout == .nhwc ? [1, side, side, 3] : [1, 3, side, side])
  }

  private func bytes(of square: [UInt8]) -> [UInt8] {
    guard layout == .nchw else { return square }
    let plane = side * side
    return (0..<3 * plane).map { square[3 * ($0 % plane) + $0 / plane] }
  }

  private func numbers(of square: [UInt8]) -> [Float] {
    let plane = side * side
    return (0..<3 * plane).map { i in
      let channel = layout == .nhwc ? i % 3 : i / plane
      let pixel = layout == .nhwc ? square[i] : square[3 * (i % plane) + channel]
      return (Float(pixel) - mean[channel]) * scale[channel]
    }
  }
}
