import Catalog

/// Products that a page's data describes because they stand on its shelf: the cards of a category.
extension PageReadings {
  /// Leaves out the products of each syntax of schema.org that are all sold on other pages.
  ///
  /// They are, where each names an address and none of them names this page's, and where neither the
  /// heading nor the title repeats the name of one. The page is then a list, unless something else on
  /// it speaks of a product.
  mutating func clearShelves(context: PageContext) {
    for syntax in [Syntax.jsonLD, .microdata, .rdfa] {
      let shelf = products.indices.filter { products[$0].syntax == syntax }
      guard !shelf.isEmpty, isShelf(shelf, context: context) else { continue }
      products.removeAll { $0.syntax == syntax }
      isListing = true
    }
  }

  /// - Parameter shelf: Places of products, at least one.
  private func isShelf(_ shelf: [Int], context: PageContext) -> Bool {
    guard shelf.allSatisfy({ Self.leadElsewhere(products[$0].urls, context: context) }) else {
      return false
    }
    let names = shelf.compactMap { products[$0].text(.name).map(TitleText.key) }
    guard names.count == shelf.count else { return false }
    let heading = context.headingKey ?? ""
    let title = context.titleKey ?? ""
    if names.contains(where: { heading.contains($0) || title.contains($0) }) { return false }
    if Set(names).count > 1 {
      // `Oak Chair, red` and `Oak Chair, blue` are what an `Oak Chair` comes in; what a brand sells
      // begins with its name too.
      let areVariants = heading.utf8.count > 3 && names.allSatisfy { $0.hasPrefix(heading) }
      return !areVariants
        || shelf.contains { products[$0].text(.brand).map(TitleText.key) == heading }
    }
    // A single product may be the page's own under another name.
    return !heading.isEmpty && !names[0].contains(heading)
      && shelf.allSatisfy { place in
        products[place].urls.contains {
          context.resolve($0)?.authority == context.url.authority
        }
      }
  }

  private static func leadElsewhere(_ urls: [String], context: PageContext) -> Bool {
    // `"@id": "#product"` and the like lead nowhere.
    let addresses = urls.filter { $0.hasPrefix("/") || $0.hasPrefix("http") }
    return !addresses.isEmpty && addresses.count == urls.count
      && !addresses.contains { context.isThisPage($0) }
  }
}
