import COpenVINO
internal import Foundation
import Synchronization

/// A model that OpenVINO compiled for the CPU, and its idle requests.
final class CompiledModel: @unchecked Sendable {
  // `model` is only read; a request is used by who took it from `idle`.
  private let model: OpaquePointer
  private let idle: Mutex<[Request]>

  private struct Request: @unchecked Sendable {
    // Used by one thread at a time.
    let pointer: OpaquePointer
    /// `[outputLimit]`: what the model writes to; only the pages of what it does write are there.
    let output: UnsafeMutablePointer<Float>

    func free() {
      vt_openvino_request_free(pointer)
      output.deallocate()
    }
  }

  enum Values: Sendable {
    case bytes([UInt8])
    case floats([Float])
    case halves([Float16])
    case int32([Int32])
    case int64([Int64])
  }

  /// What one of the model's inputs is given.
  struct Input: Sendable {
    /// `nil` where the model has one input.
    var name: String?
    /// Row-major.
    var values: Values
    var shape: [Int]
  }

  struct Output: Sendable, Equatable {
    /// Row-major.
    var values: [Float]
    var shape: [Int]
  }

  /// - Parameters:
  ///   - file: an IR (`.xml`) or ONNX.
  ///   - inputs: how many it must have: one that is not given would be whatever memory holds.
  ///   - streams: how many requests run at a time, a thread each.
  init(_ file: URL, inputs: Int = 1, streams: Int) throws(EmbedError) {
    let library = try OpenVINOLibrary(near: file.deletingLastPathComponent())
    let path = file.path
    var message = vt_openvino_message()
    guard
      let model = vt_openvino_compile(library.handle, path, Int32(streams), &message)
    else { throw .modelUnusable(path: path, reason: message.string) }
    let count = Int(vt_openvino_input_count(model, &message))
    guard count == inputs else {
      vt_openvino_model_free(model)
      throw .modelUnusable(
        path: path,
        reason: count < 0 ? message.string : "a model of \(count) inputs, the card gives \(inputs)")
    }
    self.model = model
    var requests: [Request] = []
    for _ in 0..<streams {
      guard let request = vt_openvino_request_create(model, &message) else {
        requests.forEach { $0.free() }
        vt_openvino_model_free(model)
        throw .modelUnusable(path: path, reason: message.string)
      }
      requests.append(
        Request(pointer: request, output: .allocate(capacity: Self.outputLimit)))
    }
    idle = Mutex(requests)
  }

  deinit {
    idle.withLock { requests in requests.forEach { $0.free() } }
    vt_openvino_model_free(model)
  }

  /// Values of the largest output that is read: 1,024 tokens of 2,048.
  static let outputLimit = 1 << 21

  /// Runs the model on the calling thread.
  ///
  /// Called from at most as many threads at a time as there are streams.
  ///
  /// - Parameter output: its name; `nil` where the model has one.
  func run(_ inputs: [Input], output: String?) throws(EmbedError) -> Output {
    guard let request = idle.withLock({ $0.popLast() }) else {
      preconditionFailure("more threads than requests")
    }
    defer { idle.withLock { $0.append(request) } }
    var message = vt_openvino_message()
    var shape = vt_openvino_shape()
    let status = Self.withPointers(to: inputs[...]) { inputs in
      vt_openvino_infer(
        request.pointer, inputs, Int32(inputs.count), output, request.output, Self.outputLimit,
        &shape, &message)
    }
    guard status == 0 else { throw .inferenceFailed(reason: message.string) }
    let dimensions = Self.dimensions(shape)
    return Output(
      values: Array(UnsafeBufferPointer(start: request.output, count: dimensions.reduce(1, *))),
      shape: dimensions)
  }

  /// Calls `body` with pointers that hold until it returns.
  private static func withPointers<Result>(
    to inputs: ArraySlice<Input>, after pinned: [vt_openvino_input] = [],
    _ body: ([vt_openvino_input]) -> Result
  ) -> Result {
    guard let input = inputs.first else { return body(pinned) }
    precondition(input.shape.reduce(1, *) == input.values.count)
    return input.values.withBytes { values, element in
      input.shape.map(Int64.init).withUnsafeBufferPointer { dims in
        withName(input.name) { name in
          let pin = vt_openvino_input(
            name: name, values: values.baseAddress, element: element, rank: Int32(dims.count),
            dims: dims.baseAddress)
          return withPointers(to: inputs.dropFirst(), after: pinned + [pin], body)
        }
      }
    }
  }

  private static func withName<Result>(
    _ name: String?, _ body: (UnsafePointer<CChar>?) -> Result
  ) -> Result {
    guard let name else { return body(nil) }
    return name.withCString(body)
  }

  private static func dimensions(_ shape: vt_openvino_shape) -> [Int] {
    withUnsafeBytes(of: shape.dims) { bytes in
      bytes.bindMemory(to: Int64.self).prefix(Int(shape.rank)).map(Int.init)
    }
  }
}

extension CompiledModel.Values {
  var count: Int {
    switch self {
    case .bytes(let values): values.count
    case .floats(let values): values.count
    case .halves(let values): values.count
    case .int32(let values): values.count
    case .int64(let values): values.count
    }
  }

  fileprivate func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer, vt_openvino_element) -> Result
  ) -> Result {
    switch self {
    case .bytes(let values): values.withUnsafeBytes { body($0, VT_OPENVINO_U8) }
    case .floats(let values): values.withUnsafeBytes { body($0, VT_OPENVINO_F32) }
    case .halves(let values): values.withUnsafeBytes { body($0, VT_OPENVINO_F16) }
    case .int32(let values): values.withUnsafeBytes { body($0, VT_OPENVINO_I32) }
    case .int64(let values): values.withUnsafeBytes { body($0, VT_OPENVINO_I64) }
    }
  }
}

extension [Float] {
  /// The vector in its direction that an index holds.
  func atUnitLength() throws(EmbedError) -> [Float] {
    let length = reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length.isFinite, length > 0 else {
      throw .inferenceFailed(reason: "a vector of length \(length)")
    }
    return map { $0 / length }
  }
}
