import Catalog
import Storage
import Synchronization

/// How many pages in a row may lead to nothing but their own kind.
package struct TrapBudget: Sendable {
  /// Of one template.
  package var template = 15
  /// Below one first segment of the path.
  package var section = 30
  /// Of one suspicious kind on a host.
  package var suspicion = 5

  package init() {}

  /// The first of the groups whose budget is used up; `nil` where the page may be fetched.
  package func exhausted(_ groups: [TrapGroup], yields: [String: TemplateYield]) -> TrapGroup? {
    groups.first { group in
      guard let yield = yields[group.description] else { return false }
      return yield.streak >= limit(of: group.breadth)
    }
  }

  func limit(of breadth: TrapGroup.Breadth) -> Int {
    switch breadth {
    case .template: template
    case .section: section
    case .suspicion: suspicion
    }
  }
}

/// Knows which groups may have used up their budget, so that few pages cost a look at the catalog.
///
/// This process is the only one that counts, and a fetch adds at most one to a streak: what was read
/// once bounds it for as many fetches as are left of the budget.
final class TrapLedger: Sendable {
  private struct Key: Hashable {
    let site: ID<Site>
    let group: String
  }

  private let budget: TrapBudget
  private let bounds = Mutex<[Key: Int]>([:])

  init(_ budget: TrapBudget) { self.budget = budget }

  /// The group whose budget is used up; `nil` where the page may be fetched, which then counts.
  func exhausted(_ groups: [TrapGroup], site: ID<Site>, store: CatalogStore)
    async throws(StorageError) -> TrapGroup?
  {
    if spend(groups, site) { return nil }
    let yields = try await store.yields(of: groups.map(\.description), site: site)
    bounds.withLock { bounds in
      for group in groups {
        bounds[Key(site: site, group: group.description)] = yields[group.description]?.streak ?? 0
      }
    }
    if let group = budget.exhausted(groups, yields: yields) { return group }
    _ = spend(groups, site)
    return nil
  }

  /// Counts a fetch if no group's budget can be used up.
  private func spend(_ groups: [TrapGroup], _ site: ID<Site>) -> Bool {
    bounds.withLock { bounds in
      let keys = groups.map { Key(site: site, group: $0.description) }
      for (key, group) in zip(keys, groups) {
        guard let bound = bounds[key], bound < budget.limit(of: group.breadth) else { return false }
      }
      for key in keys { bounds[key, default: 0] += 1 }
      return true
    }
  }
}
