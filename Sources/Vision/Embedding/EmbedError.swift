/// Why pictures have no vectors.
package enum EmbedError: Error, Equatable {
  /// OpenVINO is not installed where it was looked for; `make setup` brings it.
  case libraryMissing(searched: [String])
  /// The model's folder lacks a file or holds one that does not fit; `make setup` writes it anew.
  case modelUnusable(path: String, reason: String)
  /// The model ran and failed; the pictures may be tried again.
  case inferenceFailed(reason: String)
}

extension EmbedError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .libraryMissing(let searched):
      "openvino not found, looked for \(searched.joined(separator: ", "))"
    case .modelUnusable(let path, let reason): "unusable model at \(path): \(reason)"
    case .inferenceFailed(let reason): "inference failed: \(reason)"
    }
  }
}
