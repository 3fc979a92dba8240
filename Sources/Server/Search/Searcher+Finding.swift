import Catalog
import Foundation
import Storage
import Synchronization
import VectorSearch
import Vision

extension Searcher {
  /// A query on its way to its answer.
  struct Search: Sendable {
    let query: SearchQuery
    let resolved: Resolved
    let look: SecondLook?
    let request: SearchRequest
    /// Of the closest hits, how many may change their places; 0 where they stand as they are found.
    let reordered: Int
    /// By variety; none before the index was asked.
    var results: [SearchResult] = []

    func with(_ results: [SearchResult]) -> Search {
      var search = self
      search.results = results
      return search
    }

    var strides: [Int] { query.varieties.map(\.stride) }

    var statistics: SearchStatistics {
      results.reduce(into: SearchStatistics()) { $0.add($1.statistics) }
    }

    /// Whether it may share the reading of the index: one order, and not so deep that many of them
    /// take much memory.
    fileprivate var isShareable: Bool {
      strides.count == 1 && (request.skip + request.k) * strides[0] <= Self.sharedDepth
    }

    private static let sharedDepth = 2_000
  }

  /// Threads that share the scan of one query where the index is large.
  private static let scanThreads = min(
    ProcessInfo.processInfo.activeProcessorCount, SearchRequest.threadLimit.upperBound)

  /// The hits among which a picture that is the query itself is looked for.
  private static let recognised = 64

  /// What the index is to be asked for a query.
  func search(for query: SearchQuery, _ moment: SearchModel.Moment) async throws(Problem) -> Search
  {
    guard !Task.isCancelled else { throw .givenUp }
    var resolved = try await resolve(query, moment)
    for example in query.examples { try await add(example, to: &resolved, moment) }
    var look: SecondLook?
    if let reranking = query.reranking {
      look = try await secondLook(reranking, query, resolved)
    }
    let groups = groups.current
    var request = SearchRequest(
      directions: resolved.directions, k: query.k,
      excluding: try await withBoxes(resolved.excluding).union(groups.gone),
      suppressAbove: query.folds ? settings.suppressAbove : nil, minScore: query.minScore,
      recall: query.recall)
    request.stride = query.varieties[0].stride
    if !query.filter.isTrivial {
      request.filter = try await asking { () async throws(StorageError) in
        try await filterKeys.value(for: query.filter)
      }
    }
    if query.isPerProduct {
      request.groups = try await asking { () async throws(StorageError) in
        try await products.current()
      }
    } else {
      request.groups = query.folds ? groups.folded : groups.single
    }
    request.skip = query.offset
    request.threads = Self.scanThreads
    // Where hits change their places, all up to the last wanted are looked through.
    let reordered = max(
      resolved.fingerprint == nil ? 0 : Self.recognised, look?.reranking.depth ?? 0)
    if reordered > 0 {
      request.k = min(max(query.offset + query.k, reordered), SearchRequest.hitLimit.upperBound)
      request.skip = 0
    }
    return Search(
      query: query, resolved: resolved, look: look, request: request, reordered: reordered)
  }

  /// With the boxes of the pictures among the keys: what is left out is left out with its parts.
  private func withBoxes(_ keys: KeySet) async throws(Problem) -> KeySet {
    guard !keys.isEmpty, groups.current.single != nil else { return keys }
    let pictures = keys.keys.compactMap { key -> ID<ImageRecord>? in
      guard case .picture(let id) = VectorKey(key) else { return nil }
      return id
    }
    let boxes = try await asking { () async throws(StorageError) in
      try await store.boxes(in: pictures)
    }
    return keys.union(KeySet(boxes.values.joined().lazy.map(\.id.vectorKey)))
  }

  /// Asks the index; those that can share its reading are asked together.
  func find(_ searches: inout [Result<Search, Problem>], in snapshot: Snapshot) async {
    let shared = searches.indices.filter { searches[$0].success?.isShareable ?? false }
    if shared.count > 1 {
      let requests = shared.compactMap { searches[$0].success?.request }
      // Where one of them is refused, each is asked alone and has its own answer.
      let together = await Result { () async throws(Problem) in
        try await ask(requests) { requests throws(IndexError) in try snapshot.search(requests) }
      }
      for (place, result) in zip(shared, together.success ?? []) {
        searches[place] = searches[place].map { $0.with([result]) }
      }
    }
    for place in searches.indices {
      searches[place] = await searches[place].then { search async throws(Problem) in
        guard search.results.isEmpty else { return search }
        return search.with(
          try await self.search(search.request, strides: search.strides, snapshot))
      }
    }
  }

  func search(_ request: SearchRequest, strides: [Int], _ snapshot: Snapshot)
    async throws(Problem) -> [SearchResult]
  {
    try await ask([request]) { requests throws(IndexError) in
      try snapshot.search(requests[0], strides: strides)
    }
  }

  /// Searches on the lane until the caller's task is cancelled.
  private func ask(
    _ requests: [SearchRequest],
    _ search: @escaping @Sendable ([SearchRequest]) throws(IndexError) -> [SearchResult]
  ) async throws(Problem) -> [SearchResult] {
    let isCancelled = Flag()
    let requests = requests.map { request in
      var request = request
      request.isAbandoned = { isCancelled.isSet }
      return request
    }
    let results = await withTaskCancellationHandler {
      await lane.run { Result { () throws(IndexError) in try search(requests) } }
    } onCancel: {
      isCancelled.set()
    }
    do throws(IndexError) {
      return try results.get()
    } catch {
      throw problem(error)
    }
  }

  private func problem(_ error: IndexError) -> Problem {
    switch error {
    case .invalidRequest(let reason): return .invalid("vector", reason)
    case .abandoned: return .givenUp
    default:
      var problem = Problem(.failed, "the index cannot be searched; the server's log has the cause")
      problem.cause = error.description
      return problem
    }
  }

  /// What the index has of a picture or a box; its file is read for it.
  func vector(
    for key: UInt64, _ moment: SearchModel.Moment
  ) async throws(Problem) -> [Float]? {
    do throws(IndexError) {
      return try await lane.run { () throws(IndexError) in try moment.snapshot.vector(for: key) }
    } catch {
      throw problem(error)
    }
  }

  /// The hits of each level as they are told: what is the query's own picture first, then as a second
  /// model says.
  func arrange(_ search: Search, _ pictures: HitPictures) async throws(Problem)
    -> [SearchAnswer.Level]
  {
    let query = search.query
    var levels: [SearchAnswer.Level] = []
    for (variety, result) in zip(query.varieties, search.results) {
      var level = SearchAnswer.Level(variety: variety, hits: pictures.settled(result.hits))
      if search.reordered > 0 {
        if variety == .closest {
          if let fingerprint = search.resolved.fingerprint {
            try await recognise(fingerprint, pictures, in: &level)
          }
          if let look = search.look { try await rerank(&level, pictures, by: look) }
          level.putSamePicturesFirst()
        }
        level.hits = Array(level.hits.dropFirst(query.offset).prefix(query.k))
      }
      levels.append(level)
    }
    return levels
  }

  /// A smaller or re-encoded copy may lie a hair further in the vectors than a colourway of the same
  /// photograph; the fingerprints tell them apart.
  private func recognise(
    _ fingerprint: Fingerprint, _ pictures: HitPictures, in level: inout SearchAnswer.Level
  ) async throws(Problem) {
    let near = level.hits.prefix(Self.recognised).map(\.key)
    let prints = try await asking { () async throws(StorageError) in
      try await store.fingerprints(of: near.compactMap(pictures.picture))
    }
    level.samePictures = await lane.run {
      let same = Set(prints.filter { Likeness($0.value, fingerprint).isSamePicture }.keys)
      return Set(near.filter { pictures.picture(of: $0).map(same.contains) ?? false })
    }
  }
}

/// Set once, from any thread.
private final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .relaxed) }
  func set() { value.store(true, ordering: .relaxed) }
}

extension Problem {
  /// What a search ends with whose task was cancelled.
  static let givenUp = Problem(.stopping, "the search was given up")
}

extension Result where Failure == Problem {
  init(_ body: () async throws(Problem) -> Success) async {
    do throws(Problem) {
      self = .success(try await body())
    } catch {
      self = .failure(error)
    }
  }

  var success: Success? { if case .success(let value) = self { value } else { nil } }

  /// What comes of it where it is a success.
  func then<Next>(_ next: (Success) async throws(Problem) -> Next) async -> Result<Next, Problem> {
    await Result<Next, Problem> { () async throws(Problem) in try await next(get()) }
  }
}
