/// Which keys belong together, such as the pictures of one product.
///
/// A key is in at most one group; a key in none stands for itself.
package struct KeyGroups: Sendable {
  private var pages = KeyPages()
  /// Per key the group's index + 1, or 0 for none.
  private var members: [UInt32] = []
  private var indexes: [UInt64: UInt32] = [:]

  package init() {}

  /// Groups, counted once each.
  package var count: Int { indexes.count }

  /// Puts the key into the group, out of the one it was in.
  package mutating func insert(_ key: UInt64, into group: UInt64) {
    let page = pages.makePage(of: key)
    if page * KeyPages.pageSize == members.count {
      members += [UInt32](repeating: 0, count: KeyPages.pageSize)
    }
    let index = indexes[group] ?? UInt32(indexes.count)
    indexes[group] = index
    members[page * KeyPages.pageSize + Int(truncatingIfNeeded: key) & (KeyPages.pageSize - 1)] =
      index + 1
  }

  /// A number below ``count`` that is the group's own, or nil for a key in no group.
  @inline(__always) func index(of key: UInt64) -> Int? {
    guard let page = pages.page(of: key) else { return nil }
    let member = members[
      page * KeyPages.pageSize + Int(truncatingIfNeeded: key) & (KeyPages.pageSize - 1)]
    return member == 0 ? nil : Int(member) - 1
  }
}
