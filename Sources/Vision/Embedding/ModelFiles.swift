// The files that a model is made of. An ONNX file may keep tensors in files beside it, which only the
// tensors name (onnx.proto3, `TensorProto.external_data`). Of its protobuf only what leads to a tensor
// is followed; everything else, weights above all, is passed over by its length.

internal import Foundation

enum ModelFiles {
  /// The model itself, then what belongs to it, as paths within its folder: an IR's `.bin`, or the files
  /// in which an ONNX model keeps weights, by name.
  static func paths(of model: URL) throws(EmbedError) -> [String] {
    let name = model.lastPathComponent
    switch model.pathExtension {
    case "xml": return [name, model.deletingPathExtension().lastPathComponent + ".bin"]
    case "onnx": break
    default: return [name]
    }
    let content: Data
    do {
      content = try Data(contentsOf: model, options: .mappedIfSafe)
    } catch {
      throw .modelUnusable(path: model.path, reason: error.fileFault)
    }
    let named = content.withUnsafeBytes { ONNXMessage.model.weightFiles(in: $0) }
    let strange = named.first { path in
      path.hasPrefix("/") || path.split(separator: "/").contains { $0 == ".." || $0 == "." }
    }
    if let strange {
      throw .modelUnusable(
        path: model.path, reason: "weights in \(strange), a path within the folder wanted")
    }
    return [name] + named.subtracting([name]).sorted()
  }
}

/// The kinds of message between an ONNX file and the places of its weights.
private enum ONNXMessage {
  case model, graph, function, node, attribute, sparseTensor, tensor, entry

  /// What stands in a field, where it may lead to a tensor.
  private func part(_ field: UInt64) -> ONNXMessage? {
    switch (self, field) {
    case (.model, 7), (.attribute, 6), (.attribute, 11): .graph
    case (.model, 25): .function
    case (.graph, 1), (.function, 7): .node
    case (.node, 5), (.function, 11): .attribute
    case (.graph, 15), (.attribute, 22), (.attribute, 23): .sparseTensor
    case (.graph, 5), (.attribute, 5), (.attribute, 10): .tensor
    case (.sparseTensor, 1), (.sparseTensor, 2): .tensor
    case (.tensor, 13): .entry
    default: nil
    }
  }

  /// As deep as protobuf's own readers go.
  private static let depthLimit = 100

  /// The files that the tensors within `bytes` name. What is no protobuf ends the search: the runtime
  /// refuses such a file whole.
  func weightFiles(in bytes: UnsafeRawBufferPointer) -> Set<String> {
    var files: Set<String> = []
    collect(from: bytes[...], depth: 0, &files)
    return files
  }

  private func collect(
    from bytes: Slice<UnsafeRawBufferPointer>, depth: Int, _ files: inout Set<String>
  ) {
    var fields = ProtobufFields(rest: bytes)
    if self == .entry {
      var (key, value) = ("", "")
      while let (field, body) = fields.next() {
        if field == 1 { key = String(decoding: body, as: UTF8.self) }
        if field == 2 { value = String(decoding: body, as: UTF8.self) }
      }
      if key == "location", !value.isEmpty { files.insert(value) }
      return
    }
    guard depth < Self.depthLimit else { return }
    while let (field, body) = fields.next() {
      part(field)?.collect(from: body, depth: depth + 1, &files)
    }
  }
}

/// The fields of a protobuf message that have a length, in their order.
private struct ProtobufFields {
  var rest: Slice<UnsafeRawBufferPointer>

  mutating func next() -> (field: UInt64, body: Slice<UnsafeRawBufferPointer>)? {
    while let tag = varint() {
      switch tag & 7 {
      case 0: guard varint() != nil else { return nil }
      case 1: guard take(8) != nil else { return nil }
      case 5: guard take(4) != nil else { return nil }
      case 2:
        guard let length = varint(), let body = take(length) else { return nil }
        return (tag >> 3, body)
      default: return nil
      }
    }
    return nil
  }

  private mutating func take(_ count: UInt64) -> Slice<UnsafeRawBufferPointer>? {
    guard count <= UInt64(rest.count) else { return nil }
    let body = rest.prefix(Int(count))
    rest = rest.dropFirst(Int(count))
    return body
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: 0 as UInt64, to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 127) << shift
      if byte < 128 { return value }
    }
    return nil
  }
}
