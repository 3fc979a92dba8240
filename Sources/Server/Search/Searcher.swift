import Catalog
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
    let batch = SearchBatch(queries: [.success(query)], snapshot: query.snapshot)
    return try await answers(to: batch)[0].get()
  }

  /// Answers each query as if it were alone, in their order; one that cannot be answered takes no other
  /// with it.
  ///
  /// - Throws: what keeps all of them from being answered.
  func answers(to batch: SearchBatch) async throws(Problem) -> [Result<SearchAnswer, Problem>] {
    try await searches.pass(batch.queries.count) { () async throws(Problem) in
      try await run(batch)
    }
  }

  private func run(_ batch: SearchBatch) async throws(Problem) -> [Result<SearchAnswer, Problem>] {
    let start = ContinuousClock.now
    let moment = try moment(named: batch.snapshot)
    var searches: [Result<Search, Problem>] = []
    for query in batch.queries {
      searches.append(
        await query.then { query async throws(Problem) in try await search(for: query, moment) })
    }
    await find(&searches, in: moment.snapshot)
    let results = searches.compactMap(\.success).flatMap(\.results)
    let pictures = try await asking { () async throws(StorageError) in
      try await HitPictures(results, in: store)
    }
    var arranged: [Result<(Search, [SearchAnswer.Level]), Problem>] = []
    for search in searches {
      arranged.append(
        await search.then { search async throws(Problem) in
          (search, try await arrange(search, pictures))
        })
    }
    let hits = arranged.compactMap(\.success).flatMap(\.1).flatMap(\.hits)
    let shown = try await asking { () async throws(StorageError) in try await show(hits, pictures) }
    let took = start.duration(to: .now)
    return arranged.map { outcome in
      outcome.map { search, levels in
        count(search, took: took / arranged.count)
        return SearchAnswer(
          query: search.query, resolved: search.resolved, levels: levels, shown: shown,
          statistics: search.statistics, snapshot: AnsweredSnapshots.name(of: moment.snapshot),
          model: moment.snapshot.identity?.model, generation: moment.snapshot.generation,
          indexed: moment.snapshot.count, took: took)
      }
    }
  }

  private func count(_ search: Search, took: Duration) {
    metrics.update { state in
      state.searches += 1
      state.scored += search.statistics.scored
      state.compared += search.statistics.compared
      state.searching.add(took / .seconds(1))
    }
  }

  /// What the index holds now, or what it held when the answer's earlier pages were read.
  private func moment(named name: String?) throws(Problem) -> SearchModel.Moment {
    var now = model.current.now
    guard let name else {
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

  // MARK: The query

  func resolve(_ query: SearchQuery, _ moment: SearchModel.Moment) async throws(Problem)
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
  func add(_ example: Example, to resolved: inout Resolved, _ moment: SearchModel.Moment)
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
      return try await store.items(
        Array(shownBy.prefix(SearchAnswer.maxItemsPerHit)), withParts: false)
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
    if crop == nil, let vector = try await vector(for: key, moment) {
      return Resolved(vector: vector, excluding: [key], image: image)
    }
    guard let bytes = try await blob(image.hash) else {
      throw Problem(.unknownImage, "the bytes of picture \(image.id) are no longer there")
    }
    guard moment.embedder != nil else {
      let what = crop == nil ? "picture \(image.id)" : "this part of picture \(image.id)"
      throw Problem(
        .modelNotReady, "\(what) has no vector yet, and no model is loaded to make it",
        retryAfter: 60)
    }
    return Resolved(
      vector: try await embed(bytes, crop: crop, moment).vector, excluding: [key], image: image)
  }

  /// A box by the vector that the index has of it, or else cut out now.
  func resolve(_ box: BoxRecord, of image: ShownImage, _ moment: SearchModel.Moment)
    async throws(Problem) -> Resolved
  {
    guard let vector = try await vector(for: box.id.vectorKey, moment) else {
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

  /// Pictures and items of hits.
  private func show(_ hits: [Hit], _ pictures: HitPictures)
    async throws(StorageError) -> SearchAnswer.Shown
  {
    let keys = Set(hits.compactMap { pictures.picture(of: $0.key) }).sorted()
    let shownBy = try await store.items(showing: keys).mapValues {
      $0.prefix(SearchAnswer.maxItemsPerHit)
    }
    let records = try await store.items(
      Set(shownBy.values.joined()).sorted(), withParts: false)
    let items = Dictionary(uniqueKeysWithValues: records.map { ($0.id, $0) })
    return SearchAnswer.Shown(
      pictures: pictures, images: try await store.images(keys),
      items: shownBy.mapValues { $0.compactMap { items[$0] } })
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
