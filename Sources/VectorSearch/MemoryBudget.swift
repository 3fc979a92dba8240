/// Bytes of memory that the indexes of several models share: what one has asked for is not another's.
package final class MemoryBudget: Sendable {
  private let bytes: Int
  private let shares: Locked<Shares>

  private struct Shares {
    /// By reader.
    var taken: [ObjectIdentifier: Int] = [:]
    /// How often a reader has gone.
    var returns = 0
  }

  package init(_ bytes: Int) {
    self.bytes = bytes
    shares = Locked(Shares())
  }

  /// Lets a reader take of what the others have left.
  ///
  /// - Parameter take: is told that, never negative, and returns what it took, which may be more: some parts every
  ///   search reads.
  /// - Returns: ``returns`` as it was then.
  func share(for reader: ObjectIdentifier, _ take: (_ left: Int) -> Int) -> Int {
    shares.withLock { shares in
      shares.taken[reader] = nil
      shares.taken[reader] = take(max(0, shares.taken.values.reduce(bytes, -)))
      return shares.returns
    }
  }

  /// Gives back what a reader took that goes.
  func giveBack(by reader: ObjectIdentifier) {
    shares.withLock { shares in
      if shares.taken.removeValue(forKey: reader) != nil { shares.returns += 1 }
    }
  }

  /// Where it has grown there is more to be had.
  var returns: Int { shares.withLock { $0.returns } }
}
