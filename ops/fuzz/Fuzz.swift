import Catalog
import Extract
import Foundation

/// What reads bytes from outside, one entry a reader: `make fuzz` drives them through libFuzzer, and
/// the program built without it replays the inputs that are given to it.
enum FuzzTarget: String, CaseIterable {
  /// A page as it comes: charset, markup, every reader over it, fusion.
  case html
  /// A JSON endpoint: the lenient literal reader and the search through it.
  case json
  /// The inside of a script: Nuxt's function, assignments, pushes.
  case state
  /// A sitemap or feed, gzip among them.
  case sitemap
  /// One price.
  case price
  /// A picture; each format has seeds of its own.
  case jpeg, png, webp, gif, avif

  func run(_ bytes: [UInt8]) throws {
    switch self {
    case .html: try read(bytes, "text/html", .page)
    case .json: try read(bytes, "application/json", .page)
    case .sitemap: try read(bytes, "application/xml", .sitemap)
    case .jpeg, .png, .webp, .gif, .avif: PictureReader.read(bytes)
    case .state:
      let start = Array("<h1>A</h1><script>window.__NUXT__=".utf8)
      try read(start + bytes + Array("</script><p class=price>$1".utf8), "text/html", .page)
    case .price:
      let text = String(decoding: bytes, as: UTF8.self)
      for region in [nil, "US", "DE", "CH", "JP"] {
        if let found = PriceReader(currency: nil, region: region).read(text) {
          precondition(found.amount.description.utf8.count < 40, "an amount past its bound")
        }
      }
    }
  }

  /// Throws nothing for what an input may do: a limit that is broken is an answer.
  private func read(_ bytes: [UInt8], _ type: String, _ kind: TargetKind) throws {
    let page = FetchedPage(
      url: try CanonicalURL("https://shop.example/p/1?a=b"), kind: kind, body: bytes,
      contentType: type)
    do throws(ExtractError) {
      let extraction = try Self.reader.read(page)
      precondition(extraction.links.count <= Self.limits.links, "more links than the limit")
    } catch {
      precondition(!error.description.isEmpty, "an error that says nothing")
    }
  }

  private static let limits = ExtractLimits(
    pageBytes: 1 << 20, sitemapBytes: 4 << 20, links: 1_000, elements: 20_000, jsonNodes: 20_000,
    searchSteps: 50_000)
  private static let reader = PageReader(limits: limits)
}

#if FUZZING
  private let target =
    FuzzTarget(rawValue: ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? "") ?? .html

  /// One input of libFuzzer.
  @_cdecl("LLVMFuzzerTestOneInput")
  public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
      try target.run(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
      fatalError("\(error)")
    }
    return 0
  }

  private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  @_silgen_name("LLVMFuzzerRunDriver")
  private func runDriver(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<Arguments>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
  ) -> CInt

  /// SwiftPM links this name as `main`.
  @_cdecl("fuzz_main")
  public func fuzzMain(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  ) -> CInt {
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments, fuzz)
  }
#else
  @main struct Replay {
    static func main() throws {
      let arguments = CommandLine.arguments.dropFirst()
      guard let target = arguments.first.flatMap(FuzzTarget.init), arguments.count > 1 else {
        let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: "|")
        FileHandle.standardError.write(Data("usage: fuzz \(names) FILE…\n".utf8))
        exit(64)
      }
      for path in arguments.dropFirst() {
        try target.run(Array(try Data(contentsOf: URL(filePath: path))))
      }
    }
  }
#endif
