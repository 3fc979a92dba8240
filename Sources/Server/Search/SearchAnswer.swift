import Catalog
import Storage
import VectorSearch

/// The hits of a search with what the catalog knows of them.
struct SearchAnswer: Sendable {
  struct Level: Sendable {
    var variety: Variety
    /// By rank, but what is the query's own picture before all others.
    var hits: [Hit]
    /// The keys of hits that are the query's own picture, by their fingerprints.
    var samePictures: Set<UInt64> = []
    /// By key, of those that a second model ranked.
    var secondScores: [UInt64: Float] = [:]

    mutating func putSamePicturesFirst() {
      let others = hits.filter { !samePictures.contains($0.key) }
      hits = hits.filter { samePictures.contains($0.key) } + others
    }
  }

  struct Shown: Sendable {
    var pictures: HitPictures
    var images: [ID<ImageRecord>: ShownImage]
    /// Without their parts.
    var items: [ID<ImageRecord>: [ItemRecord]]

    /// The items that show a picture; those that pass the filter come first.
    func items(showing picture: ID<ImageRecord>, matching filter: ItemFilter) -> [ItemRecord] {
      let shownBy = items[picture] ?? []
      return shownBy.filter(filter.admits) + shownBy.filter { !filter.admits($0) }
    }
  }

  /// More items than that show a picture only in catalogs of one placeholder.
  static let maxItemsPerHit = 8

  var query: SearchQuery
  var resolved: Searcher.Resolved
  var levels: [Level]
  var shown: Shown
  var statistics: SearchStatistics
  /// What ``AnsweredSnapshots`` keeps it by.
  var snapshot: String
  var model: String?
  var generation: UInt64
  var indexed: Int
  var took: Duration
}

extension SearchAnswer: JSONWritable {
  func write(to json: inout JSONWriter) { json.object { members(to: &$0) } }

  func members(to json: inout JSONWriter) {
    json.member("query") { json in
      json.member("image", resolved.image)
      json.member("box", resolved.box)
      json.key("item")
      if let item = resolved.item { item.writeSummary(to: &json) } else { json.literal("null") }
      json.member("more", resolved.examples.filter { $0.direction.weight > 0 }) {
        $1.image.write(to: &$0)
      }
      json.member("less", resolved.examples.filter { $0.direction.weight < 0 }) {
        $1.image.write(to: &$0)
      }
    }
    json.member("offset", query.offset)
    json.member("snapshot", snapshot)
    json.member("levels", levels) { json, level in
      json.object { json in
        json.member("variety", level.variety.rawValue)
        json.member("stride", level.variety.stride)
        json.member("hits", level.hits) { json, hit in
          write(hit, in: level, to: &json)
        }
      }
    }
    json.member("statistics") {
      $0.member("candidates", statistics.candidates)
      $0.member("probed", statistics.probed)
      $0.member("scanned", statistics.scanned)
      $0.member("refined", statistics.refined)
      $0.member("scored", statistics.scored)
      $0.member("compared", statistics.compared)
      $0.member("passes", statistics.passes)
    }
    json.member("model", model)
    json.member("rerank", query.reranking?.model)
    json.member("generation", generation)
    json.member("indexed", indexed)
    json.member("took_ms", (took / .milliseconds(1) * 10).rounded() / 10)
  }

  private func write(_ hit: Hit, in level: Level, to json: inout JSONWriter) {
    let picture = shown.pictures.picture(of: hit.key)
    let items = picture.map { shown.items(showing: $0, matching: query.filter) }
    json.object {
      $0.member("score", hit.score)
      $0.member("rank", hit.rank)
      $0.member("folded", hit.folded)
      $0.member("same_picture", level.samePictures.contains(hit.key))
      $0.member("rerank_score", level.secondScores[hit.key])
      $0.member("box", shown.pictures.boxes[hit.key])
      $0.member("image", picture.flatMap { shown.images[$0] })
      $0.member("items", items ?? []) { $1.writeSummary(to: &$0) }
    }
  }
}

extension BoxRecord: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object {
      $0.member("id", id)
      region.members(to: &$0)
      $0.member("name", name)
      $0.member("score", score)
      $0.member("edited", isEdited)
    }
  }
}

extension Region {
  func members(to json: inout JSONWriter) {
    json.member("x", x)
    json.member("y", y)
    json.member("width", width)
    json.member("height", height)
  }
}
