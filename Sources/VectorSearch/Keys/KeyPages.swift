/// Finds the page of a key: pages of 4,096 neighbouring keys, numbered in the order they came.
///
/// Keys are row ids, dense from 1: their pages stand in a table. Keys past 2²⁸ take a dictionary,
/// so that one odd key does not cost a gigabyte.
struct KeyPages: Sendable {
  static let pageBits: UInt64 = 12
  static let pageSize = 1 << Int(pageBits)
  private static let tableLimit: UInt64 = 1 << 16

  private var table: [Int32] = []
  private var sparse: [UInt64: Int32] = [:]
  /// By page: the first key of each divided by the page size.
  private var numbers: [UInt64] = []

  var count: Int { numbers.count }

  /// The number of the key's page, or nil while it has none.
  @inline(__always) func page(of key: UInt64) -> Int? {
    let number = key >> Self.pageBits
    if number < UInt64(table.count) {
      let page = table[Int(number)]
      return page < 0 ? nil : Int(page)
    }
    if sparse.isEmpty { return nil }
    return sparse[number].map { Int($0) }
  }

  /// The number of the key's page; a new page has the number ``count`` had before.
  mutating func makePage(of key: UInt64) -> Int {
    if let page = page(of: key) { return page }
    let number = key >> Self.pageBits
    if number < Self.tableLimit {
      if number >= UInt64(table.count) {
        table += [Int32](repeating: -1, count: Int(number) + 1 - table.count)
      }
      table[Int(number)] = Int32(count)
    } else {
      sparse[number] = Int32(count)
    }
    numbers.append(number)
    return count - 1
  }

  /// The pages with the first key of each, ascending.
  var ascending: [(firstKey: UInt64, page: Int)] {
    numbers.enumerated().sorted { $0.element < $1.element }
      .map { (firstKey: $0.element << Self.pageBits, page: $0.offset) }
  }
}
