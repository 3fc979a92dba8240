import Foundation
import Support
import Testing

@testable import vitrine

/// The program as a shell runs it.
@Suite struct ProgramTests {
  private let folder = TemporaryFolder()

  private struct Outcome {
    var code: Int32
    var out: String
    var err: String
  }

  /// Runs a line of `sh` in a folder of its own, with the program as `$V`.
  private func run(_ line: String) throws -> Outcome {
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: "vitrine")
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.currentDirectoryURL = folder.url
    process.environment = ["V": program.path, "PATH": "/usr/bin:/bin"]
    // Files, so that neither can fill a pipe that nobody reads yet.
    let (out, err) = (folder.file("out"), folder.file("err"))
    process.arguments = ["-c", "{ \(line) ; } >'\(out.path)' 2>'\(err.path)'"]
    try process.run()
    process.waitUntilExit()
    return Outcome(
      code: process.terminationReason == .exit ? process.terminationStatus : -1,
      out: try String(contentsOf: out, encoding: .utf8),
      err: try String(contentsOf: err, encoding: .utf8))
  }

  @Test func `a log that takes nothing ends no work`() throws {
    // It was a trap: exit code 132.
    let full = try run("$V status 2>/dev/full")
    #expect(full.code == 1)
    let closed = try run("$V init 2>&-")
    #expect(closed.code == 0)
    #expect(FileManager.default.fileExists(atPath: folder.file("vitrine.yaml").path))
  }

  @Test func `what stdout does not take is told`() throws {
    #expect(try run("$V init -q").code == 0)
    let full = try run("$V status >/dev/full")
    #expect(full.code == 1)
    #expect(full.err == "vitrine: standard output: No space left on device\n")
    let closed = try run("$V status --json >&-")
    #expect(closed.code == 1)
    #expect(closed.err == "vitrine: standard output: Bad file descriptor\n")
  }

  @Test func `no file of the catalog stands where a closed stream would be written to`() throws {
    #expect(try run("$V init -q").code == 0)
    let outcome = try run(
      """
      $V serve --port 0 <&- >&- 2>&- & server=$!
      until test -e /proc/$server/fd/2; do kill -0 $server || break; sleep 0.05; done
      readlink /proc/$server/fd/0 /proc/$server/fd/1 /proc/$server/fd/2
      kill -9 $server; wait $server
      """)
    #expect(outcome.out == "/dev/null\n/dev/null\n/dev/null\n")
  }

  @Test func `who waits for another writer is told to try again`() throws {
    #expect(try run("$V init -q").code == 0)
    let busy = try run("flock vitrine-data/writer.lock $V image regroup")
    #expect(busy.code == 75)
    #expect(busy.err.contains("another vitrine"))
  }

  @Test func `init writes nothing that it would refuse`() throws {
    let site = try run("$V init --contact you@example.com --site www.example.com")
    #expect(site.code == 64)
    #expect(site.err.contains("--site: www.example.com is no web address, such as https://"))
    let contact = try run("$V init --contact nobody --site https://www.example.com/")
    #expect(contact.code == 64)
    #expect(contact.err.contains("--contact:"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("vitrine.yaml").path))
    #expect(
      try run("$V init --contact you@example.com --site https://www.example.com/").code == 0)
    let again = try run("$V init --site https://other.example.com/")
    #expect(again.code == 0)
    #expect(again.err.contains("is not written into it"))
  }

  @Test func `files that cannot be read are told in a line`() throws {
    #expect(try run("$V init -q && mkdir -p shop/pages").code == 0)
    let picture = try run("$V search .")
    #expect(picture.code == 64)
    #expect(picture.err == "vitrine: . cannot be read: Is a directory\n")
    let settings = try run("$V status -c none.yaml")
    #expect(settings.code == 64)
    #expect(settings.err == "vitrine: none.yaml: cannot be read: No such file or directory\n")
    let recipe = try run("$V recipe check shop")
    #expect(recipe.code == 64)
    #expect(recipe.err == "vitrine: shop/recipe.yaml: cannot be read\n")
    let folder = try run("$V init -c new.yaml --data vitrine.yaml/data")
    #expect(folder.code == 1)
    #expect(folder.err.hasSuffix("vitrine.yaml/data: Not a directory\n"), "\(folder.err)")
  }

  @Test func `a page gives a terminal no orders and its recipe is one`() throws {
    let name = #"Red\u001b]0;title\u0007 dress\u2028\u0085\u009b31m\u0000"#
    try Data(
      """
      <script type="application/ld+json">{"@type": "Product", "name": "\(name)", "offers":
      {"price": "10", "priceCurrency": "EUR"}, "image": "/a.jpg"}</script><h1>Red dress</h1>
      """.utf8
    ).write(to: folder.file("page.html"))
    let page = try run("$V page page.html --url http://shop.example/p/1")
    #expect(page.code == 0)
    #expect(page.out.contains("Red�]0;title� dress"))
    let obeyed = page.out.unicodeScalars.filter {
      $0.properties.generalCategory == .control && $0 != "\n"
    }
    #expect(obeyed.isEmpty)
    let draft = try run("$V recipe new page.html --url http://shop.example/p/1 --into shop")
    #expect(draft.code == 0)
    let check = try run("$V recipe check shop")
    #expect(check.code == 0, "\(check.out) \(check.err)")
  }

  @Test func `what an export cannot hold is refused, not left out`() throws {
    #expect(try run("$V init -q").code == 0)
    for rest in ["--kind post", "--kind product --kind event", "--since 1", "--json"] {
      let outcome = try run("$V export --format csv \(rest)")
      #expect(outcome.code == 64, "\(rest)")
      #expect(outcome.out.isEmpty)
    }
    #expect(try run("$V export --format csv --kind product | wc -l").out == "1\n")
  }

  @Test func `a report that cannot be written is refused before anything is measured`() throws {
    let outcome = try run("mkdir -p photos/a; $V eval photos --report nowhere/report.html")
    #expect(outcome.code == 64)
    #expect(
      outcome.err
        == "vitrine: --report: nowhere/report.html cannot be written: No such file or directory\n")
  }

  @Test func `an option that is refused is named`() throws {
    #expect(try run("$V init -q").code == 0)
    let count = try run("$V search 1 -k 0")
    #expect(count.code == 64)
    #expect(count.err.hasPrefix("vitrine: -k: “0” is not"))
    let price = try run("$V search 1 --price-min cheap")
    #expect(price.code == 64)
    #expect(price.err.hasPrefix("vitrine: --price-min: “cheap”"))
  }

  @Test func `a port that is taken is named, and what helps`() throws {
    #expect(try run("$V init -q").code == 0)
    let outcome = try run(
      """
      $V serve --port 0 2>first & first=$!
      until grep -q serving first; do kill -0 $first || break; sleep 0.05; done
      port=$(sed -n 's|.*:\\([0-9]*\\)/$|\\1|p' first)
      $V serve --port $port; code=$?
      kill $first; wait $first
      echo $port; exit $code
      """)
    #expect(outcome.code == 1)
    let port = outcome.out.split(separator: "\n").last ?? ""
    #expect(outcome.err.contains("vitrine: cannot listen on port \(port) of 127.0.0.1: "))
    #expect(outcome.err.contains("; --port and --host choose another\n"))
  }
}
