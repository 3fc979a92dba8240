import Catalog
import Storage
import Transport

/// What robots.txt of a host says at the moment.
enum Permission: Sendable {
  case rules(RobotsRules)
  /// robots.txt is out of reach, which forbids everything (RFC 9309, 2.3.1.4).
  case closed(until: Timestamp, reason: String)
  /// Our own settings keep us from asking. Nobody was asked, so nothing need wait for anybody.
  case barred(reason: String)
  /// The crawl was stopped before it was known.
  case abandoned
}

/// Fetches and keeps robots.txt; its requests take their turns like any other.
struct RobotsDoor<C: Clock>: Sendable where C.Duration == Duration {
  let store: CatalogStore
  let transport: HTTPTransport
  let politeness: Politeness<C>
  let settings: CrawlSettings
  let scopes: [Scope]
  let now: @Sendable () -> Timestamp

  /// A copy is used for so long (RFC 9309, 2.4).
  private static var freshness: Duration { .seconds(86_400) }
  /// Out of reach for so long, the last copy counts again (RFC 9309, 2.3.1.4).
  private static var longestClosure: Duration { .seconds(30 * 86_400) }
  private static var mostHops: Int { 5 }
  private static var tries: Int { 3 }

  private enum Answer {
    /// 2xx with a file, or 4xx without one.
    case known(status: Int, body: [UInt8])
    case outOfReach(reason: String, retryAfter: Duration?, isFinal: Bool)
    case barred(reason: String)
    case abandoned
  }

  func permission(for host: Host) async throws(StorageError) -> Permission {
    if let robots = host.robots, now() - robots.fetchedAt < Self.freshness {
      return .rules(Self.rules(status: robots.status, robots.body))
    }
    var reason = ""
    var closure = settings.deadPause
    for attempt in 1...Self.tries {
      switch await ask(host) {
      case .known(let status, let body):
        let robots = StoredRobots(status: status, body: body, fetchedAt: now())
        try await store.saveRobots(robots, of: host.id)
        return .rules(Self.rules(status: status, body))
      case .abandoned:
        return .abandoned
      case .barred(let reason):
        return .barred(reason: reason)
      case .outOfReach(let why, let retryAfter, let isFinal):
        reason = "robots.txt: \(why)"
        if let retryAfter { closure = max(retryAfter, closure) }
        if isFinal || attempt == Self.tries || (retryAfter ?? .zero) > settings.patience { break }
        continue
      }
      break
    }
    if let robots = host.robots, now() - robots.fetchedAt > Self.longestClosure {
      return .rules(Self.rules(status: robots.status, robots.body))
    }
    return .closed(until: now() + closure, reason: reason)
  }

  private static func rules(status: Int, _ body: [UInt8]) -> RobotsRules {
    (200...299).contains(status)
      ? RobotsRules(body, agent: CrawlSettings.agent) : .allowingAll
  }

  /// One request, and those that its redirects lead to.
  private func ask(_ host: Host) async -> Answer {
    guard var url = try? CanonicalURL("\(host.origin)/robots.txt", rules: .keepingAll) else {
      return .outOfReach(reason: "no address \(host.origin)", retryAfter: nil, isFinal: true)
    }
    for _ in 0...Self.mostHops {
      let exchange = await send(url)
      guard case .response(let head, let body) = exchange else {
        return exchange.answer
      }
      switch head.status {
      case 200...299:
        return .known(status: head.status, body: body)
      case 300...399:
        guard let location = head.headers["Location"],
          let target = try? CanonicalURL(location, relativeTo: url, rules: .keepingAll)
        else { return .known(status: 404, body: []) }
        url = target
      case 429, 500...:
        return .outOfReach(
          reason: "status \(head.status)", retryAfter: head.retryAfter(now: now()), isFinal: false)
      default:
        return .known(status: head.status, body: [])
      }
    }
    return .known(status: 404, body: [])  // More redirects than five: unavailable (2.3.1.2).
  }

  private enum Exchange {
    case response(ResponseHead, [UInt8])
    case failed(Answer)

    var answer: Answer {
      guard case .failed(let answer) = self else { return .abandoned }
      return answer
    }
  }

  private func send(_ url: CanonicalURL) async -> Exchange {
    let turn: Politeness<C>.Turn
    do throws(CancellationError) {
      guard let mine = try await politeness.turn(url.authority, patience: settings.patience) else {
        return .failed(.outOfReach(reason: "host is parked", retryAfter: nil, isFinal: true))
      }
      turn = mine
    } catch {
      return .failed(.abandoned)
    }
    defer {
      politeness.end(turn)
      politeness.release(turn)
    }
    let isOurs = scopes.contains { $0.allowsPrivate(url, kind: .image) }
    let request = Request(
      url: url, headers: [("Accept", "text/plain,*/*;q=0.5")], isPrivateAllowed: isOurs
    ) { head in
      (200...299).contains(head.status) ? .prefix(limit: RobotsRules.maximumLength) : .discard
    }
    do throws(TransportError) {
      let response = try await transport.send(request)
      let head = response.head
      var feedback = Feedback.answered(latency: response.timings.latency)
      if head.status == 429 || head.status == 503 && head.headers["Retry-After"] != nil {
        feedback = .throttled(retryAfter: head.retryAfter(now: now()))
      } else if head.status >= 500 {
        feedback = .overloaded
      }
      _ = politeness.heed(
        feedback, in: turn, sinceArrival: response.timings.sinceArrival,
        from: response.remoteAddress)
      return .response(head, response.body)
    } catch {
      switch error {
      case .cancelled, .shutDown:
        return .failed(.abandoned)
      case .unreachable, .tls:
        let advice = politeness.heed(.unreachable, in: turn)
        return .failed(
          .outOfReach(reason: "\(error)", retryAfter: nil, isFinal: advice == .giveUp))
      case .interrupted, .timedOut:
        let advice = politeness.heed(.overloaded, in: turn)
        return .failed(
          .outOfReach(reason: "\(error)", retryAfter: nil, isFinal: advice == .giveUp))
      case .blockedAddress:
        _ = politeness.heed(nil, in: turn)
        return .failed(.barred(reason: "\(error)"))
      case .tooLarge, .malformed, .unusable:
        _ = politeness.heed(nil, in: turn)
        return .failed(.outOfReach(reason: "\(error)", retryAfter: nil, isFinal: true))
      }
    }
  }
}
