import Catalog

/// Makes one post, or one creator, of what all syntaxes say.
enum PeopleFusion {
  /// The first of the most trusted readings that says it, with everything said as evidence.
  private struct Election {
    var evidence: [Evidence] = []

    mutating func choose(
      _ field: String, _ votes: [(syntax: Syntax, path: String, value: String?)]
    ) -> String? {
      var chosen: String?
      for vote in votes {
        guard let value = vote.value, !value.isEmpty else { continue }
        let isChosen = chosen == nil || chosen == value
        if chosen == nil { chosen = value }
        evidence.append(
          Evidence(
            field: field, syntax: vote.syntax, path: vote.path, raw: String(value.prefix(500)),
            value: String(value.prefix(2_000)), isChosen: isChosen))
      }
      return chosen
    }
  }

  static func post(_ readings: [PostReading], context: PageContext) -> Post {
    let ranked = readings.enumerated()
      .sorted { a, b in
        let first = Trust.of(a.element.syntax) + a.element.bonus
        let second = Trust.of(b.element.syntax) + b.element.bonus
        return first == second ? a.offset < b.offset : first > second
      }
      .map(\.element)
    var election = Election()
    func votes(_ value: (PostReading) -> String?) -> [(
      syntax: Syntax, path: String, value: String?
    )] {
      ranked.map { ($0.syntax, $0.path, value($0)) }
    }
    let pictures = Gallery.Reader(context: context)
    var post = Post()
    post.creator = election.choose(
      "creator", votes { $0.creatorURL.flatMap { context.resolve($0)?.string } }
    )
    .flatMap { try? CanonicalURL($0) }
    post.heroImage = election.choose(
      "image", votes { $0.pictures.first.flatMap { pictures.read($0.address)?.url.string } }
    ).flatMap { try? CanonicalURL($0) }
    post.caption = election.choose("caption", votes { $0.caption.flatMap(PlainText.clean) })
    post.published = election.choose("published", votes { $0.published?.trimmingSpaces() })
    for reading in ranked where post.hashtags.isEmpty {
      post.hashtags = plainTags(reading.hashtags)
    }
    if post.hashtags.isEmpty { post.hashtags = Hashtags.read(post.caption ?? "") }
    for reading in ranked where post.products.isEmpty {
      var seen: Set<CanonicalURL> = []
      post.products = reading.products.compactMap { context.resolve($0) }
        .filter { seen.insert($0).inserted }
      for url in post.products {
        election.evidence.append(
          Evidence(
            field: "products", syntax: reading.syntax, path: reading.path, raw: url.string,
            value: url.string, isChosen: true))
      }
    }
    post.evidence = election.evidence
    return post
  }

  private static func plainTags(_ tags: [String]) -> [String] {
    var seen: Set<String> = []
    return tags.compactMap { PlainText.clean($0.hasPrefix("#") ? String($0.dropFirst()) : $0) }
      .filter { seen.insert($0).inserted }
  }

  static func creator(_ readings: [CreatorReading], context: PageContext) -> Creator {
    let ranked = readings.enumerated()
      .sorted { a, b in
        let first = Trust.of(a.element.syntax) + a.element.bonus
        let second = Trust.of(b.element.syntax) + b.element.bonus
        return first == second ? a.offset < b.offset : first > second
      }
      .map(\.element)
    var election = Election()
    func votes(_ value: (CreatorReading) -> String?) -> [(
      syntax: Syntax, path: String, value: String?
    )] {
      ranked.map { ($0.syntax, $0.path, value($0)) }
    }
    var creator = Creator()
    creator.name = election.choose("name", votes { $0.name.flatMap(PlainText.clean) })
    creator.handle = election.choose(
      "handle",
      votes { reading in
        reading.handle.map { $0.hasPrefix("@") ? String($0.dropFirst()) : $0 }
      })
    creator.biography = election.choose(
      "biography", votes { $0.biography.flatMap(PlainText.clean) })
    // A profile's further pages name the first one, or differ from it in a page number only.
    let named = election.choose("profile", votes { $0.url.flatMap { context.resolve($0)?.string } })
    let address = named.flatMap { try? CanonicalURL($0) } ?? context.canonical ?? context.url
    creator.profile = LinkCollector.firstPage(of: address)
    for reading in ranked where creator.posts.isEmpty {
      var seen: Set<CanonicalURL> = []
      creator.posts = reading.posts.compactMap { context.resolve($0) }
        .filter { seen.insert($0).inserted }
    }
    creator.evidence = election.evidence
    return creator
  }
}
