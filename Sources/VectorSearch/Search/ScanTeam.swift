import CKernels
import Glibc

/// Threads that share the scan of one query, each pinned to a core of its own.
///
/// Memory bandwidth is what a scan of a large segment ends at, and one core takes but half of it; two
/// threads that the scheduler puts on one core take no more. They start at the first use and wait for
/// work from then on. One query at a time has them.
final class ScanTeam: @unchecked Sendable {
  // Safe to share: everything that changes does so under `mutex`.
  static let shared = ScanTeam()

  private let cores: [Int32]
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let hasWork = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let isDone = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var isStarted = false
  private var size = 0
  private var isTaken = false
  private var work: (@Sendable (Int) -> Void)?
  /// Parts that nobody has begun, and those that are not done.
  private var next = 0
  private var parts = 0
  private var unfinished = 0

  private static let sizeLimit = 16

  private init() {
    var cores = [Int32](repeating: 0, count: Self.sizeLimit)
    cores = Array(cores.prefix(vitrine_allowed_cores(&cores, cores.count)))
    self.cores = cores
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(hasWork, nil)
    pthread_cond_init(isDone, nil)
  }

  /// The outcome of each part, or nil, with nothing done, where another query has the team or there is
  /// but one core.
  func map<Outcome: Sendable>(
    _ parts: Int, _ body: @escaping @Sendable (Int) -> Outcome
  ) -> [Outcome]? {
    guard cores.count > 1, take() else { return nil }
    let outcomes = Locked([Outcome?](repeating: nil, count: parts))
    let work: @Sendable (Int) -> Void = { part in
      let outcome = body(part)
      outcomes.withLock { $0[part] = outcome }
    }
    pthread_mutex_lock(mutex)
    self.work = work
    next = 0
    self.parts = parts
    unfinished = parts
    pthread_cond_broadcast(hasWork)
    while unfinished > 0 { pthread_cond_wait(isDone, mutex) }
    self.work = nil
    isTaken = false
    pthread_mutex_unlock(mutex)
    return outcomes.withLock { $0.compactMap(\.self) }
  }

  /// Whether the team is the caller's now.
  private func take() -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if isTaken { return false }
    if !isStarted {
      isStarted = true
      size = cores.count { start(on: $0) }
    }
    isTaken = size > 1
    return isTaken
  }

  private func start(on core: Int32) -> Bool {
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(Member(team: self, core: core))
    let code = pthread_create(
      &thread, nil,
      { argument in
        let member = Unmanaged<Member>.fromOpaque(argument!).takeRetainedValue()
        vt_name_thread("scan")
        // Where that is refused the scheduler decides.
        _ = vitrine_pin_thread(member.core)
        member.team.serve()
      }, argument.toOpaque())
    if code != 0 { argument.release() }
    return code == 0
  }

  private final class Member {
    let team: ScanTeam
    let core: Int32

    init(team: ScanTeam, core: Int32) {
      self.team = team
      self.core = core
    }
  }

  private func serve() -> Never {
    pthread_mutex_lock(mutex)
    while true {
      guard let work, next < parts else {
        pthread_cond_wait(hasWork, mutex)
        continue
      }
      let part = next
      next += 1
      pthread_mutex_unlock(mutex)
      work(part)
      pthread_mutex_lock(mutex)
      unfinished -= 1
      if unfinished == 0 { pthread_cond_signal(isDone) }
    }
  }
}
