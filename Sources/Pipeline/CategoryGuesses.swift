import Catalog
import Foundation
import Storage
import VectorSearch
import Vision

/// What pictures look like of which no product tells, and how well that can be told.
package struct CategoryReport: Sendable, Encodable {
  /// Pictures whose product says what they show; these vote.
  package var labelled = 0
  /// Pictures of which nothing is said.
  package var unlabelled = 0
  /// Of these, those that look like a category.
  package var guessed = 0
  /// How many such guesses are right on labelled pictures, 0…1; nil where too few would be.
  package var precision: Double?
}

/// Tells what pictures look like where no product says what they show, such as those of posts.
///
/// A picture's category is voted by the pictures most like it among those that products with a category
/// show. How large a majority has to be is measured first on such pictures themselves, each without the
/// others of its product. Everything is reckoned anew, so that an interruption leaves nothing that the
/// next run does not mend.
struct CategoryGuesses {
  let store: CatalogStore
  let lane: ComputeLane
  let model: String
  let snapshot: Snapshot

  /// The newest pictures of which nothing is said; older ones keep what was told.
  private static let mostGuesses = 100_000
  private static let mostVoters = 200_000
  private static let mostTrials = 2_000
  private static let batch = 64

  func run() async throws -> CategoryReport {
    let pictures = try await store.pictureCategories(model: model)
      .filter { snapshot.contains($0.image.vectorKey) }
    let labelled = pictures.filter { $0.category != nil }
    let open = pictures.filter { $0.category == nil }.prefix(Self.mostGuesses).map(\.image)
    let voters = Voters(labelled.prefix(Self.mostVoters))
    let trials = try await votes(
      about: voters.sample(Self.mostTrials), by: voters
    ).compactMap { image, vote in
      vote.map { (share: $0.share, isRight: $0.category == voters.categories[image.vectorKey]) }
    }
    var report = CategoryReport()
    (report.labelled, report.unlabelled) = (labelled.count, pictures.count - labelled.count)
    var likeness = labelled.map { (image: $0.image, category: String?.none) }
    if let threshold = CategoryVote.Threshold(of: trials) {
      report.precision = threshold.precision
      for (image, vote) in try await votes(about: open, by: voters) {
        let sure = vote.flatMap { $0.share >= threshold.share ? $0 : nil }
        likeness.append((image, sure.map { voters.name(of: $0.category) }))
        if sure != nil { report.guessed += 1 }
      }
    } else {
      likeness += open.map { ($0, nil) }
    }
    for start in stride(from: 0, to: likeness.count, by: 5_000) {
      try Task.checkCancellation()
      _ = try await store.keepLikeness(
        Array(likeness[start..<min(start + 5_000, likeness.count)]))
    }
    return report
  }

  /// Pictures whose category is known.
  private struct Voters: Sendable {
    private(set) var keys = KeySet()
    /// In lower case and without what stands above: shops write one category in many ways.
    private(set) var categories: [UInt64: String] = [:]
    /// How often each is written how.
    private var spellings: [String: [String: Int]] = [:]
    private var products: [UInt64: ID<Item>] = [:]
    private var pictures: [ID<Item>: [UInt64]] = [:]
    private var images: [ID<ImageRecord>] = []

    init(_ labelled: some Sequence<PictureCategory>) {
      for picture in labelled {
        guard let product = picture.product, let category = picture.category else { continue }
        let key = picture.image.vectorKey
        images.append(picture.image)
        keys.insert(key)
        let leaf = Self.leaf(of: category)
        let name = leaf.lowercased()
        categories[key] = name
        spellings[name, default: [:]][leaf, default: 0] += 1
        products[key] = product
        pictures[product, default: []].append(key)
      }
    }

    /// "Dresses" of "Women > Dresses".
    private static func leaf(of category: String) -> String {
      let parts = category.split { ">›»".contains($0) }
        .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
      return parts.last { !$0.isEmpty } ?? category
    }

    /// A category as it is written most often.
    func name(of category: String) -> String {
      let spellings = spellings[category] ?? [:]
      return spellings.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? category
    }

    /// Every so manyth, `count` at most.
    func sample(_ count: Int) -> [ID<ImageRecord>] {
      let step = max(1, (images.count + count - 1) / count)
      return stride(from: 0, to: images.count, by: step).map { images[$0] }
    }

    /// The pictures of the product that shows this one.
    func ownPictures(of key: UInt64) -> KeySet {
      KeySet(products[key].flatMap { pictures[$0] } ?? [])
    }
  }

  private func votes(about images: [ID<ImageRecord>], by voters: Voters) async throws
    -> [(image: ID<ImageRecord>, vote: CategoryVote?)]
  {
    var votes: [(image: ID<ImageRecord>, vote: CategoryVote?)] = []
    let snapshot = snapshot
    for start in stride(from: 0, to: images.count, by: Self.batch) {
      try Task.checkCancellation()
      let part = Array(images[start..<min(start + Self.batch, images.count)])
      votes += try await lane.run { () throws(IndexError) in
        let requests = try part.map { (image) throws(IndexError) in
          guard let vector = try snapshot.vector(for: image.vectorKey) else {
            preconditionFailure("picture \(image) was found in this snapshot before")
          }
          return SearchRequest(
            query: vector, k: CategoryVote.neighbours, filter: voters.keys,
            excluding: voters.ownPictures(of: image.vectorKey))
        }
        let results = try snapshot.search(requests)
        return zip(part, results).map { image, result in
          let neighbours = result.hits.compactMap { hit in
            voters.categories[hit.key].map { (similarity: hit.score, category: $0) }
          }
          return (image, CategoryVote(of: neighbours))
        }
      }
    }
    return votes
  }
}
