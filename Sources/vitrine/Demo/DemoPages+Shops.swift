extension DemoPages {
  private static let listingLength = 12

  mutating func addShop(_ shop: DemoCatalog.Shop) {
    let host = Host(shop)
    let products = catalog.products(of: shop)
    var categories: [String] = []
    for product in products where !categories.contains(product.category) {
      categories.append(product.category)
    }
    let menu =
      [(address(host, "/"), "New in")] + categories.map { (listing($0, of: shop), $0) }
      + [(address(host, "/cart"), "Cart")]
    addListing(path: "/", title: "New in", products, of: shop, menu)
    for category in categories {
      addListing(
        path: Self.path(category, shop), title: category,
        products.filter { $0.category == category }, of: shop, menu)
    }
    for product in products {
      let body = shop == .halm ? halmPage(product, menu) : cobaltPage(product, menu)
      put(Page(html: body), at: product.path, on: host)
    }
    for product in catalog.gone where product.shop == shop {
      put(.gone, at: product.path, on: host)
    }
    put(Page(html: "<!DOCTYPE html><title>Cart</title>Your cart is empty."), at: "/cart", on: host)
    put(
      Page(
        "text/plain",
        DemoMarkup.robots(
          ["Disallow: /cart", "Disallow: /search", "Disallow: /*?sort="],
          sitemap: address(host, "/sitemap.xml"))), at: "/robots.txt", on: host)
    let entries = products.map { product in
      (
        address: address(of: product), day: date(isChanged: product.isNew),
        pictures: shop == .cobalt ? product.pictures.map { picture($0, of: shop) } : []
      )
    }
    put(Page("text/xml", DemoMarkup.sitemap(entries)), at: "/sitemap.xml", on: host)
  }

  private static func path(_ category: String, _ shop: DemoCatalog.Shop) -> String {
    (shop == .halm ? "/collections/" : "/shop/") + DemoCatalog.slug(category)
  }

  private func listing(_ category: String, of shop: DemoCatalog.Shop) -> String {
    address(Host(shop), Self.path(category, shop))
  }

  private mutating func addListing(
    path: String, title: String, _ products: [DemoCatalog.Product], of shop: DemoCatalog.Shop,
    _ menu: [(String, String)]
  ) {
    let host = Host(shop)
    let length = Self.listingLength
    let count = max(1, (products.count + length - 1) / length)
    for number in 0..<count {
      let cards = products.dropFirst(number * length).prefix(length).map { product in
        """
        <li><a href="\(address(of: product))">\
        \(DemoMarkup.picture(picture(product.pictures[0], of: shop), alt: product.name))
        \(DemoMarkup.escape(product.name))</a><br>\(priceMarkup(product))</li>
        """
      }
      let here = number == 0 ? path : "\(path)?page=\(number + 1)"
      let next =
        number + 1 < count
        ? "<p>"
          + DemoMarkup.link(
            address(host, "\(path)?page=\(number + 2)"), "Next page", attributes: " rel=\"next\"")
          + "</p>" : ""
      put(
        Page(
          html: page(
            shop, title: title, path: here, head: "", menu,
            """
            <h1>\(DemoMarkup.escape(title))</h1><p class="quiet">\(shop.tagline)</p>
            <ul class="grid">\(cards.joined(separator: "\n"))</ul>\(next)
            """)), at: here, on: host)
    }
  }

  private func page(
    _ shop: DemoCatalog.Shop, title: String, path: String, head: String,
    _ menu: [(String, String)], _ body: String
  ) -> String {
    DemoMarkup.page(
      title: title, site: shop.name, canonical: address(Host(shop), path), head: head, menu: menu,
      tint: shop == .halm ? "#7a4a2b" : "#2c4fa3", body: body)
  }

  private func priceMarkup(_ product: DemoCatalog.Product) -> String {
    let before = product.listPrice.map { "<s>\(price($0, at: product.shop))</s>" } ?? ""
    return "<span class=\"price\">\(before)\(price(product.price, at: product.shop))</span>"
  }

  private func gallery(_ product: DemoCatalog.Product) -> String {
    product.pictures.enumerated().map { number, file in
      DemoMarkup.picture(
        picture(file, of: product.shop), alt: product.name, isLazy: number > 0)
    }.joined(separator: "\n")
  }

  // MARK: - JSON-LD

  private func halmPage(_ product: DemoCatalog.Product, _ menu: [(String, String)]) -> String {
    let colours = product.colourways.map { colourway in
      "<li>\(DemoMarkup.picture(picture(colourway.picture, of: .halm), alt: colourway.design.shade.name))"
        + "\(colourway.design.shade.name)\(colourway.isSoldOut ? " (sold out)" : "")</li>"
    }
    return page(
      .halm, title: product.name, path: product.path, head: DemoMarkup.script(schema(of: product)),
      menu,
      """
      <div class="two"><div>\(gallery(product))</div><div><h1>\(DemoMarkup.escape(product.name))</h1>
      <p>by \(DemoMarkup.escape(product.brand))</p>
      <p>\(priceMarkup(product))</p>
      <p class="\(product.isSoldOut ? "out" : "quiet")">\
      \(product.isSoldOut ? "Sold out" : "In stock")</p>
      <p>\(DemoMarkup.escape(product.description))</p>
      <p class="quiet">\(product.sku) · \(product.category)</p>
      \(product.colourways.count > 1 ? "<h2>Colours</h2><ul class=\"grid\">\(colours.joined())</ul>" : "")
      </div></div>
      """)
  }

  private func schema(of product: DemoCatalog.Product) -> [String: Any] {
    var object: [String: Any] = [
      "@context": "https://schema.org", "@type": "Product", "name": product.name,
      "brand": ["@type": "Brand", "name": product.brand], "category": product.category,
      "description": product.description, "url": address(of: product),
    ]
    let images = product.pictures.map { picture($0, of: .halm) }
    guard product.colourways.count > 1 else {
      object["sku"] = product.sku
      object["gtin13"] = product.gtin
      object["color"] = product.colour
      object["image"] = images
      object["offers"] = offer(product, isSoldOut: product.isSoldOut)
      return object
    }
    object["@type"] = "ProductGroup"
    object["productGroupID"] = product.sku
    object["variesBy"] = ["https://schema.org/color"]
    object["hasVariant"] = product.colourways.enumerated().map { number, colourway in
      [
        "@type": "Product", "name": "\(product.name) - \(colourway.design.shade.name)",
        "sku": colourway.sku, "color": colourway.design.shade.name,
        "image": number == 0 ? images : [picture(colourway.picture, of: .halm)],
        "offers": offer(product, isSoldOut: colourway.isSoldOut),
      ] as [String: Any]
    }
    return object
  }

  private func offer(_ product: DemoCatalog.Product, isSoldOut: Bool) -> [String: Any] {
    var offer: [String: Any] = [
      "@type": "Offer", "url": address(of: product), "price": DemoMarkup.amount(product.price),
      "priceCurrency": product.shop.currency,
      "availability": "https://schema.org/\(isSoldOut ? "OutOfStock" : "InStock")",
      "seller": ["@type": "Organization", "name": product.shop.name],
    ]
    if let before = product.listPrice {
      offer["priceSpecification"] = [
        "@type": "UnitPriceSpecification", "priceType": "https://schema.org/StrikethroughPrice",
        "price": DemoMarkup.amount(before), "priceCurrency": product.shop.currency,
      ]
    }
    return offer
  }

  // MARK: - Microdata and OpenGraph

  private func cobaltPage(_ product: DemoCatalog.Product, _ menu: [(String, String)]) -> String {
    let images = product.pictures.map { picture($0, of: .cobalt) }
    var head =
      DemoMarkup.property("og:type", "product") + DemoMarkup.property("og:title", product.name)
      + DemoMarkup.property("og:site_name", product.shop.name)
      + DemoMarkup.property("og:url", address(of: product))
      + DemoMarkup.property("og:description", product.description)
    head += images.map { DemoMarkup.property("og:image", $0) }.joined()
    if let before = product.listPrice {
      head +=
        DemoMarkup.property("product:original_price:amount", DemoMarkup.amount(before))
        + DemoMarkup.property("product:original_price:currency", product.shop.currency)
        + DemoMarkup.property("product:sale_price:amount", DemoMarkup.amount(product.price))
        + DemoMarkup.property("product:sale_price:currency", product.shop.currency)
    }
    let figures = images.enumerated().map { number, address in
      "<a href=\"\(address)\"><img itemprop=\"image\" src=\"\(address)\" "
        + "alt=\"\(DemoMarkup.escape(product.name))\"\(number > 0 ? " loading=\"lazy\"" : "")></a>"
    }
    let state = product.isSoldOut ? "OutOfStock" : "InStock"
    let before = product.listPrice.map { "<s>\(price($0, at: .cobalt))</s>" } ?? ""
    return page(
      .cobalt, title: product.name, path: product.path, head: head, menu,
      """
      <div class="two" itemscope itemtype="https://schema.org/Product">
      <div>\(figures.joined(separator: "\n"))</div>
      <div><h1 itemprop="name">\(DemoMarkup.escape(product.name))</h1>
      <p>by <span itemprop="brand" itemscope itemtype="https://schema.org/Brand">\
      <span itemprop="name">\(DemoMarkup.escape(product.brand))</span></span></p>
      <meta itemprop="sku" content="\(product.sku)"><meta itemprop="gtin13" content="\(product.gtin)">
      <meta itemprop="category" content="\(DemoMarkup.escape(product.category))">
      <div itemprop="offers" itemscope itemtype="https://schema.org/Offer">
      <p class="price">\(before)<span itemprop="price" content="\(DemoMarkup.amount(product.price))">\
      \(price(product.price, at: .cobalt))</span></p>
      <meta itemprop="priceCurrency" content="\(product.shop.currency)">
      <link itemprop="availability" href="https://schema.org/\(state)">
      <p class="\(product.isSoldOut ? "out" : "quiet")">\
      \(product.isSoldOut ? "Sold out" : "Ready to ship")</p></div>
      <p>Colour: <span itemprop="color">\(product.colour)</span></p>
      <p itemprop="description">\(DemoMarkup.escape(product.description))</p></div></div>
      """)
  }
}
