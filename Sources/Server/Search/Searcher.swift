import Catalog
import Foundation
import Storage
import VectorSearch
import Vision

/// Answers searches from the followed index and the read-only catalog.
struct Searcher: Sendable {
  let settings: ServerSettings
  let store: CatalogStore
  let blobs: BlobStore
  let model: ModelInUse
  /// Decoding, scanning and reading files: never on the cooperative pool.
  let lane: ComputeLane
  let metrics: Metrics
  let filterKeys: FilterCache<KeySet>
  let groups: PictureGroups
  let products: ProductGroups
  let answered: AnsweredSnapshots
  let secondModels: SecondModels
  let searches: Gate
  let pictures: Gate

  /// What the query turned into.
  struct Resolved: Sendable {
    var vector: [Float]
    /// Of a whole picture that was asked for by its bytes.
    var fingerprint: Fingerprint?
    /// Never among the hits: what the query itself shows.
    var excluding = KeySet()
    var item: ItemRecord?
    var image: ShownImage?
    /// The part of `image` that was asked for by its id.
    var box: BoxRecord?
    /// The pictures that count beside it.
    var examples: [(image: ShownImage, direction: SearchRequest.Direction)] = []
    /// What it is scored by: ``vector`` and the examples' vectors.
    var directions: [SearchRequest.Direction] {
      [.init(vector: vector)] + examples.map(\.direction)
    }
  }

  func answer(_ query: SearchQuery) async throws(Problem) -> SearchAnswer {
    try await searches.pass { () async throws(Problem) in try await run(query) }
  }

  private func run(_ query: SearchQuery) async throws(Problem) -> SearchAnswer {
    let start = ContinuousClock.now
    let moment = try moment(for: query)
    let snapshot = moment.snapshot
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
    let results = try await search(request, strides: query.varieties.map(\.stride), snapshot)
    let pictures = try await asking { () async throws(StorageError) in
      try await HitPictures(results, in: store)
    }
    var levels: [SearchAnswer.Level] = []
    var statistics = SearchStatistics()
    for (variety, result) in zip(query.varieties, results) {
      statistics.add(result.statistics)
      var level = SearchAnswer.Level(variety: variety, hits: pictures.settled(result.hits))
      if reordered > 0 {
        if variety == .closest {
          if let fingerprint = resolved.fingerprint {
            try await recognise(fingerprint, pictures, in: &level)
          }
          if let look { try await rerank(&level, pictures, by: look) }
          level.putSamePicturesFirst()
        }
        level.hits = Array(level.hits.dropFirst(query.offset).prefix(query.k))
      }
      levels.append(level)
    }
    let shown = try await asking { () async throws(StorageError) in
      try await show(levels.flatMap(\.hits), pictures, matching: query.filter)
    }
    let took = start.duration(to: .now)
    metrics.update { [statistics] state in
      state.searches += 1
      state.scored += statistics.scored
      state.compared += statistics.compared
      state.searching.add(took / .seconds(1))
    }
    return SearchAnswer(
      resolved: resolved, offset: query.offset, levels: levels,
      reranking: query.reranking, shown: shown,
      statistics: statistics, snapshot: AnsweredSnapshots.name(of: snapshot),
      model: snapshot.identity?.model, generation: snapshot.generation,
      indexed: snapshot.count, took: took)
  }

  /// What the index holds now, or what it held when the answer's earlier pages were read.
  private func moment(for query: SearchQuery) throws(Problem) -> SearchModel.Moment {
    var now = model.current.now
    guard let name = query.snapshot else {
      answered.keep(now.snapshot)
      return now
    }
    guard let snapshot = answered.snapshot(named: name), snapshot.identity == now.snapshot.identity
    else {
      throw Problem(
        .snapshotGone,
        "\(Fields.quoted(name)) was not answered from in the last five minutes; ask again without it, "
          + "from the first page", parameter: "snapshot")
    }
    now.snapshot = snapshot
    return now
  }

  /// Threads that share the scan of one query where the index is large.
  private static let scanThreads = min(
    ProcessInfo.processInfo.activeProcessorCount, SearchRequest.threadLimit.upperBound)

  /// The hits among which a picture that is the query itself is looked for.
  private static let recognised = 64

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

  func search(_ request: SearchRequest, strides: [Int], _ snapshot: Snapshot)
    async throws(Problem) -> [SearchResult]
  {
    do throws(IndexError) {
      return try await lane.run { () throws(IndexError) in
        try snapshot.search(request, strides: strides)
      }
    } catch .invalidRequest(let reason) {
      throw .invalid("vector", reason)
    } catch {
      var problem = Problem(.failed, "the index cannot be searched; the server's log has the cause")
      problem.cause = error.description
      throw problem
    }
  }

  // MARK: The query

  private func resolve(_ query: SearchQuery, _ moment: SearchModel.Moment) async throws(Problem)
    -> Resolved
  {
    switch query.source {
    case .vector(let vector):
      if let identity = moment.snapshot.identity, vector.count != identity.dimension {
        throw .invalid(
          "vector", "\(vector.count) numbers, \(identity.model) has \(identity.dimension)")
      }
      return Resolved(vector: vector)
    case .picture(let bytes):
      let (vector, fingerprint) = try await embed(bytes, crop: query.crop, moment)
      return Resolved(vector: vector, fingerprint: fingerprint)
    case .text(let text): return Resolved(vector: try await embed(text, moment))
    case .item(let id):
      let items = try await asking { () async throws(StorageError) in try await store.items([id]) }
      guard let item = items.first else { throw Problem(.unknownItem, "no item \(id)") }
      return try await resolve(item, crop: query.crop, moment)
    case .image(let id):
      let image = try await asking { () async throws(StorageError) in try await store.image(id) }
      guard let image else { throw Problem(.unknownImage, "no picture \(id)") }
      return try await resolveWithItem(image, query, moment)
    case .box(let id):
      let found = try await asking { () async throws(StorageError) in
        guard let box = try await store.boxes([id])[id] else {
          return nil as (BoxRecord, ShownImage)?
        }
        return try await store.image(box.image).map { (box, $0) }
      }
      guard let (box, image) = found else { throw Problem(.unknownBox, "no box \(id)") }
      return try await resolveWithItem(image, in: box, query, moment)
    case .url(let url):
      let image = try await asking { () async throws(StorageError) in
        try await store.image(at: url)
      }
      if let image { return try await resolveWithItem(image, query, moment) }
      let item = try await asking { () async throws(StorageError) in try await store.item(at: url) }
      guard let item else {
        let reason = try await asking { () async throws(StorageError) in
          try await store.reason(at: url)
        }
        let text = reason.map { "was not kept: \($0)" } ?? "is no picture or item that was crawled"
        throw Problem(.unknownURL, "\(Fields.quoted(url.string)) \(text)", parameter: "url")
      }
      return try await resolve(item, crop: query.crop, moment)
    }
  }

  /// Lets a picture of the catalog count beside the query.
  private func add(_ example: Example, to resolved: inout Resolved, _ moment: SearchModel.Moment)
    async throws(Problem)
  {
    let image = try await asking { () async throws(StorageError) in
      try await store.image(example.image)
    }
    guard let image else { throw Problem(.unknownImage, "no picture \(example.image)") }
    let own = try await resolve(image, crop: nil, moment)
    resolved.examples.append((image, .init(vector: own.vector, weight: example.weight)))
    resolved.excluding.insert(image.id.vectorKey)
  }

  /// A picture with the item that shows it; one that passes the filter rather than another.
  private func resolveWithItem(
    _ image: ShownImage, in box: BoxRecord? = nil, _ query: SearchQuery,
    _ moment: SearchModel.Moment
  ) async throws(Problem) -> Resolved {
    var resolved =
      if let box {
        try await resolve(box, of: image, moment)
      } else {
        try await resolve(image, crop: query.crop, moment)
      }
    let items = try await asking { () async throws(StorageError) in
      let shownBy = try await store.items(showing: [image.id])[image.id] ?? []
      return try await store.items(Array(shownBy.prefix(SearchAnswer.maxItemsPerHit)))
    }
    resolved.item = items.first(where: query.filter.admits) ?? items.first
    return resolved
  }

  private func resolve(_ item: ItemRecord, crop: Region?, _ moment: SearchModel.Moment)
    async throws(Problem) -> Resolved
  {
    let images = item.images + item.variants.compactMap(\.image)
    guard let first = images.first else {
      throw Problem(.noPicture, "item \(item.id) has no picture that could be read")
    }
    let indexed = images.first { moment.snapshot.contains($0.id.vectorKey) }
    var resolved = try await resolve(crop == nil ? indexed ?? first : first, crop: crop, moment)
    resolved.excluding = KeySet(images.map(\.id.vectorKey))
    resolved.item = item
    return resolved
  }

  func resolve(_ image: ShownImage, crop: Region?, _ moment: SearchModel.Moment)
    async throws(Problem) -> Resolved
  {
    let key = image.id.vectorKey
    if crop == nil, let vector = moment.snapshot.vector(for: key) {
      return Resolved(vector: vector, excluding: [key], image: image)
    }
    guard let bytes = try await blob(image.hash) else {
      throw Problem(.unknownImage, "the bytes of picture \(image.id) are no longer there")
    }
    return Resolved(
      vector: try await embed(bytes, crop: crop, moment).vector, excluding: [key], image: image)
  }

  /// A box by the vector that the index has of it, or else cut out now.
  func resolve(_ box: BoxRecord, of image: ShownImage, _ moment: SearchModel.Moment)
    async throws(Problem) -> Resolved
  {
    guard let vector = moment.snapshot.vector(for: box.id.vectorKey) else {
      var resolved = try await resolve(image, crop: box.region, moment)
      resolved.box = box
      return resolved
    }
    return Resolved(vector: vector, excluding: [image.id.vectorKey], image: image, box: box)
  }

  func blob(_ hash: ContentHash, kind: BlobStore.Kind = .blob) async throws(Problem) -> [UInt8]? {
    try await asking { () async throws(StorageError) in
      try await lane.run { [blobs] () throws(StorageError) in try blobs.load(hash, kind: kind) }
    }
  }

  // MARK: The catalog's side of the hits

  /// Pictures and items of hits; items that pass the filter come first.
  private func show(_ hits: [Hit], _ pictures: HitPictures, matching filter: ItemFilter)
    async throws(StorageError) -> SearchAnswer.Shown
  {
    let keys = Set(hits.compactMap { pictures.picture(of: $0.key) }).sorted()
    let shownBy = try await store.items(showing: keys).mapValues {
      $0.prefix(SearchAnswer.maxItemsPerHit)
    }
    let records = try await store.items(Set(shownBy.values.joined()).sorted())
    let items = Dictionary(uniqueKeysWithValues: records.map { ($0.id, $0) })
    var shown = SearchAnswer.Shown(pictures: pictures)
    for record in records {
      for image in record.images { shown.images[image.id] = image }
      for variant in record.variants {
        if let image = variant.image { shown.images[image.id] = image }
      }
    }
    for key in keys {
      if shown.images[key] == nil { shown.images[key] = try await store.image(key) }
      let records = shownBy[key]?.compactMap { items[$0] } ?? []
      shown.items[key] = records.filter(filter.admits) + records.filter { !filter.admits($0) }
    }
    return shown
  }
}

extension FilterCache<KeySet> {
  /// The pictures that pass a filter, with their boxes.
  convenience init(keysIn store: CatalogStore) {
    self.init(store) { filter, store throws(StorageError) in
      var keys = KeySet(try await store.images(matching: filter).lazy.map(\.vectorKey))
      for (box, image) in try await store.standingBoxes() where keys.contains(image.vectorKey) {
        keys.insert(box.vectorKey)
      }
      return keys
    }
  }
}
