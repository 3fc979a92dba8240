/// Which keys belong together, such as the pictures of one product.
///
/// A key is in at most one group; a key in none stands for itself.
package struct KeyGroups: Sendable {
  private var pages = KeyPages()
  /// Per key the group's index + 1, or 0 for none.
  private var members: [UInt32] = []
  private var indexes: [UInt64: UInt32] = [:]
  private var keysOfGroup: [[UInt64]] = []
  /// By part: the key that it is a part of.
  private var wholes: [UInt64: UInt64] = [:]

  package init() {}

  /// Groups, counted once each.
  package var count: Int { indexes.count }

  /// Puts the key into the group, out of the one it was in.
  ///
  /// - Parameter whole: what it is a part of: both count as one among those that a hit stands for.
  package mutating func insert(_ key: UInt64, into group: UInt64, partOf whole: UInt64? = nil) {
    wholes[key] = whole
    let page = pages.makePage(of: key)
    if page * KeyPages.pageSize == members.count {
      members += [UInt32](repeating: 0, count: KeyPages.pageSize)
    }
    let index = indexes[group] ?? UInt32(indexes.count)
    indexes[group] = index
    if index == keysOfGroup.count { keysOfGroup.append([]) }
    let place = page * KeyPages.pageSize + Int(truncatingIfNeeded: key) & (KeyPages.pageSize - 1)
    if members[place] == index + 1 { return }
    if members[place] > 0 { keysOfGroup[Int(members[place]) - 1].removeAll { $0 == key } }
    members[place] = index + 1
    keysOfGroup[Int(index)].append(key)
  }

  /// The group's keys, in no particular order.
  func keys(ofGroup index: Int) -> [UInt64] { keysOfGroup[index] }

  /// Whether any key is a part of another.
  var hasParts: Bool { !wholes.isEmpty }

  /// What the key is a part of, or itself.
  func whole(of key: UInt64) -> UInt64 { wholes[key] ?? key }

  /// A number below ``count`` that is the group's own, or nil for a key in no group.
  @inline(__always) func index(of key: UInt64) -> Int? {
    guard let page = pages.page(of: key) else { return nil }
    let member = members[
      page * KeyPages.pageSize + Int(truncatingIfNeeded: key) & (KeyPages.pageSize - 1)]
    return member == 0 ? nil : Int(member) - 1
  }
}
