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
      until test "$(readlink /proc/$server/exe)" = "$V" -a -e /proc/$server/fd/2; do kill -0 $server || break; sleep 0.05; done
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
    #expect(try run("$V init --quiet").err.isEmpty)
    let again = try run("$V init --site https://other.example.com/")
    #expect(again.code == 0)
    #expect(again.err.contains("is not written into it"))
  }

  @Test func `a pipe is read as a file is`() throws {
    let html = "<h1>Hut</h1><p itemscope itemtype='https://schema.org/Product'><b itemprop=name>Hut"
    try Data(html.utf8).write(to: folder.file("page.html"))
    let outcome = try run("cat page.html | $V page /dev/stdin --url http://shop.example/p/1")
    #expect(outcome.code == 0)
    #expect(outcome.out.contains("Hut  ("))
    let endless = try run("$V page /dev/zero")
    #expect(endless.code == 64)
    #expect(endless.err == "vitrine: /dev/zero cannot be read: more than 268435456 bytes\n")
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

  @Test func `what a page says is told in words`() throws {
    try Data(
      """
      <html lang="de"><title>Hut</title><meta name="robots" content="noindex, nofollow">
      <script type="application/ld+json">{"@type": "Product", "name": "Hut", "offers":
      {"price": "10", "priceCurrency": "EUR"}, "image": "/a.jpg"}</script><h1>Hut</h1>
      <a href="/b">b</a>
      """.utf8
    ).write(to: folder.file("page.html"))
    struct Page: Decodable {
      struct Item: Decodable {
        struct Offer: Decodable { var price: [String: String] }
        var kind: String
        var name: String
        var offer: Offer
        var images: [String]
      }
      struct Link: Decodable { var kind: String }
      var kind: String
      var language: String
      var directives: [String]
      var item: Item
      var links: [Link]
    }
    let outcome = try run("$V page page.html --url http://shop.example/p/1 --json")
    #expect(outcome.out.split(separator: "\n").count == 1)
    let page = try JSONDecoder().decode(Page.self, from: Data(outcome.out.utf8))
    #expect(page.kind == "page" && page.language == "de")
    #expect(page.directives == ["noindex", "nofollow"])
    #expect(page.item.kind == "product" && page.item.name == "Hut")
    #expect(page.item.offer.price == ["amount": "10.00", "currency": "EUR"])
    #expect(page.item.images == ["http://shop.example/a.jpg"])
    #expect(page.links.map(\.kind) == ["page"])
    let text = try run("$V page page.html --url http://shop.example/p/1")
    #expect(text.out.contains("directives noindex, nofollow\n"))
    let picture = try run("printf GIF89a >a.gif; $V page a.gif")
    #expect(picture.code == 1)
    #expect(picture.err.hasPrefix("vitrine: a.gif: "))
  }

  @Test func `on a terminal what is printed stands in a line of its own`() throws {
    // 8 × 8 pixels; of eight bits each, as are the codes of their compression.
    var picture = Array("GIF89a".utf8) + [8, 0, 8, 0, 0xF6, 0, 0]
    picture += [UInt8](repeating: 200, count: 3 * 128) + [0x2C, 0, 0, 0, 0, 8, 0, 8, 0, 0]
    picture += [7, 66, 0x80] + [UInt8](repeating: 1, count: 64) + [0x81, 0, 0x3B]
    try Data(picture).write(to: folder.file("a.gif"))
    let outcome = try run(
      """
      mkdir -p photos/a photos/b; cp a.gif photos/a; cp a.gif photos/b
      script -qec "$V eval photos --edited 0 --model '\(Installation.defaultModel)'" /dev/null
      """)
    #expect(outcome.code == 0)
    let line = try #require(outcome.out.split(separator: "\r\n").first)
    #expect(line.contains("100 % pictures"))
    // It stood behind the bar.
    #expect(line.contains(try Regex("\u{1B}\\[K[a-z0-9-]+, 2 pictures$")), "\(line)")
  }

  @Test func `only init and crawl make a catalog`() throws {
    #expect(try run("$V init -q").code == 0)
    for verb in [
      "reextract", "reextract --apply", "image regroup", "image apart 1 2", "model remove m",
      "index compact", "embed", "adapt",
    ] {
      let outcome = try run("$V \(verb) --data mistyped")
      #expect(outcome.code == 1, "\(verb)")
      #expect(outcome.err.contains("no catalog at \(folder.path)/mistyped/"), "\(outcome.err)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("mistyped").path))
    let crawl = try run(
      "$V crawl http://127.0.0.1:1/ --no-embed --contact you@example.com --data fresh")
    #expect(crawl.code == 1)
    #expect(FileManager.default.fileExists(atPath: folder.file("fresh/catalog.sqlite").path))
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

  @Test func `a recipe is drafted where a crawl looks for it`() throws {
    try Data("<h1>Hut</h1><b class=price>12,50 €</b><button>Kaufen</button>".utf8)
      .write(to: folder.file("page.html"))
    let source = "page.html --url http://shop.example/p/1"
    let draft = try run(
      "echo 'recipes: mine' >vitrine.yaml; mkdir sub; cd sub; "
        + "$V recipe new ../page.html --url http://shop.example/p/1 -c ../vitrine.yaml")
    #expect(draft.code == 0, "\(draft.err)")
    #expect(draft.out == "\(folder.path)/mine/shop.example/recipe.yaml\n")
    try Data(
      """
      hosts: [shop.example]
      pages: [{kind: product, path: /p/*, fields: {name: "css: h1", brand: {value: Mine}}}]
      """.utf8
    ).write(to: folder.file("mine/shop.example/recipe.yaml"))
    #expect(try run("$V page \(source)").out.contains("* Mine  [recipe"))
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
