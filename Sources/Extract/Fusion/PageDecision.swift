import Catalog

/// Decides what a page is about, and makes that item of all that the readers found.
struct PageDecision {
  let item: Extraction.Item?
  private let isListing: Bool

  /// - Parameter recipe: What a recipe calls the page, where one speaks of it.
  init(readings: PageReadings, context: PageContext, recipe: Recipe.Rule.Kind?) {
    if recipe == .listing || recipe == .ignore {
      item = nil
      isListing = recipe == .listing
      return
    }
    let product = readings.products.map { Trust.of($0.syntax) + min($0.bonus, 20) }
      .max().flatMap { $0 >= 45 ? $0 : nil }
    let post = readings.posts.map { Trust.of($0.syntax) + $0.bonus + 4 }.max()
      .flatMap { best in
        // Tags alone make no post: an article about linen has a date and an author as well.
        readings.posts.contains { $0.syntax != .openGraph } ? best : nil
      }
    let creator = readings.creators.map { Trust.of($0.syntax) + $0.bonus }.max()
    switch (product, post, creator) {
    case (let product?, let post, let creator)
    where product >= (post ?? 0) && product >= (creator ?? 0):
      if readings.isListing, product < Trust.of(.microdata) - 20,
        !readings.hasPageProduct(context), !readings.showsProduct
      {
        item = nil
      } else {
        var fusion = ProductFusion(
          readings: readings.products, categories: readings.categories,
          currency: readings.currency, context: context)
        item = .product(fusion.product())
      }
    case (_, let post?, let creator) where post >= (creator ?? 0):
      item = .post(PeopleFusion.post(readings.posts, context: context))
    case (_, _, _?):
      item = .creator(PeopleFusion.creator(readings.creators, context: context))
    default:
      item = nil
    }
    isListing = readings.isListing
  }

  var isProduct: Bool {
    if case .product = item { true } else { false }
  }

  func kind(hint: TargetKind) -> TargetKind {
    switch item {
    case .product, .post: .page
    case .creator: .listing
    case nil: isListing || hint == .listing ? .listing : .page
    }
  }

  /// What an item leads to is followed, whatever its links' `rel` says.
  func addLinks(to collector: inout LinkCollector) {
    switch item {
    case .post(let post):
      for url in post.products { collector.add(url, isNoFollow: false) }
      if let creator = post.creator { collector.add(creator, kind: .listing) }
    case .creator(let creator):
      for url in creator.posts { collector.add(url) }
    case .product, nil: break
    }
  }
}

extension PageReadings {
  /// Whether a visitor plainly sees one product, with a price and more, whatever lists the page has.
  var showsProduct: Bool {
    products.contains {
      $0.syntax == .visible && $0.priceScore >= 60
        && ($0.stock != nil || $0.text(.sku) != nil || $0.text(.gtin) != nil)
    }
  }

  /// Whether some reading names this page as its product's own; every page has an `og:url`.
  func hasPageProduct(_ context: PageContext) -> Bool {
    products.contains { product in
      !(product.syntax == .openGraph && product.bonus < 0)
        && product.urls.contains { context.isThisPage($0) }
    }
  }
}
