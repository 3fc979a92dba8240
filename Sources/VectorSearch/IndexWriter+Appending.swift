import Glibc

/// An append whose caller waits for it to be durable.
final class WaitingAppend: @unchecked Sendable {
  // Safe to share: what changes does so under the writer's lock.
  let keys: [UInt64]
  /// As they will be stored, end to end.
  let rows: [UInt32]
  /// What it changed, once it is durable.
  var receipt: IndexWriter.AppendReceipt?

  init(keys: [UInt64], rows: [UInt32]) {
    self.keys = keys
    self.rows = rows
  }

  /// The words of the i-th row.
  func withRow<Result>(
    _ i: Int, _ layout: RowLayout, _ body: (UnsafePointer<UInt32>) -> Result
  ) -> Result {
    rows.withUnsafeBufferPointer { body($0.baseAddress! + i * layout.words) }
  }
}

// Group commit: while one caller waits for the disk others queue up; who comes next writes what all of
// these brought as one record, with one sync. A record is there whole or not at all, so each of its
// appends is.
extension IndexWriter {
  /// Words of rows of a record that several appends share, at most.
  private static let sharedWords = 1 << 22

  /// Waits until what is to be appended is durable.
  func append(_ append: WaitingAppend) throws(IndexError) -> AppendReceipt {
    waiting.withLock { $0.append(append) }
    return try change { state throws(IndexError) in
      // Whoever had the lock before may have written this one too.
      while append.receipt == nil { try writeWaiting(&state) }
      return append.receipt ?? AppendReceipt()
    }
  }

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
            append.withRow(i, layout) {
              _ = memcpy(rows.baseAddress! + place * layout.words, $0, layout.length)
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
    var words = 0
    var end = 0
    for append in waiting {
      words += append.rows.count
      if end > 0, words > sharedWords || append.keys.contains(where: keys.contains) { break }
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
    let keys = append.keys
    var seen = KeySet()
    var news: [Int] = []
    for i in keys.indices.reversed() where seen.insert(keys[i]) {
      guard let place = index.place(of: keys[i]) else {
        receipt.added += 1
        news.append(i)
        continue
      }
      let stored = index.segments[place.segment].stored(place.row)
      let isSame = append.withRow(i, layout) { memcmp($0, stored, layout.length) == 0 }
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
