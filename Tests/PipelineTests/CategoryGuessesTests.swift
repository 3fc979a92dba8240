import Catalog
import Storage
import Testing
import Vision

@testable import Pipeline

@Suite struct CategoryGuessesTests {
  private func guesses(of shop: VectorShop) throws -> CategoryGuesses {
    CategoryGuesses(
      store: shop.store, lane: ComputeLane(threads: 1), model: shop.model.modelID,
      snapshot: try shop.snapshot)
  }

  /// What the pictures of each product look like.
  private func likeness(in shop: VectorShop) async throws -> [Int: Set<String>] {
    var likeness: [Int: Set<String>] = [:]
    for item in try await shop.store.items(matching: ItemFilter(), limit: 1_000) {
      let number = try #require(Int(item.url.path.dropFirst()))
      likeness[number] = Set(item.images.compactMap(\.looksLike))
    }
    return likeness
  }

  @Test func `a picture that nobody names looks like those most like it`() async throws {
    let shop = try await VectorShop(products: 80, categorised: 60, isTold: true, noise: 0.2)
    let report = try await guesses(of: shop).run()
    #expect(report.labelled == 120)
    #expect(report.unlabelled == 40)
    #expect(report.guessed == 40)
    #expect(try #require(report.precision) >= CategoryVote.Threshold.wantedPrecision)
    for (number, looks) in try await likeness(in: shop) {
      #expect(looks == (number < 60 ? [] : [VectorShop.categories[number % 3]]), "\(number)")
    }
    var hats = ItemFilter()
    hats.looksLike = ["Hat"]
    let found = try await shop.store.items(matching: hats, limit: 100)
    #expect(found.count == (60..<80).count { $0 % 3 == 1 })
    #expect(try await shop.store.images(matching: hats).count == 2 * found.count)
  }

  @Test func `a category is one however shops write it, and has its commonest name`() async throws {
    let shop = try await VectorShop(
      products: 80, categorised: 60,
      spelling: { number in
        let name = VectorShop.categories[number % 3]
        return number % 5 == 0 ? name.lowercased() : number % 4 == 0 ? "Women > \(name)" : name
      }, isTold: true, noise: 0.2)
    let report = try await guesses(of: shop).run()
    #expect(report.guessed == 40)
    for (number, looks) in try await likeness(in: shop) where number >= 60 {
      #expect(looks == [VectorShop.categories[number % 3]], "\(number)")
    }
  }

  @Test func `where the labelled ones do not agree nothing is told`() async throws {
    let shop = try await VectorShop(products: 80, categorised: 60, isTold: false)
    let told = shop.images.suffix(4).map { (image: $0, category: String?.some("Hat")) }
    #expect(try await shop.store.keepLikeness(told) == 4)
    let report = try await guesses(of: shop).run()
    #expect(report.precision == nil)
    #expect(report.guessed == 0)
    #expect(try await likeness(in: shop).values.allSatisfy(\.isEmpty))
  }

  @Test func `a catalog without categories is left as it is`() async throws {
    let shop = try await VectorShop(products: 6, categorised: 0, isTold: true)
    let report = try await guesses(of: shop).run()
    #expect(report.labelled == 0)
    #expect(report.unlabelled == 12)
    #expect(report.guessed == 0)
  }
}
