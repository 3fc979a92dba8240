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
    post.published = value.members(.published).lazy.compactMap(\.text).first
    if let creator = value.member(.creator), creator.isObject {
      post.creatorURL = shapes.text(creator.member(.url))
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
        } else if let url = inner.members(.url).lazy.compactMap({ shapes.text($0) }).first {
          post.products.append(url)
        }
      }
    }
    guard !post.products.isEmpty || (post.creatorURL != nil && post.published != nil) else {
      return nil
    }
    return post
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
