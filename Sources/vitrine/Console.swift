import Foundation
import Synchronization

/// What people read goes to stderr, what programs read to stdout.
enum Console {
  static let isTerminal = isatty(STDERR_FILENO) == 1
  private static let isQuiet = Atomic(false)
  /// Whether a progress line stands on the terminal without an end.
  private static let lineIsOpen = Mutex(false)

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
      FileHandle.standardError.write(Data((start + text + "\n").utf8))
    }
  }

  /// Replaces the terminal's last line; nothing where stderr is no terminal.
  static func progress(_ text: String) {
    guard isTerminal, !isQuiet.load(ordering: .relaxed) else { return }
    lineIsOpen.withLock { isOpen in
      isOpen = true
      var size = winsize()
      let width = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 ? Int(size.ws_col) : 80
      FileHandle.standardError.write(Data("\r\u{1B}[K\(text.prefix(max(width - 1, 20)))".utf8))
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

  /// A line on stdout.
  static func print(_ text: String) throws {
    try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
  }

  /// One JSON value on one line of stdout.
  static func print(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try FileHandle.standardOutput.write(contentsOf: encoder.encode(value) + Data("\n".utf8))
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
