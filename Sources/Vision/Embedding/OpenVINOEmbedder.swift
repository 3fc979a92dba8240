import COpenVINO
package import Foundation
import Synchronization

/// Turns pictures into unit vectors with a model that OpenVINO runs on the CPU.
///
/// One compiled model serves `streams` requests, each on a thread of its own outside the
/// cooperative pool; several callers share them.
package final class OpenVINOEmbedder: Sendable {
  /// Covers weights, preprocessing and projection: vectors of two ids are never compared.
  package let modelID: String
  /// Length of a vector.
  package let dimension: Int
  /// The model's own ID, without its head: whose vectors the head is applied to.
  package let baseID: String
  /// What turns the model's vectors into the embedder's, where the folder holds a `head.bin`.
  package let head: Head?
  private let card: ModelCard
  private let engine: Engine
  private let lane: ComputeLane

  /// Opens the runtime and compiles the model: about half a second.
  ///
  /// - Parameters:
  ///   - folder: holds a model and its card, as `make setup` writes them or a user does.
  ///   - streams: how many pictures are computed at a time, a thread each.
  package init(model folder: URL, streams: Int = 2) throws(EmbedError) {
    precondition(streams > 0)
    let card = try ModelCard(readingFrom: folder)
    let head = try Head(besideModelIn: folder, inputs: card.dimension)
    self.card = card
    self.head = head
    baseID = card.id
    modelID = head.map { "\(card.id)-\($0.id)" } ?? card.id
    dimension = head?.dimension ?? card.dimension
    engine = try Engine(model: folder.appending(path: card.file), streams: streams)
    lane = ComputeLane(name: "embed", threads: streams)
  }

  /// The vectors of `pictures`, in their order, each `dimension` long and of unit length.
  ///
  /// Pictures may have any size; a shorter side of `side ÷ share` of the model loses nothing.
  package func embed(_ pictures: [Picture]) async throws(EmbedError) -> [[Float]] {
    try await lane.map(pictures) { [self] (picture) throws(EmbedError) in
      try vector(of: picture)
    }
  }

  private func vector(of picture: Picture) throws(EmbedError) -> [Float] {
    var vector = try engine.infer(card.square(of: picture), card)
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length.isFinite, length > 0 else {
      throw .inferenceFailed(reason: "a vector of length \(length)")
    }
    for i in vector.indices { vector[i] /= length }
    return head?.adapted(VectorTable(dimension: card.dimension, values: vector))[0] ?? vector
  }
}

/// A compiled model and its idle requests.
private final class Engine: @unchecked Sendable {
  // `model` is only read; a request is used by who took it from `idle`.
  private let model: OpaquePointer
  private let idle: Mutex<[Request]>

  private struct Request: @unchecked Sendable {
    // Used by one thread at a time.
    let pointer: OpaquePointer
  }

  init(model file: URL, streams: Int) throws(EmbedError) {
    let library = try OpenVINOLibrary(near: file.deletingLastPathComponent())
    let path = file.path
    var message = vt_openvino_message()
    guard
      let model = vt_openvino_compile(library.handle, path, Int32(streams), &message)
    else { throw .modelUnusable(path: path, reason: message.string) }
    self.model = model
    var requests: [Request] = []
    for _ in 0..<streams {
      guard let request = vt_openvino_request_create(model, &message) else {
        requests.forEach { vt_openvino_request_free($0.pointer) }
        vt_openvino_model_free(model)
        throw .modelUnusable(path: path, reason: message.string)
      }
      requests.append(Request(pointer: request))
    }
    idle = Mutex(requests)
  }

  deinit {
    idle.withLock { requests in requests.forEach { vt_openvino_request_free($0.pointer) } }
    vt_openvino_model_free(model)
  }

  /// Called from at most as many threads at a time as there are requests.
  func infer(_ square: [UInt8], _ card: ModelCard) throws(EmbedError) -> [Float] {
    guard let request = idle.withLock({ $0.popLast() }) else {
      preconditionFailure("more threads than requests")
    }
    defer { idle.withLock { $0.append(request) } }
    var message = vt_openvino_message()
    var shape = vt_openvino_shape()
    var status: Int32 = 0
    func run(_ input: UnsafeRawBufferPointer, _ element: vt_openvino_element) -> [Float] {
      let capacity = card.pooling == .none ? card.dimension : Self.sequenceLimit
      return [Float](unsafeUninitializedCapacity: capacity) { buffer, count in
        status = vt_openvino_infer(
          request.pointer, input.baseAddress, element, card.inputShape, card.output,
          buffer.baseAddress, capacity, &shape, &message)
        guard status == 0 else { return }
        count = Self.dimensions(shape).reduce(1, *)
      }
    }
    let output =
      switch card.element {
      case .u8: card.bytes(of: square).withUnsafeBytes { run($0, VT_OPENVINO_U8) }
      case .f32: card.numbers(of: square).withUnsafeBytes { run($0, VT_OPENVINO_F32) }
      }
    guard status == 0 else { throw .inferenceFailed(reason: message.string) }
    let dimensions = Self.dimensions(shape)
    guard let vector = card.pooled(output, shape: dimensions) else {
      throw .inferenceFailed(
        reason: "an output of \(dimensions) gives no vector of \(card.dimension)"
          + " with pooling \(card.pooling.rawValue)")
    }
    return vector
  }

  /// Values of an output that is pooled: 1,024 tokens of 2,048.
  private static let sequenceLimit = 1 << 21

  private static func dimensions(_ shape: vt_openvino_shape) -> [Int] {
    withUnsafeBytes(of: shape.dims) { bytes in
      bytes.bindMemory(to: Int64.self).prefix(Int(shape.rank)).map(Int.init)
    }
  }
}
