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
  private let card: ModelCard
  private let engine: Engine
  private let lane: ComputeLane

  /// Opens the runtime and compiles the model: about half a second.
  ///
  /// - Parameters:
  ///   - folder: holds `model.xml`, `model.bin` and `model.json`, as `make setup` writes them.
  ///   - streams: how many pictures are computed at a time, a thread each.
  package init(model folder: URL, streams: Int = 2) throws(EmbedError) {
    precondition(streams > 0)
    card = try ModelCard(readingFrom: folder)
    modelID = card.id
    dimension = card.dimension
    engine = try Engine(model: folder, streams: streams)
    lane = ComputeLane(name: "embed", threads: streams)
  }

  /// The vectors of `pictures`, in their order, each `dimension` long and of unit length.
  ///
  /// Pictures may have any size; a shorter side of `side ÷ share` of the model loses nothing.
  package func embed(_ pictures: [Picture]) async throws(EmbedError) -> [[Float]] {
    let results = await withTaskGroup(
      of: (Int, Result<[Float], EmbedError>).self, returning: [Result<[Float], EmbedError>].self
    ) { group in
      for (place, picture) in pictures.enumerated() {
        group.addTask { [self] in (place, await result(for: picture)) }
      }
      var results = [Result<[Float], EmbedError>](
        repeating: .success([]), count: pictures.count)
      for await (place, result) in group { results[place] = result }
      return results
    }
    var vectors: [[Float]] = []
    vectors.reserveCapacity(results.count)
    for result in results { vectors.append(try result.get()) }
    return vectors
  }

  private func result(for picture: Picture) async -> Result<[Float], EmbedError> {
    do throws(EmbedError) {
      return .success(
        try await lane.run { [self] () throws(EmbedError) in try vector(of: picture) })
    } catch {
      return .failure(error)
    }
  }

  private func vector(of picture: Picture) throws(EmbedError) -> [Float] {
    let input = picture.middle(side: card.side, share: card.share)
    var vector = try engine.infer(input, side: card.side, dimension: dimension)
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length.isFinite, length > 0 else {
      throw .inferenceFailed(reason: "a vector of length \(length)")
    }
    for i in vector.indices { vector[i] /= length }
    return vector
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

  init(model folder: URL, streams: Int) throws(EmbedError) {
    let library = try OpenVINOLibrary(near: folder)
    let path = folder.appending(path: "model.xml").path
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
  func infer(_ pixels: [UInt8], side: Int, dimension: Int) throws(EmbedError) -> [Float] {
    guard let request = idle.withLock({ $0.popLast() }) else {
      preconditionFailure("more threads than requests")
    }
    defer { idle.withLock { $0.append(request) } }
    var message = vt_openvino_message()
    var status: Int32 = 0
    let vector = [Float](unsafeUninitializedCapacity: dimension) { buffer, count in
      status = vt_openvino_infer(
        request.pointer, pixels, 1, Int32(side), Int32(side), buffer.baseAddress, Int32(dimension),
        &message)
      count = status == 0 ? dimension : 0
    }
    guard status == 0 else { throw .inferenceFailed(reason: message.string) }
    return vector
  }
}
