import Catalog

extension StateReader {
  mutating func post(_ value: JSONValue) -> PostReading? {
    let shapes = shapes
    var post = PostReading(syntax: .state, path: value.tape.origin)
    if isThisPage(value) { post.bonus += 12 }
    post.url = shapes.text(value.member(.url))
    post.caption =
      value.members(.caption).lazy.compactMap { shapes.text($0) }.first
      ?? shapes.text(value.member(.description)) ?? shapes.text(value.member(.name))
    for list in value.members(.hashtags) {
      if let text = list.string {
        post.hashtags += text.split { $0 == "," || $0 == " " }.map(String.init)
      } else {
        post.hashtags += list.members.prefix(64).compactMap { shapes.text($0) }
      }
    }
    post.published = published(value)
    if let creator = value.member(.creator) {
      let profile = creator.isObject ? creator : stored(creator)
      post.creatorURL = shapes.text(profile?.member(.url)) ?? profile.flatMap(folder)
    }
    for image in value.members(.images) where post.pictures.isEmpty {
      var budget = 400
      post.pictures = Array(shapes.pictures(image, budget: &budget).prefix(1))
    }
    let lists = value.members(.taggedProducts) + value.members(.items)
    for list in lists where post.products.isEmpty {
      for item in list.list.prefix(200) {
        steps -= 1
        let item = item.target
        let inner = item["node"]?.target ?? item
        if let text = inner.string, text.hasPrefix("http") || text.hasPrefix("/") {
          post.products.append(text)
        } else if let url = (stored(inner) ?? inner).members(.url).lazy.compactMap({
          shapes.text($0)
        }).first {
          post.products.append(url)
        }
      }
    }
    guard !post.products.isEmpty || (post.creatorURL != nil && post.published != nil) else {
      return nil
    }
    return post
  }

  /// The folder of this page that is called as a creator is: `/explore/anna` of
  /// `/explore/anna/posts/7`.
  private func folder(of creator: JSONValue) -> String? {
    let names = [Concept.handle, .displayName].compactMap {
      shapes.text(creator.member($0))?.lowercased()
    }
    let folders = context.url.path.split(separator: "/", maxSplits: 8)
    guard
      let place = folders.dropLast().firstIndex(where: { folder in
        let folder = folder.lowercased()
        return names.contains { $0 == folder || "@" + $0 == folder }
      })
    else { return nil }
    return "/" + folders[...place].joined(separator: "/")
  }

  /// When it was published, else what other date it has.
  private func published(_ value: JSONValue) -> String? {
    var other: String?
    for index in value.memberIndices where value.tape[index].concept == .published {
      guard let text = JSONValue(tape: value.tape, at: index).text else { continue }
      if Bytes.contains(value.tape.key(index), "publish") { return text }
      other = other ?? text
    }
    return other
  }

  /// The object that a bare id stands for, in stores that keep things by their ids.
  private func stored(_ id: JSONValue) -> JSONValue? {
    guard !id.isContainer, let text = id.text, text.utf8.count <= 64,
      let index = id.tape.numbered[text]
    else { return nil }
    return JSONValue(tape: id.tape, at: Int(index))
  }

  mutating func creator(_ value: JSONValue, survey: Survey) -> CreatorReading? {
    let shapes = shapes
    var creator = CreatorReading(syntax: .state, path: value.tape.origin)
    if isThisPage(value) { creator.bonus += 12 }
    creator.name = shapes.text(value.member(.displayName)) ?? shapes.text(value.member(.name))
    creator.handle = shapes.text(value.member(.handle))
    creator.biography =
      shapes.text(value.member(.biography)) ?? shapes.text(value.member(.description))
    creator.url = shapes.text(value.member(.url))
    // The posts stand inside the profile or beside it.
    var node = value.index
    for _ in 0..<3 where creator.posts.isEmpty {
      let outer = JSONValue(tape: value.tape, at: node)
      for list in outer.members(.posts) + outer.members(.items) where creator.posts.isEmpty {
        for entry in list.list.prefix(500) {
          steps -= 1
          let entry = entry.target
          let inner = entry["node"]?.target ?? entry
          if let url = inner.members(.url).lazy.compactMap({ shapes.text($0) }).first {
            creator.posts.append(url)
          }
        }
      }
      let parent = Int(survey.parents[node])
      guard parent >= 0 else { break }
      node = parent
    }
    return creator.name == nil && creator.handle == nil ? nil : creator
  }
}
