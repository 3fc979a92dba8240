/// How much of a site's pages had one field, in one run.
struct FillCount: Equatable {
  /// Pages that had it, of those read.
  var filled = 0
  var read = 0
  /// Pages whose body was the last one: what they had, they still have.
  var unchanged = 0
}

/// When a share that has dropped is more than noise.
///
/// The usual share is the median over the pages of the last runs: a run that read few pages weighs
/// little. What a run reads besides new pages are those that have changed, and some changes take a field
/// with them (what is sold out often has no price); so pages that were visited and had not changed
/// count as having what is usual. Where a site changes its layout, no page is unchanged.
enum FillTest {
  /// Runs that make the usual share.
  static let runs = 7
  /// Pages that they must have read together.
  static let leastHistory = 20
  /// Pages that the run itself must have read.
  static let least = 10
  /// Pages after which a drop is suspected, which is enough to let no item be gone.
  static let leastSuspected = 3
  /// Standard errors: noise passes them in one of 30,000 tests, a thousand of which are a large night.
  static let errors = 4.0

  /// The weighted upper median of the shares of the last runs; `nil` where too few pages were read.
  static func usual(_ history: [FillCount]) -> Double? {
    let runs = history.prefix(Self.runs).filter { $0.read > 0 }
      .map { (share: Double($0.filled) / Double($0.read), read: $0.read) }
      .sorted { $0.share < $1.share }
    let total = runs.reduce(0) { $0 + $1.read }
    guard total >= leastHistory else { return nil }
    var below = 0
    for run in runs {
      below += run.read
      if 2 * below > total { return run.share }
    }
    return nil
  }

  /// The usual share that the run has dropped from, or `nil`; of the history, newest first, the last runs
  /// count.
  ///
  /// It has where its share is below half of the usual one, by 30 points and more, and two-proportion
  /// `z` (pooled) is above `errors`.
  ///
  /// - Parameter isSuspected: is content with few pages and asks for no `z`.
  static func drop(of run: FillCount, since history: [FillCount], isSuspected: Bool = false)
    -> Double?
  {
    guard run.read >= (isSuspected ? leastSuspected : least), let usual = usual(history) else {
      return nil
    }
    let count = Double(run.read + run.unchanged)
    let share = (Double(run.filled) + usual * Double(run.unchanged)) / count
    guard share < usual / 2, usual - share >= 0.3 else { return nil }
    if isSuspected { return usual }
    let past = Double(history.prefix(Self.runs).reduce(0) { $0 + $1.read })
    let pooled = (share * count + usual * past) / (count + past)
    let error = (pooled * (1 - pooled) * (1 / count + 1 / past)).squareRoot()
    return usual - share > errors * error ? usual : nil
  }
}
