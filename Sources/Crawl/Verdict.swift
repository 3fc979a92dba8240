import Catalog
import Storage
import Transport

/// What a response or its absence means for the address and for the host.
struct Verdict: Sendable {
  enum Result: Sendable {
    /// A body to be read.
    case body(Response)
    /// Nothing to be read: the outcome to record.
    case outcome(FetchOutcome)
    /// The request was broken off by us; the lease goes back.
    case abandoned
  }

  let result: Result
  /// `nil` where the exchange says nothing about the host.
  let feedback: Feedback?
}

/// Judges what came of the request under one lease.
struct Judge {
  let lease: Lease
  let scope: Scope
  let settings: CrawlSettings
  let now: Timestamp
  /// 0…1, spreads the retries of one moment.
  let jitter: () -> Double

  private static let day = Duration.seconds(86_400)

  func verdict(on response: Response) -> Verdict {
    let head = response.head
    let status = head.status
    let answered = Feedback.answered(latency: response.timings.latency)
    func answer(_ outcome: FetchOutcome) -> Verdict {
      Verdict(result: .outcome(outcome), feedback: answered)
    }
    switch status {
    case 200:
      if let refusal = bodyRefusal(response) { return answer(refusal) }
      return Verdict(result: .body(response), feedback: answered)
    case 304 where lease.validators != Validators():
      return answer(.unchanged(head.validators(or: lease.validators), status: status))
    case 301, 302, 303, 307, 308:
      return answer(redirect(head))
    case 404, 410:
      return answer(.missing(status: status))
    case 429:
      return throttled(head)
    case 503 where head.headers["Retry-After"] != nil:
      return throttled(head)
    case 500...599:
      return Verdict(result: .outcome(retry("status \(status)", status)), feedback: .overloaded)
    default:
      // 401, 403, 451 and the like: not ours to have, until somebody changes their mind.
      return answer(
        .failed(reason: "status \(status)", status: status, retryAt: now + Self.day * 7))
    }
  }

  func verdict(on error: TransportError) -> Verdict {
    switch error {
    case .unreachable, .tls:
      Verdict(result: .outcome(retry("\(error)", nil)), feedback: .unreachable)
    case .interrupted, .timedOut:
      Verdict(result: .outcome(retry("\(error)", nil)), feedback: .overloaded)
    case .tooLarge, .malformed, .unusable:
      Verdict(
        result: .outcome(.failed(reason: "\(error)", status: nil, retryAt: .never)), feedback: nil)
    case .blockedAddress:
      Verdict(
        result: .outcome(.refused(reason: "\(error)", until: now + Self.day * 7)), feedback: nil)
    case .cancelled, .shutDown:
      Verdict(result: .abandoned, feedback: nil)
    }
  }

  /// Why a 200 is not worth reading; `nil` where it is.
  private func bodyRefusal(_ response: Response) -> FetchOutcome? {
    let head = response.head
    let validators = head.validators(or: Validators())
    func rejected(_ reason: String) -> FetchOutcome {
      .rejected(reason: reason, validators, bodyHash: 0, status: head.status)
    }
    let plan = FetchPlan(kind: lease.kind, limits: settings.limits)
    guard plan.isWanted(head.mediaType) else {
      return rejected("\(head.mediaType) where a \(lease.kind) was expected")
    }
    if lease.kind == .image, !head.directives.isDisjoint(with: [.noIndex, .noImageIndex]) {
      return rejected("X-Robots-Tag forbids to keep the picture")
    }
    return nil
  }

  private func redirect(_ head: ResponseHead) -> FetchOutcome {
    let later = now + Self.day * 7
    guard let location = head.headers["Location"] else {
      return .failed(
        reason: "status \(head.status) without Location", status: head.status, retryAt: later)
    }
    do {
      let target = try CanonicalURL(location, relativeTo: lease.url, rules: scope.urlRules)
      // Where the server insists on what our rules drop, such as a session.
      guard target != lease.url else {
        return .refused(reason: "redirects to itself", until: later)
      }
      return .redirected(to: scope.address(forRedirectTo: target, of: lease), status: head.status)
    } catch {
      return .refused(reason: "redirects to no http address", until: later)
    }
  }

  private func throttled(_ head: ResponseHead) -> Verdict {
    let pause = head.retryAfter(now: now)
    let reason = "status \(head.status)"
    let isLast = lease.attempts + 1 >= settings.attempts
    let retryAt = pause.flatMap { isLast ? nil : now + $0 } ?? nextTry
    return Verdict(
      result: .outcome(.failed(reason: reason, status: head.status, retryAt: retryAt)),
      feedback: .throttled(retryAfter: pause))
  }

  private func retry(_ reason: String, _ status: Int?) -> FetchOutcome {
    .failed(reason: reason, status: status, retryAt: nextTry)
  }

  /// In the same run after 2 s, 4 s, 8 s …, spread over as long again; after the last try in the
  /// next night, then after twice as many days each time, up to a month.
  private var nextTry: Timestamp {
    let nights = lease.attempts + 1 - settings.attempts
    guard nights < 0 else {
      return now + Pace.doubled(.seconds(20 * 3600), nights, atMost: Self.day * 30)
    }
    return now + Pace.doubled(.seconds(2), lease.attempts, atMost: .seconds(600)) * (1 + jitter())
  }
}

extension ResponseHead {
  /// The response's validators, `previous` where a 304 repeats none.
  func validators(or previous: Validators) -> Validators {
    Validators(
      entityTag: headers["ETag"] ?? previous.entityTag,
      lastModified: headers["Last-Modified"] ?? previous.lastModified)
  }

  var directives: RobotsDirectives {
    RobotsDirectives(headerValues: headers.values("X-Robots-Tag"), agent: CrawlSettings.agent)
  }
}
