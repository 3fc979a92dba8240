extension DemoPages {
  private static let site = "Lookbook Lane"
  private static let profileLength = 4

  mutating func addCreators() {
    let menu =
      [(address(.creators, "/"), "Everyone")]
      + catalog.creators.map { (profile($0), $0.name) }
      + [(address(.creators, "/search?q=linen"), "Search")]
    let cards = catalog.creators.enumerated().map { number, creator in
      let latest = catalog.posts.first { $0.creator == number }
      return """
        <li><a href="\(profile(creator))">\
        \(latest.map { DemoMarkup.picture(address(.images, $0.picture), alt: creator.name) } ?? "")
        \(creator.name)</a><br><span class="quiet">\(DemoMarkup.escape(creator.biography))</span></li>
        """
    }
    let shops = DemoCatalog.Shop.allCases.map { shop in
      "<li>\(DemoMarkup.link(address(Host(shop), "/"), shop.name))</li>"
    }
    put(
      Page(
        html: page(
          "What they wear", path: "/", head: "", menu,
          """
          <h1>What they wear</h1><ul class="grid">\(cards.joined(separator: "\n"))</ul>
          <h2>Where it is from</h2><ul>\(shops.joined())</ul>
          """)), at: "/", on: .creators)
    for (number, creator) in catalog.creators.enumerated() { addProfile(number, creator, menu) }
    for post in catalog.posts { addPost(post, menu) }
    put(
      Page(html: "<!DOCTYPE html><title>Search</title>Nothing found."), at: "/search",
      on: .creators)
    put(
      Page(
        "text/plain",
        DemoMarkup.robots(["Disallow: /search"], sitemap: address(.creators, "/sitemap.xml"))),
      at: "/robots.txt", on: .creators)
    let entries =
      catalog.creators.map {
        (address: profile($0), day: date(isChanged: true), pictures: [String]())
      }
      + catalog.posts.map {
        (address: address(of: $0), day: String($0.published.prefix(10)), pictures: [String]())
      }
    put(Page("text/xml", DemoMarkup.sitemap(entries)), at: "/sitemap.xml", on: .creators)
  }

  private func page(
    _ title: String, path: String, head: String, _ menu: [(String, String)], _ body: String
  ) -> String {
    DemoMarkup.page(
      title: title, site: Self.site, canonical: address(.creators, path), head: head, menu: menu,
      tint: "#9c3f4b", body: body)
  }

  private func profile(_ creator: DemoCatalog.Creator) -> String {
    address(.creators, "/@\(creator.handle)")
  }

  private func address(of post: DemoCatalog.Post) -> String {
    address(.creators, "/looks/\(post.slug)")
  }

  private mutating func addProfile(
    _ number: Int, _ creator: DemoCatalog.Creator, _ menu: [(String, String)]
  ) {
    let posts = catalog.posts.filter { $0.creator == number }
      .sorted { $0.published > $1.published }
    let head = DemoMarkup.script([
      "@context": "https://schema.org", "@type": "ProfilePage",
      "mainEntity": [
        "@type": "Person", "name": creator.name, "alternateName": creator.handle,
        "description": creator.biography, "url": profile(creator),
      ],
    ])
    let length = Self.profileLength
    for start in stride(from: 0, to: posts.count, by: length) {
      let path = "/@\(creator.handle)" + (start == 0 ? "" : "?page=\(start / length + 1)")
      let cards = posts.dropFirst(start).prefix(length).map { post in
        """
        <li><a href="\(address(of: post))">\
        \(DemoMarkup.picture(address(.images, post.picture), alt: post.caption))</a>
        <p>\(DemoMarkup.escape(post.caption))</p></li>
        """
      }
      let next =
        start + length < posts.count
        ? DemoMarkup.link(
          address(.creators, "/@\(creator.handle)?page=\(start / length + 2)"), "Older looks",
          attributes: " rel=\"next\"") : ""
      put(
        Page(
          html: page(
            creator.name, path: path, head: head, menu,
            """
            <h1>\(creator.name)</h1><p>@\(creator.handle)</p>
            <p>\(DemoMarkup.escape(creator.biography))</p>
            <ul class="grid">\(cards.joined(separator: "\n"))</ul><p>\(next)</p>
            """)), at: path, on: .creators)
    }
  }

  private mutating func addPost(_ post: DemoCatalog.Post, _ menu: [(String, String)]) {
    let creator = catalog.creators[post.creator]
    let products = post.products.compactMap(catalog.product)
    // Every third product is linked as the networks do it: over a redirect that counts the click.
    let tagged = products.map { product -> (product: DemoCatalog.Product, link: String) in
      guard product.id % 3 == 0 else { return (product, address(of: product)) }
      let path = "/go/\(product.id)"
      put(
        .redirect(to: address(of: product) + "?utm_source=lookbook&utm_medium=creator"), at: path,
        on: .creators)
      return (product, address(.creators, path))
    }
    let head = DemoMarkup.script([
      "@context": "https://schema.org", "@type": "SocialMediaPosting", "url": address(of: post),
      "articleBody": post.caption, "datePublished": post.published, "keywords": post.hashtags,
      "image": address(.images, post.picture),
      "author": ["@type": "Person", "name": creator.name, "url": profile(creator)],
      "mentions": tagged.map { ["@type": "Product", "name": $0.product.name, "url": $0.link] },
    ])
    let list = tagged.map { product, link in
      "<li>\(DemoMarkup.link(link, product.name, attributes: " rel=\"sponsored\"")) "
        + "<span class=\"quiet\">at \(DemoMarkup.escape(product.shop.name))</span></li>"
    }
    put(
      Page(
        html: page(
          "\(creator.name): \(post.caption.prefix { $0 != ":" })", path: "/looks/\(post.slug)",
          head: head, menu,
          """
          <div class="two"><img src="\(address(.images, post.picture))" alt="">
          <div><p><a rel="author" href="\(profile(creator))">\(creator.name)</a> \
          <time class="quiet" datetime="\(post.published)">\(post.published.prefix(10))</time></p>
          <p>\(DemoMarkup.escape(post.caption))</p>
          <h2>Shop this look</h2><ul>\(list.joined())</ul></div></div>
          """)), at: "/looks/\(post.slug)", on: .creators)
  }
}
