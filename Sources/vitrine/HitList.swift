import Foundation

/// The hits of an answer of `POST /v1/search`, as people read them.
struct HitList {
  private struct Answer: Decodable {
    struct Level: Decodable { var hits: [Hit] }
    struct Hit: Decodable {
      var score: Float
      var rerankScore: Float?
      var folded: Int
      var box: Box?
      var image: Image
      var items: [Item]

      enum CodingKeys: String, CodingKey {
        case score, folded, box, image, items
        case rerankScore = "rerank_score"
      }
    }
    struct Box: Decodable { var name: String }
    struct Image: Decodable { var url: String? }
    struct Item: Decodable {
      var kind: String
      var name: String?
      var brand: String?
      var price: String?
      var currency: String?
      var url: String
    }
    var levels: [Level]
  }

  private struct Line: Decodable { var answer: Answer? }

  private let hits: [Answer.Hit]

  init(json: Data) throws {
    hits = try JSONDecoder().decode(Answer.self, from: json).levels.flatMap(\.hits)
  }

  /// The hits of a line of `vitrine search --batch`; none where it has no answer.
  init(lineJSON: Data) throws {
    hits = try JSONDecoder().decode(Line.self, from: lineJSON).answer?.levels.flatMap(\.hits) ?? []
  }

  /// Two lines a hit: score, what it is and how many near duplicates it stands for; then where it is. A hit that a
  /// second model ranked has that one's score first.
  var lines: [String] {
    hits.map { hit in
      let item = hit.items.first
      let price = item?.price.map {
        [$0, item?.currency].compactMap(\.self).joined(separator: " ")
      }
      let part = hit.box.map { $0.name.isEmpty ? "in a part" : "in its \($0.name)" }
      let words = [item?.name ?? item?.kind, item?.brand, price, part]
      let folded = hit.folded > 0 ? "  (+\(hit.folded))" : ""
      let scores = [hit.rerankScore, hit.score].compactMap { $0 }
      return scores.map { String(format: "%.4f  ", $0) }.joined()
        + words.compactMap { $0 }.joined(separator: ", ")
        + "\(folded)\n        \(item?.url ?? hit.image.url ?? "")"
    }
  }
}
