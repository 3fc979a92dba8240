import Catalog
import Foundation
import Storage
import Vision

extension WeakLabels {
  /// What pictures of a catalog agree in: their product, category, title, brand and price.
  ///
  /// A facet in which all pictures have one value, or none, says nothing and is left out.
  init(of pictures: [PictureLabels]) {
    let facets = [
      Facet(
        name: "product", weight: 1, values: Self.numbers(of: pictures.map { [$0.product.rawValue] })
      ),
      Facet(
        name: "category", weight: 1,
        values: Self.numbers(of: pictures.map { Self.term($0.category) })),
      Facet(
        name: "title words", weight: 0.5,
        values: Self.numbers(
          of: pictures.map { Self.words($0.name) }, shownBy: 2...max(2, pictures.count / 4))),
      Facet(
        name: "brand", weight: 0.25, values: Self.numbers(of: pictures.map { Self.term($0.brand) })),
      Facet(
        name: "price band", weight: 0.15,
        values: Self.numbers(of: pictures.map { Self.band($0.price) })),
    ]
    self.init(
      products: pictures.map { Int32(truncatingIfNeeded: $0.product.rawValue) },
      facets: facets.filter { Set($0.values.joined()).count > 1 })
  }

  private static func term(_ text: String?) -> [String] {
    let term = text?.trimmingCharacters(in: .whitespacesAndNewlines).lowercased() ?? ""
    return term.isEmpty ? [] : [term]
  }

  /// Words of three letters or more.
  private static func words(_ text: String?) -> [String] {
    guard let text else { return [] }
    return Set(text.lowercased().split { !$0.isLetter }.filter { $0.count > 2 }.map(String.init))
      .sorted()
  }

  /// The currency, and how often the price doubles from one.
  private static func band(_ price: Money?) -> [String] {
    guard let price, price.amount.tenThousandths > 0 else { return [] }
    return [
      "\(price.currency) \(Int(log2(Double(price.amount.tenThousandths) / 10_000).rounded(.down)))"
    ]
  }

  /// Each value's number, the commonest value's being 0; ascending within a picture.
  ///
  /// - Parameter counts: how many pictures a value must have to get a number.
  private static func numbers<Value: Hashable & Comparable>(
    of values: [[Value]], shownBy counts: ClosedRange<Int> = 1...Int.max
  ) -> [[Int32]] {
    var uses: [Value: Int] = [:]
    for value in values.joined() { uses[value, default: 0] += 1 }
    let ranked = uses.filter { counts.contains($0.value) }
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let numbers = Dictionary(
      uniqueKeysWithValues: ranked.enumerated().map { ($1.key, Int32($0)) })
    return values.map { $0.compactMap { numbers[$0] }.sorted() }
  }
}
