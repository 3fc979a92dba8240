import Glibc

/// An append whose caller waits for it to be durable.
final class WaitingAppend: @unchecked Sendable {
  // Safe to share: what changes does so under the writer's lock.
  let keys: [UInt64]
  /// `[keys × dimension]`, unit length.
  let units: [Float]
  /// What it changed, once it is durable.
  var receipt: IndexWriter.AppendReceipt?

  init(keys: [UInt64], units: [Float]) {
    self.keys = keys
    self.units = units
  }
}

// Group commit: while one caller waits for the disk others queue up; who comes next writes what all of
// these brought as one record, with one sync. A record is there whole or not at all, so each of its
// appends is.
extension IndexWriter {
  /// Floats of vectors of a record that several appends share, at most.
  private static let sharedFloats = 1 << 22

  /// Writes the first of the waiting appends, and those after it that can share its record.
  func writeWaiting(_ state: inout WriterState) throws(IndexError) {
    let group = waiting.withLock { Self.takeGroup(&$0) }
    var receipts: [AppendReceipt] = []
    var news: [[Int]] = []
    for append in group {
      var receipt = AppendReceipt()
      news.append(self.news(append, state.index, &receipt))
      receipts.append(receipt)
    }
    let count = news.reduce(0) { $0 + $1.count }
    if count > 0 {
      try write(.vectors, count, &state) { keys, rows in
        var place = 0
        for (append, news) in zip(group, news) {
          for i in news {
            keys[place] = append.keys[i]
            for j in 0..<identity.dimension {
              rows[place * identity.dimension + j] = append.units[i * identity.dimension + j]
            }
            place += 1
          }
        }
      }
    }
    for (append, receipt) in zip(group, receipts) {
      append.receipt = receipt
      append.receipt?.generation = state.index.sequence
    }
  }

  /// The first append and the next ones that fit into a record beside it; one that names a key again
  /// waits, and all after it do.
  private static func takeGroup(_ waiting: inout [WaitingAppend]) -> [WaitingAppend] {
    var keys = KeySet()
    var floats = 0
    var end = 0
    for append in waiting {
      floats += append.units.count
      if end > 0, floats > sharedFloats || append.keys.contains(where: keys.contains) { break }
      for key in append.keys { keys.insert(key) }
      end += 1
    }
    defer { waiting.removeFirst(end) }
    return Array(waiting[..<end])
  }

  /// The places in the append of what is not stored yet, ascending.
  private func news(
    _ append: WaitingAppend, _ index: IndexState, _ receipt: inout AppendReceipt
  ) -> [Int] {
    let (keys, dimension) = (append.keys, identity.dimension)
    var seen = KeySet()
    var news: [Int] = []
    for i in keys.indices.reversed() where seen.insert(keys[i]) {
      guard let place = index.place(of: keys[i]) else {
        receipt.added += 1
        news.append(i)
        continue
      }
      let stored = index.segments[place.segment].vector(of: place.row)
      let isSame = append.units.withUnsafeBufferPointer {
        memcmp($0.baseAddress! + i * dimension, stored, dimension * 4) == 0
      }
      if isSame {
        receipt.unchanged += 1
      } else {
        receipt.replaced += 1
        news.append(i)
      }
    }
    return news.reversed()
  }
}
