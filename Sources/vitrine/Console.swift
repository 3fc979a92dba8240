import Foundation
import Synchronization

/// What people read goes to stderr, what programs read to stdout.
enum Console {
  static let isTerminal = isatty(STDERR_FILENO) == 1
  private static let isOutputTerminal = isatty(STDOUT_FILENO) == 1
  private static let isQuiet = Atomic(false)
  /// Whether a progress line stands on the terminal without an end.
  private static let lineIsOpen = Mutex(false)

  /// Opens what is closed of stdin, stdout and stderr, as some parents of daemons leave them.
  ///
  /// The next file that is opened would get that number, the lock or a segment of the index, and what is
  /// meant for people would be written into it. To be called before anything else is opened.
  static func keepStandardStreamsOpen() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) == -1 {
      // What stdout takes must not get lost unseen: writing to this one fails.
      _ = open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  static func beQuiet() { isQuiet.store(true, ordering: .relaxed) }

  /// A line of talk; `--quiet` leaves it out.
  static func say(_ text: String) {
    guard !isQuiet.load(ordering: .relaxed) else { return }
    write(text)
  }

  static func error(_ text: String) { write("vitrine: \(text)") }

  private static func write(_ text: String) {
    lineIsOpen.withLock { isOpen in
      let start = isOpen ? "\r\u{1B}[K" : ""
      isOpen = false
      tell(start + harmless(text) + "\n")
    }
  }

  /// Text without what a terminal obeys instead of showing it, which a crawled page may have put there:
  /// control characters, among them the beginning of every escape sequence, and marks that turn the
  /// direction of text.
  static func harmless(_ text: String) -> String {
    func obeys(_ scalar: Unicode.Scalar) -> Bool {
      switch scalar {
      case "\n", "\t": false
      case "\0"..<" ", "\u{7F}"..."\u{9F}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": true
      default: false
      }
    }
    guard text.unicodeScalars.contains(where: obeys) else { return text }
    var shown = String.UnicodeScalarView()
    shown.append(contentsOf: text.unicodeScalars.lazy.map { obeys($0) ? "\u{FFFD}" : $0 })
    return String(shown)
  }

  /// Writes to stderr. What cannot be told there, since the disk of a log is full, ends no work.
  private static func tell(_ text: String) { _ = put(Data(text.utf8), on: STDERR_FILENO) }

  /// Writes all of it.
  ///
  /// - Returns: 0, or the `errno` that kept the rest from being written.
  private static func put(_ bytes: Data, on stream: Int32) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(stream, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        // A terminal that another program has told not to block.
        var state = pollfd(fd: stream, events: Int16(POLLOUT), revents: 0)
        _ = poll(&state, 1, -1)
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }

  /// Replaces the terminal's last line; nothing where stderr is no terminal.
  static func progress(_ text: String) {
    guard isTerminal, !isQuiet.load(ordering: .relaxed) else { return }
    lineIsOpen.withLock { isOpen in
      isOpen = true
      var size = winsize()
      // Some terminals say that they have no columns.
      let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
      let width = isKnown ? Int(size.ws_col) : 80
      tell("\r\u{1B}[K\(harmless(text).prefix(max(width - 1, 20)))")
    }
  }

  /// Runs `work` and tells meanwhile how it stands: with a bar on a terminal, by a line a minute
  /// elsewhere.
  static func reporting<T>(
    _ text: @escaping @Sendable (_ withBar: Bool) async -> String,
    while work: () async throws -> T
  ) async rethrows -> T {
    let ticker = Task {
      var seconds = 0
      while (try? await Task.sleep(for: .seconds(1))) != nil {
        seconds += 1
        if isTerminal {
          progress(await text(true))
        } else if seconds % 60 == 0 {
          say(await text(false))
        }
      }
    }
    defer { ticker.cancel() }
    return try await work()
  }

  /// `[######··············]  30 %`
  static func bar(done: Int, left: Int) -> String {
    let share = done + left == 0 ? 1 : Double(done) / Double(done + left)
    let filled = Int(share * 20)
    let percent = String(Int(share * 100))
    return "[" + String(repeating: "#", count: filled) + String(repeating: "·", count: 20 - filled)
      + "] " + String(repeating: " ", count: 3 - percent.count) + percent + " %"
  }

  /// A line on stdout for people.
  static func print(_ text: String) throws { try print(data: harmless(text)) }

  /// A line on stdout for programs, as it stands.
  static func print(data text: String) throws { try print(line: Data(text.utf8)) }

  /// One JSON value on one line of stdout.
  static func print(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try print(line: encoder.encode(value))
  }

  private static func print(line: Data) throws {
    if isOutputTerminal {
      lineIsOpen.withLock { isOpen in
        if isOpen { tell("\r\u{1B}[K") }
        isOpen = false
      }
    }
    let code = put(line + Data("\n".utf8), on: STDOUT_FILENO)
    guard code == 0 else {
      throw Failure(.withFailures, "standard output: \(Failure.systemReason(code))")
    }
  }

  /// `12,345`: whole numbers as people read them.
  static func count(_ number: Int) -> String {
    var digits = Array(String(number.magnitude))
    var place = digits.count - 3
    while place > 0 {
      digits.insert(",", at: place)
      place -= 3
    }
    return (number < 0 ? "-" : "") + String(digits)
  }

  static func bytes(_ number: Int) -> String {
    var value = Double(number)
    for unit in ["B", "KB", "MB", "GB"] {
      if value < 1024 { return String(format: unit == "B" ? "%.0f %@" : "%.1f %@", value, unit) }
      value /= 1024
    }
    return String(format: "%.1f TB", value)
  }
}
