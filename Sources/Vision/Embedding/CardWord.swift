/// What a card says by one of a few words; any other is refused with these.
protocol CardWord: RawRepresentable<String>, CaseIterable, Decodable, Sendable {}

extension CardWord {
  init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let word = Self(rawValue: text) else {
      let words = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\(text), one of \(words) wanted"))
    }
    self = word
  }
}

extension DecodingError {
  /// What is wrong with a file, and where in it.
  var fault: String {
    func told(_ context: Context, _ what: String) -> String {
      (context.codingPath.map(\.stringValue) + [what]).joined(separator: ": ")
    }
    return switch self {
    case .keyNotFound(let key, let context): told(context, "\(key.stringValue) is missing")
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      told(context, context.debugDescription)
    @unknown default: "\(self)"
    }
  }
}
