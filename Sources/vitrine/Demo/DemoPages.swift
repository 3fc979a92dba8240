/// Every page of the demo site on one day.
struct DemoPages: Sendable {
  enum Host: Int, CaseIterable, Sendable {
    case creators, halm, cobalt, images

    init(_ shop: DemoCatalog.Shop) { self = shop == .halm ? .halm : .cobalt }
  }

  struct Page: Sendable {
    var status = 200
    let mediaType: String
    let body: [UInt8]
    /// Where a redirect leads.
    var location: String?

    init(html: String) {
      mediaType = "text/html; charset=utf-8"
      body = Array(html.utf8)
    }

    init(_ mediaType: String, _ text: String) {
      self.mediaType = mediaType
      body = Array(text.utf8)
    }

    static func redirect(to location: String) -> Page {
      var page = Page("text/plain", "moved")
      page.status = 302
      page.location = location
      return page
    }

    static let gone: Page = {
      var page = Page(html: "<!DOCTYPE html><title>Gone</title><p>This is no longer sold.")
      page.status = 410
      return page
    }()
  }

  let catalog: DemoCatalog
  /// `http://…` of each host, without a slash at the end.
  let origins: [Host: String]
  private(set) var pages: [Host: [String: Page]] = [:]

  init(catalog: DemoCatalog, origins: [Host: String]) {
    self.catalog = catalog
    self.origins = origins
    addCreators()
    for shop in DemoCatalog.Shop.allCases { addShop(shop) }
    pages[.images, default: [:]]["/robots.txt"] = Page("text/plain", "User-agent: *\nDisallow:\n")
  }

  mutating func put(_ page: Page, at path: String, on host: Host) {
    pages[host, default: [:]][path] = page
  }

  func address(_ host: Host, _ path: String) -> String { (origins[host] ?? "") + path }

  func address(of product: DemoCatalog.Product) -> String {
    address(Host(product.shop), product.path)
  }

  func picture(_ file: String, of shop: DemoCatalog.Shop) -> String {
    address(.images, "/\(shop.folder)/\(file)")
  }

  /// What sitemaps say of pages that the night has changed, and of those that it has not.
  func date(isChanged: Bool) -> String {
    isChanged && catalog.day > 1 ? "2026-03-03" : "2026-03-02"
  }

  /// `49,90 €` in one shop, `$49.90` in the other.
  func price(_ cents: Int, at shop: DemoCatalog.Shop) -> String {
    let amount = DemoMarkup.amount(cents)
    return shop == .halm
      ? amount.split(separator: ".").joined(separator: ",") + " €" : "$\(amount)"
  }
}
