import Foundation
import Support
import Synchronization

@testable import Server

/// A headless Chromium that is driven over its DevTools protocol on a pipe (descriptors 3 and 4:
/// JSON messages, each ended by a zero byte). It ends with the test process.
final class Browser: Sendable {
  enum Failure: Error, CustomStringConvertible {
    case missing
    case notStarted(errno: Int32)
    case refused(method: String, message: String)
    case gone

    var description: String {
      switch self {
      case .missing: "chromium is not installed: run make setup"
      case .notStarted(let code): "chromium did not start: \(String(cString: strerror(code)))"
      case .refused(let method, let message): "\(method): \(message)"
      case .gone: "chromium ended"
      }
    }
  }

  struct Event: Sendable {
    var method: String
    var session: String?
    var parameters: Value
  }

  private struct State {
    var lastID = 0
    var waiting: [Int: CheckedContinuation<Value, any Error>] = [:]
    var methods: [Int: String] = [:]
    var events: [Event] = []
    var isGone = false
  }

  private final class Shared: Sendable {
    let mutex = Mutex(State())
  }

  private let process: pid_t
  private let toBrowser: Int32
  private let profile: TemporaryFolder
  private let state = Shared()

  static let names = ["chromium", "chromium-browser", "google-chrome"]

  private static var program: String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
    return names.lazy.flatMap { name in folders.map { "\($0)/\(name)" } }
      .first { access($0, X_OK) == 0 }
  }

  init() throws(Failure) {
    guard let program = Self.program else { throw .missing }
    profile = TemporaryFolder()
    var down: [Int32] = [0, 0]
    var up: [Int32] = [0, 0]
    guard pipe(&down) == 0, pipe(&up) == 0 else { throw .notStarted(errno: errno) }
    for file in down + up { _ = fcntl(file, F_SETFD, FD_CLOEXEC) }
    // Away from 3 and 4, so that the copies below do not overwrite each other.
    let input = fcntl(down[0], F_DUPFD_CLOEXEC, 10)
    let output = fcntl(up[1], F_DUPFD_CLOEXEC, 10)
    let silence = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { for file in [down[0], up[1], input, output, silence] { close(file) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (from, to) in [(silence, 0), (silence, 1), (silence, 2), (input, 3), (output, 4)] {
      posix_spawn_file_actions_adddup2(&actions, from, Int32(to))
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A group of its own, so that its helpers end with it.
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    let arguments = [
      program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
      "--no-first-run", "--disable-background-networking", "--disable-component-update",
      "--disable-extensions", "--mute-audio", "--hide-scrollbars", "--lang=en-US",
      "--remote-debugging-pipe", "--user-data-dir=\(profile.path)", "about:blank",
    ]
    var pointers = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var process: pid_t = 0
    let status = posix_spawn(&process, program, &actions, &attributes, &pointers, environ)
    guard status == 0 else {
      close(down[1])
      close(up[0])
      throw .notStarted(errno: status)
    }
    self.process = process
    ForTheWholeRun.keep(profile, process: process)
    toBrowser = down[1]
    let fromBrowser = up[0]
    Thread.detachNewThread { [state] in Self.read(fromBrowser, state) }
  }

  var events: [Event] { state.mutex.withLock { $0.events } }

  /// Sends a command and waits for its result.
  @discardableResult
  func call(_ method: String, _ parameters: JSON = [:], session: String? = nil) async throws
    -> Value
  {
    let id = state.mutex.withLock { state in
      state.lastID += 1
      state.methods[state.lastID] = method
      return state.lastID
    }
    var message: [(String, JSON)] = [
      ("id", .integer(id)), ("method", .string(method)), ("params", parameters),
    ]
    if let session { message.append(("sessionId", .string(session))) }
    var json = JSONWriter()
    JSON.object(message).write(to: &json)
    let bytes = json.bytes + [0]
    return try await withCheckedThrowingContinuation { continuation in
      let isGone = state.mutex.withLock { state in
        if !state.isGone { state.waiting[id] = continuation }
        return state.isGone
      }
      if isGone { return continuation.resume(throwing: Failure.gone) }
      var sent = 0
      while sent < bytes.count {
        let count = bytes.withUnsafeBytes {
          write(toBrowser, $0.baseAddress.map { $0 + sent }, bytes.count - sent)
        }
        guard count > 0 else { break }
        sent += count
      }
    }
  }

  private static func read(_ file: Int32, _ state: Shared) {
    defer { close(file) }
    var pending: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &chunk, chunk.count)
      guard count > 0 else { break }
      var start = 0
      for end in 0..<count where chunk[end] == 0 {
        take(Data(pending + chunk[start..<end]), state)
        pending.removeAll()
        start = end + 1
      }
      pending += chunk[start..<count]
    }
    let waiting = state.mutex.withLock { state in
      state.isGone = true
      defer { state.waiting.removeAll() }
      return state.waiting.values.map(\.self)
    }
    for continuation in waiting { continuation.resume(throwing: Failure.gone) }
  }

  private static func take(_ message: Data, _ state: Shared) {
    guard let value = try? JSONDecoder().decode(Value.self, from: message) else { return }
    if let id = value["id"]?.int {
      let (waiting, method) = state.mutex.withLock { state in
        (state.waiting.removeValue(forKey: id), state.methods.removeValue(forKey: id) ?? "")
      }
      if let reason = value["error"]?["message"]?.string {
        waiting?.resume(throwing: Failure.refused(method: method, message: reason))
      } else {
        waiting?.resume(returning: value["result"] ?? .null)
      }
    } else if let method = value["method"]?.string {
      let event = Event(
        method: method, session: value["sessionId"]?.string,
        parameters: value["params"] ?? .null)
      state.mutex.withLock { $0.events.append(event) }
    }
  }
}

/// A tab with a profile of its own.
struct Tab: Sendable {
  let browser: Browser
  private let session: String
  private let context: String

  struct Timeout: Error, CustomStringConvertible {
    let description: String
  }

  init(_ browser: Browser) async throws {
    self.browser = browser
    context =
      try await browser.call("Target.createBrowserContext")["browserContextId"]?.string ?? ""
    let target = try await browser.call(
      "Target.createTarget",
      ["url": "about:blank", "browserContextId": .string(context), "width": 1280, "height": 900])
    let attached = try await browser.call(
      "Target.attachToTarget",
      ["targetId": .string(target["targetId"]?.string ?? ""), "flatten": true])
    session = attached["sessionId"]?.string ?? ""
    for domain in ["Page", "Runtime", "Network", "Log", "DOM", "Accessibility"] {
      try await call("\(domain).enable")
    }
  }

  func close() async throws {
    try await browser.call("Target.disposeBrowserContext", ["browserContextId": .string(context)])
  }

  @discardableResult
  func call(_ method: String, _ parameters: JSON = [:]) async throws -> Value {
    try await browser.call(method, parameters, session: session)
  }

  func open(_ url: String) async throws {
    try await call("Page.navigate", ["url": .string(url)])
  }

  /// Lets the page be seen on a screen of so many pixels, a phone's where it is narrow, by people who
  /// prefer a light or a dark scheme.
  func resize(to width: Int, _ height: Int, scheme: String) async throws {
    try await call(
      "Emulation.setDeviceMetricsOverride",
      [
        "width": .integer(width), "height": .integer(height), "deviceScaleFactor": 1,
        "mobile": .bool(width < 500),
      ])
    try await call(
      "Emulation.setEmulatedMedia",
      ["features": [["name": "prefers-color-scheme", "value": .string(scheme)]]])
    try await wait(for: "innerWidth === \(width)")
  }

  /// The value of a JavaScript expression; promises are awaited.
  @discardableResult
  func evaluate(_ expression: String) async throws -> Value {
    let result = try await call(
      "Runtime.evaluate",
      [
        "expression": .string(expression), "awaitPromise": true, "returnByValue": true,
        "userGesture": true,
      ])
    if let failure = result["exceptionDetails"] {
      let words = failure["exception"]?["description"]?.string ?? failure["text"]?.string ?? ""
      throw Timeout(description: "\(expression): \(words)")
    }
    return result["result"]?["value"] ?? .null
  }

  /// Waits until a JavaScript condition holds, at most a minute.
  func wait(for condition: String) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      // The document may change under the question.
      if let value = try? await evaluate("Boolean(\(condition))"), value.bool == true { return }
      try await Task.sleep(for: .milliseconds(5))
    }
    let page = try? await evaluate("document.body.innerText.slice(0, 600)").string
    throw Timeout(description: "never: \(condition); the page says: \(page ?? "nothing")")
  }

  /// Presses and releases a key.
  ///
  /// - Parameter modifiers: 8 for Shift.
  func press(_ key: String, code: Int, modifiers: Int = 0) async throws {
    for type in ["keyDown", "keyUp"] {
      var event: [(String, JSON)] = [
        ("type", .string(type)), ("key", .string(key)), ("code", .string(key)),
        ("windowsVirtualKeyCode", .integer(code)), ("modifiers", .integer(modifiers)),
      ]
      if key == "Enter", type == "keyDown" { event.append(("text", "\r")) }
      try await call("Input.dispatchKeyEvent", .object(event))
    }
  }

  /// A mouse click in the middle of what the selector finds.
  func click(_ selector: String) async throws {
    let (x, y) = try await middle(of: selector)
    try await mouse("mousePressed", x, y)
    try await mouse("mouseReleased", x, y)
  }

  /// Moves the mouse with its button down, in fractions of the element's box.
  func drag(_ selector: String, from: (Double, Double), to: (Double, Double)) async throws {
    let box = try await box(of: selector)
    func at(_ point: (Double, Double)) -> (Double, Double) {
      (box[0] + point.0 * box[2], box[1] + point.1 * box[3])
    }
    let (start, end) = (at(from), at(to))
    try await mouse("mousePressed", start.0, start.1)
    for step in 1...4 {
      let part = Double(step) / 4
      try await mouse(
        "mouseMoved", start.0 + (end.0 - start.0) * part, start.1 + (end.1 - start.1) * part)
    }
    try await mouse("mouseReleased", end.0, end.1)
  }

  private func mouse(_ type: String, _ x: Double, _ y: Double) async throws {
    try await call(
      "Input.dispatchMouseEvent",
      [
        "type": .string(type), "x": .number(x), "y": .number(y), "button": "left",
        "buttons": .integer(type == "mouseReleased" ? 0 : 1), "clickCount": 1,
      ])
  }

  private func middle(of selector: String) async throws -> (Double, Double) {
    let box = try await box(of: selector)
    return (box[0] + box[2] / 2, box[1] + box[3] / 2)
  }

  private func box(of selector: String) async throws -> [Double] {
    let found = try await evaluate(
      """
      (() => { const e = document.querySelector(`\(selector)`);
        e.scrollIntoView({ block: "center", behavior: "instant" });
        const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })()
      """)
    return found.array.compactMap(\.number)
  }

  // MARK: What went on

  private var events: [Browser.Event] { browser.events.filter { $0.session == session } }

  /// Addresses that the page asked for, in order.
  var requests: [String] {
    events.filter { $0.method == "Network.requestWillBeSent" }
      .compactMap { $0.parameters["request"]?["url"]?.string }
  }

  /// What the console was told as error or warning, exceptions and policy violations among it.
  var complaints: [String] {
    events.compactMap { event in
      switch event.method {
      case "Runtime.exceptionThrown":
        event.parameters["exceptionDetails"]?["exception"]?["description"]?.string ?? "exception"
      case "Runtime.consoleAPICalled"
      where ["error", "warning", "assert"].contains(event.parameters["type"]?.string ?? ""):
        event.parameters["args"]?[0]?["value"]?.string ?? "console"
      case "Log.entryAdded"
      where ["error", "warning"].contains(event.parameters["entry"]?["level"]?.string ?? ""):
        event.parameters["entry"]?["text"]?.string ?? "log"
      default: nil
      }
    }
  }
}
