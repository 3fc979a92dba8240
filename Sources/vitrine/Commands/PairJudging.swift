import Catalog
import Foundation
import Pipeline
import Storage
import Vision

/// Judges two pictures of a catalog, named as on the command line.
struct PairJudging {
  let data: DataFolder
  let first: String
  let second: String

  struct Outcome: Encodable {
    struct Side: Encodable {
      var picture: ImageCommand.JudgedPicture
      /// Pictures of its group, itself among them.
      var members: Int?
    }

    /// What holds now; `nil` where recognition alone decides.
    var verdict: Judgement.Verdict?
    /// What was said of the two before.
    var replaced: Judgement.Verdict?
    var first: Side
    var second: Side
    /// Pictures that stand in another group now.
    var moved: Int

    var lines: [String] {
      var lines: [String]
      switch verdict {
      case .apart: lines = ["two pictures from now on"]
      case .together: lines = ["the same picture from now on"]
      case nil: lines = ["as recognition has it from now on"]
      }
      if let replaced, replaced != verdict { lines.append("  judged \(replaced.rawValue) before") }
      lines += [first, second].map { side in
        guard let group = side.picture.group, let members = side.members else {
          return "  \(side.picture.name) is not in the catalog yet; it counts once it is"
        }
        let others = members == 1 ? "alone" : "with \(Console.count(members - 1)) more"
        return "  \(side.picture.name) stands in group \(group) \(others)"
      }
      let places = moved == 1 ? "1 picture stands" : "\(Console.count(moved)) pictures stand"
      return lines + ["  \(places) elsewhere than before"]
    }
  }

  func judge(_ verdict: Judgement.Verdict) async throws -> Outcome {
    try await writing { store, one, other in
      let doubts = LinkDoubts()
      switch try await store.judge(verdict, one, other, now: .now, doubt: doubts.doubt) {
      case .kept(let replaced, let moved):
        return try await outcome(store, one, other, verdict, replaced: replaced, moved: moved)
      case .contradicted(let judgements):
        let pairs = try await store.pairs(judgements)
        let reasons = pairs.map {
          "\($0.first.name) and \($0.second.name) were judged \($0.verdict.rawValue)"
        }
        throw Failure(
          .usage,
          "\(first) and \(second) cannot be \(verdict.rawValue): "
            + "\(reasons.joined(separator: ", ")); take one of these back first, by vitrine image "
            + "retract")
      }
    }
  }

  func retract() async throws -> Outcome {
    try await writing { store, one, other in
      let doubts = LinkDoubts()
      guard let retraction = try await store.retract(one, other, doubt: doubts.doubt) else {
        throw Failure(.usage, "nobody has judged \(first) and \(second)")
      }
      return try await outcome(
        store, one, other, nil, replaced: retraction.verdict, moved: retraction.moved)
    }
  }

  private func writing(
    _ body: (CatalogStore, ContentHash, ContentHash) async throws -> Outcome
  ) async throws -> Outcome {
    guard FileManager.default.fileExists(atPath: data.catalog) else {
      throw StorageError.absent(path: data.catalog)
    }
    let (store, lock) = try data.openForWriting()
    defer { withExtendedLifetime(lock) {} }
    let one = try await store.hash(named: first)
    let other = try await store.hash(named: second)
    guard one != other else {
      throw Failure(.usage, "\(first) and \(second) are the same bytes")
    }
    return try await body(store, one, other)
  }

  private func outcome(
    _ store: CatalogStore, _ one: ContentHash, _ other: ContentHash,
    _ verdict: Judgement.Verdict?, replaced: Judgement.Verdict?, moved: Int
  ) async throws -> Outcome {
    let known = try await store.groupedPictures([one, other])
    func side(_ hash: ContentHash) async throws -> Outcome.Side {
      var side = Outcome.Side(picture: ImageCommand.JudgedPicture(hash, known[hash]))
      if let group = known[hash]?.group { side.members = try await store.size(ofGroup: group) }
      return side
    }
    return Outcome(
      verdict: verdict, replaced: replaced, first: try await side(one),
      second: try await side(other), moved: moved)
  }
}

extension CatalogStore {
  /// A picture of the catalog as the command line names it: by its number, its address or the beginning of
  /// its content hash.
  func picture(named text: String) async throws -> GroupedPicture {
    if let id = Int64(text), id > 0, let known = try await groupedPicture(ID(id)) { return known }
    if text.contains("://"), let url = try? CanonicalURL(text) {
      guard let known = try await groupedPicture(at: url) else {
        throw Failure(.usage, "the catalog has no picture from \(text)")
      }
      return known
    }
    if let hashes = ContentHash.beginning(with: text) {
      let found = try await groupedPictures(hashes, limit: 2)
      guard found.count < 2 else {
        throw Failure(.usage, "several content hashes begin with \(text)")
      }
      if let known = found.first { return known }
    } else if Int64(text).map({ $0 > 0 }) != true {
      throw Failure(
        .usage,
        "\(text) is no picture's number, address or content hash (\(ContentHash.leastDigits) digits or "
          + "more), nor a file that can be read")
    }
    throw Failure(.usage, "the catalog has no picture \(text)")
  }

  /// The content hash of a picture that is judged: of one as above, of a file that the catalog has, or as it
  /// stands there, be it in the catalog or not.
  fileprivate func hash(named text: String) async throws -> ContentHash {
    if let bytes = try InputFile.readIfThere(text) {
      let hash = ContentHash(of: bytes)
      guard try await !groupedPictures([hash]).isEmpty else {
        throw Failure(.usage, "the catalog has no picture with the bytes of \(text)")
      }
      return hash
    }
    if let whole = ContentHash(hex: text) { return whole }
    return try await picture(named: text).hash
  }

  /// Judgements with what the catalog has of their pictures.
  func pairs(_ judgements: [Judgement]) async throws -> [ImageCommand.JudgedPair] {
    let known = try await groupedPictures(Set(judgements.flatMap { [$0.first, $0.second] }))
    return judgements.map {
      ImageCommand.JudgedPair(
        verdict: $0.verdict, first: .init($0.first, known[$0.first]),
        second: .init($0.second, known[$0.second]), at: $0.at.description)
    }
  }
}

extension ContentHash {
  /// Digits of a content hash's beginning that tell it from a number and nearly always from all others.
  fileprivate static let leastDigits = 8

  /// The first and the last content hash that begin with these hexadecimal digits.
  fileprivate static func beginning(with digits: String) -> (first: ContentHash, last: ContentHash)?
  {
    guard (leastDigits...64).contains(digits.utf8.count) else { return nil }
    func filled(_ digit: String) -> ContentHash? {
      ContentHash(hex: digits + String(repeating: digit, count: 64 - digits.utf8.count))
    }
    guard let first = filled("0"), let last = filled("f") else { return nil }
    return (first, last)
  }
}
