import CXML2
import Catalog
import Extract
import Foundation

/// Reads the pages of a list and prints CPU seconds, one JSON object a step.
///
/// Each line of the list is a file, its address and its media type with tabs between. The steps are
/// interleaved, round by round: `read` is everything that a crawl does with a body, `structured` only
/// its JSON-LD, microdata and OpenGraph, `libxml2` the tree that `htmlReadMemory` builds.
///
/// With `--items LIST` or `--prices CASES` it prints what is read instead, for `accuracy.py`.
struct Entry {
  let body: [UInt8]
  let page: FetchedPage
}

func processSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data((message + "\n").utf8))
  exit(64)
}

func readList(_ path: String) throws -> [Entry] {
  guard let list = try? String(contentsOfFile: path, encoding: .utf8) else {
    fail("cannot read \(path)")
  }
  return try list.split(separator: "\n").map { line in
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard fields.count == 3, let data = FileManager.default.contents(atPath: fields[0]) else {
      fail("cannot read \(line)")
    }
    let body = [UInt8](data)
    let page = FetchedPage(
      url: try CanonicalURL(fields[1]), body: body, contentType: fields[2].isEmpty ? nil : fields[2]
    )
    return Entry(body: body, page: page)
  }
}

let arguments = CommandLine.arguments
let usage = "usage: bench-extract LIST ROUNDS | --items LIST | --prices CASES.jsonl"
guard arguments.count == 3 else { fail(usage) }
let reader = PageReader(limits: ExtractLimits(pageBytes: 64 << 20))
switch arguments[1] {
case "--items":
  try Accuracy.readItems(try readList(arguments[2]), reader)
  exit(0)
case "--prices":
  try Accuracy.readPrices(arguments[2])
  exit(0)
default: break
}
guard let rounds = Int(arguments[2]), rounds > 0 else { fail(usage) }
let entries = try readList(arguments[1])
var seconds: [String: [Double]] = ["read": [], "structured": [], "libxml2": []]
var products = 0
var items = 0
let options =
  HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
  | HTML_PARSE_NONET.rawValue
for round in 0...rounds {
  var start = processSeconds()
  products = 0
  for entry in entries {
    if case .product = try reader.read(entry.page).item { products += 1 }
  }
  // The first round warms the caches.
  if round > 0 { seconds["read"]!.append(processSeconds() - start) }
  start = processSeconds()
  items = 0
  for entry in entries { items += try reader.countStructuredItems(of: entry.page) }
  if round > 0 { seconds["structured"]!.append(processSeconds() - start) }
  start = processSeconds()
  for entry in entries {
    entry.body.withUnsafeBytes { bytes in
      let tree = htmlReadMemory(
        bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count), nil, "utf-8",
        Int32(bitPattern: options))
      if let tree { xmlFreeDoc(tree) }
    }
  }
  if round > 0 { seconds["libxml2"]!.append(processSeconds() - start) }
}
let bytes = entries.reduce(0) { $0 + $1.body.count }
for (step, times) in seconds.sorted(by: { $0.key < $1.key }) {
  let median = times.sorted()[times.count / 2]
  let fields = [
    "\"step\":\"\(step)\"", "\"pages\":\(entries.count)", "\"bytes\":\(bytes)",
    "\"products\":\(products)", "\"items\":\(items)", "\"cpu_s\":\(median)",
    "\"pages_per_s\":\(Double(entries.count) / median)",
    "\"mb_per_s\":\(Double(bytes) / median / 1e6)",
  ]
  print("{\(fields.joined(separator: ","))}")
}
