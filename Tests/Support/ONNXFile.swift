/// The few fields of the ONNX format (protobuf) that models of a few layers need.
package enum ONNXFile {
  /// A global average pooling of `[1 × 3 × side × side]`, in and out of half precision where wanted.
  package static func channelMeans(side: UInt64, inHalves: Bool = false) -> [UInt8] {
    let element: Element = inHalves ? .half : .float
    return model(
      nodes: [node("GlobalAveragePool", ["x"], "y")],
      inputs: [value("x", element, [1, 3, side, side])],
      outputs: [value("y", element, [1, 3, 1, 1])])
  }

  /// The same, each mean as a whole number or as its difference from itself divided by itself,
  /// which is no number.
  package static func brokenMeans(side: UInt64, areWhole: Bool) -> [UInt8] {
    let nodes =
      areWhole
      ? [node("Cast", ["m"], "y", [("to", [Element.int64.rawValue], false)])]
      : [node("Sub", ["m", "m"], "zero"), node("Div", ["zero", "zero"], "y")]
    return model(
      nodes: [node("GlobalAveragePool", ["x"], "m")] + nodes,
      inputs: [value("x", .float, [1, 3, side, side])],
      outputs: [value("y", areWhole ? .int64 : .float, [1, 3, 1, 1])])
  }

  /// The means, each times one of three numbers that stand in the file `location` beside the model.
  package static func scaledMeans(side: UInt64, by location: String) -> [UInt8] {
    let place = text(1, "location") + text(2, location)
    let factors =
      [1, 3, 1, 1].flatMap { number(1, $0) } + number(2, Element.float.rawValue)
      + text(8, "factors") + message(13, place) + number(14, 1)
    return model(
      nodes: [node("GlobalAveragePool", ["x"], "m"), node("Mul", ["m", "factors"], "y")],
      tensors: [factors], inputs: [value("x", .float, [1, 3, side, side])],
      outputs: [value("y", .float, [1, 3, 1, 1])])
  }

  /// The means of each channel's quarters, `[1 × 3 × 2 × 2]`.
  package static func quarterMeans(side: UInt64) -> [UInt8] {
    let half = [side / 2, side / 2]
    return model(
      nodes: [
        node("AveragePool", ["x"], "y", [("kernel_shape", half, true), ("strides", half, true)])
      ],
      inputs: [value("x", .float, [1, 3, side, side])],
      outputs: [value("y", .float, [1, 3, 2, 2])])
  }

  /// The rows of `table` that `input_ids`, `[1 × context]` of 64 bits, name: `tokens`,
  /// `[1 × context × columns]`, and `sum`, `[1 × 1 × columns]`, of those that `attention_mask` marks.
  package static func tokenRows(_ table: [[Float]], context: UInt64) -> [UInt8] {
    let columns = UInt64(table[0].count)
    return model(
      nodes: [
        node("Gather", ["table", "input_ids"], "tokens"),
        node("Cast", ["attention_mask"], "weights", [("to", [Element.float.rawValue], false)]),
        node("MatMul", ["weights", "tokens"], "sum"),
      ],
      tensors: [tensor("table", [UInt64(table.count), columns], table.flatMap { $0 })],
      inputs: [
        value("input_ids", .int64, [1, context]), value("attention_mask", .int64, [1, context]),
      ],
      outputs: [
        value("tokens", .float, [1, context, columns]), value("sum", .float, [1, 1, columns]),
      ])
  }

  /// A detector whose boxes are the cells of a grid, sixteen of them: the class of a channel is as sure as
  /// the cell's mean of it. `[1 × 7 × 16]`, or `[1 × 16 × 8]` where `hasObjects`; places in pixels or in
  /// shares of the sides.
  package static func colouredCells(
    side: UInt64, hasObjects: Bool, inShares: Bool = false
  ) -> [UInt8] {
    let cell = side / 4
    let length = inShares ? 0.25 : Float(cell)
    var sides = [[Float]](repeating: [], count: hasObjects ? 5 : 4)
    for place in 0..<16 {
      sides[0].append(length * (Float(place % 4) + 0.5))
      sides[1].append(length * (Float(place / 4) + 0.5))
      for column in 2..<4 { sides[column].append(length) }
      if hasObjects { sides[4].append(1) }
    }
    let columns = UInt64(sides.count)
    let pooling = [("kernel_shape", [cell, cell], true), ("strides", [cell, cell], true)]
    var nodes = [
      node("AveragePool", ["x"], "means", pooling), node("Reshape", ["means", "flat"], "classes"),
      node("Concat", ["sides", "classes"], "columns", [("axis", [1], false)]),
    ]
    if hasObjects {
      nodes.append(node("Transpose", ["columns"], "rows", [("perm", [0, 2, 1], true)]))
    }
    return model(
      nodes: nodes,
      tensors: [
        tensor("sides", [1, columns, 16], sides.flatMap { $0 }),
        tensor("flat", [1, 3, 16] as [Int64]),
      ],
      inputs: [value("x", .float, [1, 3, side, side])],
      outputs: [
        hasObjects
          ? value("rows", .float, [1, 16, columns + 3])
          : value("columns", .float, [1, columns + 3, 16])
      ])
  }

  private enum Element: UInt64 { case float = 1, int64 = 7, half = 10 }

  /// An attribute is a whole number, or a list of them.
  private typealias Attribute = (name: String, values: [UInt64], isList: Bool)

  private static func model(
    nodes: [[UInt8]], tensors: [[UInt8]] = [], inputs: [[UInt8]], outputs: [[UInt8]]
  ) -> [UInt8] {
    var graph = nodes.flatMap { message(1, $0) } + text(2, "tiny")
    graph += tensors.flatMap { message(5, $0) }
    graph += inputs.flatMap { message(11, $0) } + outputs.flatMap { message(12, $0) }
    return number(1, 8) + message(7, graph) + message(8, text(1, "") + number(2, 13))
  }

  private static func node(
    _ type: String, _ inputs: [String], _ output: String, _ attributes: [Attribute] = []
  ) -> [UInt8] {
    var node = inputs.flatMap { text(1, $0) } + text(2, output) + text(4, type)
    for attribute in attributes {
      let values = attribute.values.flatMap { number(attribute.isList ? 8 : 3, $0) }
      node += message(5, text(1, attribute.name) + values + number(20, attribute.isList ? 7 : 2))
    }
    return node
  }

  private static func tensor(_ name: String, _ dims: [UInt64], _ values: [Float]) -> [UInt8] {
    let bytes = values.flatMap { value in
      withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    }
    return dims.flatMap { number(1, $0) } + number(2, Element.float.rawValue) + text(8, name)
      + message(9, bytes)
  }

  private static func tensor(_ name: String, _ values: [Int64]) -> [UInt8] {
    let bytes = values.flatMap { value in
      withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    return number(1, UInt64(values.count)) + number(2, Element.int64.rawValue) + text(8, name)
      + message(9, bytes)
  }

  private static func value(_ name: String, _ element: Element, _ dims: [UInt64]) -> [UInt8] {
    let shape = dims.flatMap { message(1, number(1, $0)) }
    return text(1, name) + message(2, message(1, number(1, element.rawValue) + message(2, shape)))
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + varint(value >> 7)
  }
  private static func number(_ field: UInt64, _ value: UInt64) -> [UInt8] {
    varint(field << 3) + varint(value)
  }
  private static func message(_ field: UInt64, _ bytes: [UInt8]) -> [UInt8] {
    varint(field << 3 | 2) + varint(UInt64(bytes.count)) + bytes
  }
  private static func text(_ field: UInt64, _ text: String) -> [UInt8] {
    message(field, Array(text.utf8))
  }
}
