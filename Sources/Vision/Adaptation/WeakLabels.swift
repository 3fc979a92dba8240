/// What a catalog itself knows of its pictures: the signals that a head is trained on.
package struct WeakLabels: Sendable {
  /// One thing that pictures may agree in.
  package struct Facet: Sendable {
    /// Such as "product", "category", "brand", "price band", "title words".
    package var name: String
    /// How much agreement says, beside the other facets.
    package var weight: Float
    /// Each picture's values, ascending and without repeats; none where it is not known, several for
    /// words.
    package var values: [[Int32]]

    package init(name: String, weight: Float, values: [[Int32]]) {
      self.name = name
      self.weight = weight
      self.values = values
    }

    /// How far two pictures agree, 0…1: shared values over all values of both (Jaccard).
    func agreement(_ a: Int, _ b: Int) -> Float {
      let (left, right) = (values[a], values[b])
      guard !left.isEmpty, !right.isEmpty else { return 0 }
      if left.count == 1, right.count == 1 { return left[0] == right[0] ? 1 : 0 }
      var (i, j, shared) = (0, 0, 0)
      while i < left.count, j < right.count {
        if left[i] == right[j] { shared += 1 }
        let (one, other) = (left[i], right[j])
        if one <= other { i += 1 }
        if other <= one { j += 1 }
      }
      return Float(shared) / Float(left.count + right.count - shared)
    }
  }

  /// Each picture's product: pictures of one product are trained on or held out together.
  package var products: [Int32]
  package var facets: [Facet]

  /// - Precondition: every facet has values for as many pictures as `products` has.
  package init(products: [Int32], facets: [Facet]) {
    precondition(facets.allSatisfy { $0.values.count == products.count })
    self.products = products
    self.facets = facets
  }

  /// The weighted agreement of two pictures in all facets.
  func agreement(_ a: Int, _ b: Int) -> Float {
    facets.reduce(0) { $0 + $1.weight * $1.agreement(a, b) }
  }
}
