internal import Catalog
internal import Foundation

/// Why bytes are no head.
package enum HeadError: Error, Equatable, CustomStringConvertible {
  case notAHead(reason: String)

  package var description: String {
    switch self {
    case .notAHead(let reason): "not a head: \(reason)"
    }
  }
}

/// A small network that turns vectors of a model into ones that a catalog's own labels shaped.
///
/// Its output is appended to the vector it came from: what the labels say nothing of stays findable.
///
/// File: magic `VITHEAD1`, u32 inputs, u32 hidden, u32 outputs, f32 weight, then f32 `first`
/// `[inputs × hidden]`, `bias` `[hidden]`, `second` `[hidden × outputs]`, all little endian.
package struct Head: Sendable, Equatable {
  package let inputs: Int
  package let hidden: Int
  package let outputs: Int
  /// Length of the appended part where the base vector's is 1.
  package var weight: Float
  var first: [Float]
  var bias: [Float]
  var second: [Float]

  init(inputs: Int, hidden: Int, outputs: Int, weight: Float, random: inout SplitMix) {
    self.inputs = inputs
    self.hidden = hidden
    self.outputs = outputs
    self.weight = weight
    // He et al. 2015: what leaves a layer has the variance of what enters it.
    let (wide, narrow) = (2 / Float(inputs), 1 / Float(hidden))
    first = (0..<inputs * hidden).map { _ in random.normal() * wide.squareRoot() }
    bias = Array(repeating: 0, count: hidden)
    second = (0..<hidden * outputs).map { _ in random.normal() * narrow.squareRoot() }
  }

  /// Length of an adapted vector.
  package var dimension: Int { inputs + outputs }

  /// What stands behind the model's id in the id of adapted vectors.
  package var id: String {
    "head-" + String(ContentHash(of: bytes).description.prefix(12))
  }

  /// The head's own vectors, unit length.
  ///
  /// - Precondition: `vectors` has `inputs` columns.
  func outputs(of vectors: VectorTable) -> VectorTable {
    precondition(vectors.dimension == inputs)
    let scale = Float(inputs).squareRoot()
    var middle = Matrix.product(
      vectors.values.map { $0 * scale }[...], first[...], rows: vectors.count, columns: hidden,
      inner: inputs)
    for i in middle.indices { middle[i] = max(0, middle[i] + bias[i % hidden]) }
    let values = Matrix.product(
      middle[...], second[...], rows: vectors.count, columns: outputs, inner: hidden)
    return VectorTable(dimension: outputs, values: values).normalised()
  }

  /// Base vectors with the head's beside them, unit length.
  ///
  /// - Precondition: `vectors` has `inputs` columns, its rows unit length.
  package func adapted(_ vectors: VectorTable) -> VectorTable {
    let own = outputs(of: vectors)
    var values: [Float] = []
    values.reserveCapacity(vectors.count * dimension)
    for row in 0..<vectors.count {
      values += vectors.values[row * inputs..<(row + 1) * inputs]
      for value in own.values[row * outputs..<(row + 1) * outputs] { values.append(weight * value) }
    }
    return VectorTable(dimension: dimension, values: values).normalised()
  }
}

extension Head {
  private static let magic = Array("VITHEAD1".utf8)
  /// Larger layers are no head of ours.
  private static let sideLimit = 16_384

  package var bytes: [UInt8] {
    var bytes = Self.magic
    for side in [inputs, hidden, outputs] { bytes.append(UInt32(side)) }
    bytes.append(weight.bitPattern)
    for part in [first, bias, second] { for value in part { bytes.append(value.bitPattern) } }
    return bytes
  }

  package init(bytes: [UInt8]) throws(HeadError) {
    guard bytes.count >= 24, bytes.starts(with: Self.magic) else {
      throw .notAHead(reason: "no magic in \(bytes.count) bytes")
    }
    func word(_ place: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[8 + 4 * place + $1]) << UInt32(8 * $1) }
    }
    let sides = (0..<3).map { Int(word($0)) }
    guard sides.allSatisfy((1...Self.sideLimit).contains) else {
      throw .notAHead(reason: "layers of \(sides), each 1 to \(Self.sideLimit)")
    }
    let counts = [sides[0] * sides[1], sides[1], sides[1] * sides[2]]
    let wanted = 24 + 4 * counts.reduce(0, +)
    guard bytes.count == wanted else {
      throw .notAHead(reason: "\(bytes.count) bytes, \(wanted) wanted")
    }
    (inputs, hidden, outputs) = (sides[0], sides[1], sides[2])
    weight = Float(bitPattern: word(3))
    let values = (4..<4 + counts.reduce(0, +)).map { Float(bitPattern: word($0)) }
    first = Array(values[..<counts[0]])
    bias = Array(values[counts[0]..<counts[0] + counts[1]])
    second = Array(values[(counts[0] + counts[1])...])
    guard weight.isFinite, weight > 0, values.allSatisfy(\.isFinite) else {
      throw .notAHead(reason: "a weight that is no number")
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ word: UInt32) {
    for shift in stride(from: 0 as UInt32, to: 32, by: 8) {
      append(UInt8(truncatingIfNeeded: word >> shift))
    }
  }
}
