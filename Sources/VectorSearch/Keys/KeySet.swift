/// A set of keys as a bitmap: filters from the catalog, and keys to leave out.
///
/// Memory is 512 bytes for every 4,096 neighbouring keys of which at least one is a member.
package struct KeySet: Sendable, ExpressibleByArrayLiteral {
  private static let pageWords = KeyPages.pageSize / 64

  private var pages = KeyPages()
  private var words: [UInt64] = []
  /// Members.
  package private(set) var count = 0

  package init() {}

  package init(_ keys: some Sequence<UInt64>) {
    for key in keys { insert(key) }
  }

  package init(arrayLiteral elements: UInt64...) { self.init(elements) }

  package var isEmpty: Bool { count == 0 }

  @inline(__always) package func contains(_ key: UInt64) -> Bool {
    guard let page = pages.page(of: key) else { return false }
    return words[page * Self.pageWords + Self.word(key)] >> (key & 63) & 1 == 1
  }

  /// Whether the key was not yet a member.
  @discardableResult package mutating func insert(_ key: UInt64) -> Bool {
    let page = pages.makePage(of: key)
    if page * Self.pageWords == words.count {
      words += [UInt64](repeating: 0, count: Self.pageWords)
    }
    let word = page * Self.pageWords + Self.word(key)
    let bit: UInt64 = 1 << (key & 63)
    guard words[word] & bit == 0 else { return false }
    words[word] |= bit
    count += 1
    return true
  }

  /// Whether the key was a member.
  @discardableResult package mutating func remove(_ key: UInt64) -> Bool {
    guard contains(key), let page = pages.page(of: key) else { return false }
    words[page * Self.pageWords + Self.word(key)] &= ~(1 << (key & 63))
    count -= 1
    return true
  }

  package mutating func formUnion(_ other: KeySet) {
    for (firstKey, page) in other.pages.ascending {
      let mine = pages.makePage(of: firstKey)
      if mine * Self.pageWords == words.count {
        words += [UInt64](repeating: 0, count: Self.pageWords)
      }
      for i in 0..<Self.pageWords {
        let both = words[mine * Self.pageWords + i] | other.words[page * Self.pageWords + i]
        count += both.nonzeroBitCount - words[mine * Self.pageWords + i].nonzeroBitCount
        words[mine * Self.pageWords + i] = both
      }
    }
  }

  package mutating func formIntersection(_ other: KeySet) {
    keep(where: other) { $0 & $1 }
  }

  package mutating func subtract(_ other: KeySet) {
    keep(where: other) { $0 & ~$1 }
  }

  package func union(_ other: KeySet) -> KeySet {
    var result = self
    result.formUnion(other)
    return result
  }

  package func intersection(_ other: KeySet) -> KeySet {
    var result = self
    result.formIntersection(other)
    return result
  }

  package func subtracting(_ other: KeySet) -> KeySet {
    var result = self
    result.subtract(other)
    return result
  }

  /// The members, ascending.
  package var keys: [UInt64] {
    var result: [UInt64] = []
    result.reserveCapacity(count)
    for (firstKey, page) in pages.ascending {
      for i in 0..<Self.pageWords {
        var rest = words[page * Self.pageWords + i]
        while rest != 0 {
          result.append(firstKey + UInt64(i * 64 + rest.trailingZeroBitCount))
          rest &= rest - 1
        }
      }
    }
    return result
  }

  @inline(__always) private static func word(_ key: UInt64) -> Int {
    Int(key >> 6) & (pageWords - 1)
  }

  private mutating func keep(where other: KeySet, _ combine: (UInt64, UInt64) -> UInt64) {
    count = 0
    for (firstKey, page) in pages.ascending {
      let theirs = other.pages.page(of: firstKey)
      for i in 0..<Self.pageWords {
        let word = theirs.map { other.words[$0 * Self.pageWords + i] } ?? 0
        words[page * Self.pageWords + i] = combine(words[page * Self.pageWords + i], word)
        count += words[page * Self.pageWords + i].nonzeroBitCount
      }
    }
  }
}

extension KeySet: Equatable {
  package static func == (a: KeySet, b: KeySet) -> Bool {
    a.count == b.count && a.subtracting(b).isEmpty
  }
}
