import Catalog
import Foundation
import Vision

/// Fingerprints photos and their edits, and looks every edit up among the photos.
///
/// `bench-duplicates EDITS.json` writes one JSON object: for each edit the photos that are taken for
/// the same picture; all pairs among photos and edits of different photos that are taken for one;
/// CPU seconds. `bench-duplicates --lookups N EDITS.json` times look-ups among N prints made of the
/// photos', each with noise of its own; `--speed EDITS.json` decodes and fingerprints the photos;
/// `--explain A B` prints how two files compare; `--codes N` times range searches among N random
/// codes of 256 bits, with appends between them; `--order EDITS.json` compares every edit with its
/// photo both ways round and looks each of them up where the other came first.
@main struct DuplicatesBench {
  struct Edits: Decodable {
    struct Edit: Decodable {
      var file: String
      var photo: Int
      var `class`: String
    }
    var photos: [String]
    var edits: [Edit]
  }

  struct Answer: Encodable {
    var matches: [[Int64]] = []
    /// Pairs of (photo or edit, photo or edit): photos first, then edits, in the order of the file.
    var pairs: [[Int64]] = []
    var files = 0
    var analysisSeconds = 0.0
    var lookups = 0
    var lookupSeconds = 0.0
    var bytes = 0
  }

  static func main() throws {
    var arguments = Array(CommandLine.arguments.dropFirst())
    switch arguments.first {
    case "--explain" where arguments.count == 3:
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      let prints = try arguments[1...].map { try print(of: $0) }
      try write(encoder.encode(Likeness(prints[0], prints[1])))
    case "--lookups" where arguments.count == 3:
      try lookups(count: Int(arguments[1]) ?? 0, try read(arguments[2]))
    case "--order" where arguments.count == 2:
      try order(try read(arguments[1]))
    case "--codes" where arguments.count == 2:
      codes(count: Int(arguments[1]) ?? 0)
    case "--speed" where arguments.count == 2:
      try speed(try read(arguments[1]))
    case .some where arguments.count == 1:
      try compare(try read(arguments.removeFirst()))
    default:
      FileHandle.standardError.write(
        Data(
          "usage: bench-duplicates [--lookups N | --speed | --order] EDITS.json | --explain A B | --codes N\n"
            .utf8))
      exit(64)
    }
  }

  private static func read(_ path: String) throws -> Edits {
    try JSONDecoder().decode(Edits.self, from: Data(contentsOf: URL(filePath: path)))
  }

  private static func write(_ data: Data) {
    FileHandle.standardOutput.write(data + Data("\n".utf8))
  }

  private static func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path)))
  }

  private static func print(of path: String) throws -> Fingerprint {
    Fingerprint(of: try PictureAnalysis.picture(of: try bytes(path)))
  }

  private static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func compare(_ input: Edits) throws {
    var answer = Answer()
    let start = cpuSeconds()
    let photos = try input.photos.map { try print(of: $0) }
    let edits = try input.edits.map { try print(of: $0.file) }
    answer.files = photos.count + edits.count
    answer.analysisSeconds = cpuSeconds() - start
    answer.bytes = photos.first?.bytes.count ?? 0
    var index = DuplicateIndex()
    for (id, print) in photos.enumerated() { index.add(id: Int64(id), print) }
    let lookup = cpuSeconds()
    answer.matches = edits.map { index.matches(of: $0) }
    answer.lookups = edits.count
    answer.lookupSeconds = cpuSeconds() - lookup
    // Everything among everything: what a catalog that holds all edits would link.
    let own = Array(photos.indices) + input.edits.map(\.photo)
    let isCopy = photos.map { _ in true } + input.edits.map { $0.class != "other" }
    let all = photos + edits
    for (id, print) in edits.enumerated() where isCopy[photos.count + id] {
      index.add(id: Int64(photos.count + id), print)
    }
    for (id, print) in all.enumerated() where isCopy[id] {
      for match in index.matches(of: print)
      where match < Int64(id) && own[Int(match)] != own[id] {
        answer.pairs.append([match, Int64(id)])
      }
    }
    write(try JSONEncoder().encode(answer))
  }

  /// Prints whose quarters are those of four photos, any of them mirrored: as contrasty as photos are,
  /// and as many as are asked for.
  private static func lookups(count: Int, _ input: Edits) throws {
    let prints = try input.photos.map { try print(of: $0) }
    var random = SystemRandomNumberGenerator()
    func mosaic(_ planes: [[UInt8]], _ side: Int, _ flips: [Bool], _ part: Int) -> [UInt8] {
      (0..<side * side).map { i in
        let (x, y) = (i % side, i / side)
        let quarter = y * 2 / side * 2 + x * 2 / side
        let column = flips[quarter] ? side - 1 - x : x
        return planes[quarter][part * side * side + y * side + column]
      }
    }
    var index = DuplicateIndex()
    var adding = 0.0
    for i in 0..<count {
      let four = (0..<4).map { _ in prints[Int.random(in: 0..<prints.count, using: &random)] }
      let flips = (0..<4).map { _ in Bool.random(using: &random) }
      var print = four[0]
      print.luma = mosaic(four.map(\.luma), 32, flips, 0)
      print.colour =
        mosaic(four.map(\.colour), 16, flips, 0) + mosaic(four.map(\.colour), 16, flips, 1)
      let start = cpuSeconds()
      index.add(id: Int64(i), print)
      adding += cpuSeconds() - start
    }
    var times: [Double] = []
    for print in prints.prefix(400) {
      let begin = cpuSeconds()
      _ = index.matches(of: print)
      times.append(cpuSeconds() - begin)
    }
    times.sort()
    Swift.print(
      "{\"count\": \(count), \"add_us\": \(adding / Double(max(1, count)) * 1e6), "
        + "\"lookup_us_p50\": \(times[times.count / 2] * 1e6), "
        + "\"lookup_us_p95\": \(times[times.count * 95 / 100] * 1e6)}")
  }

  private static func order(_ input: Edits) throws {
    let photos = try input.photos.map { try print(of: $0) }
    func isFound(_ one: Fingerprint, after other: Fingerprint) -> Bool {
      var index = DuplicateIndex()
      index.add(id: 0, other)
      return index.matches(of: one) == [0]
    }
    var (same, differing, found, once) = (0, 0, 0, 0)
    for edit in input.edits {
      let (one, other) = (try print(of: edit.file), photos[edit.photo])
      let verdicts = [Likeness(one, other), Likeness(other, one)].map(\.isSamePicture)
      let finds = [isFound(one, after: other), isFound(other, after: one)]
      same += verdicts.contains(true) ? 1 : 0
      differing += verdicts[0] == verdicts[1] ? 0 : 1
      found += finds.contains(true) ? 1 : 0
      once += finds[0] == finds[1] ? 0 : 1
    }
    Swift.print(
      "{\"pairs\": \(input.edits.count), \"same\": \(same), "
        + "\"verdicts_that_differ\": \(differing), \"found\": \(found), "
        + "\"found_in_one_order_alone\": \(once)}")
  }

  private static func speed(_ input: Edits) throws {
    let files = try input.photos.map { try bytes($0) }
    var best = Double.infinity
    for _ in 0..<5 {
      let start = cpuSeconds()
      for file in files {
        _ = Fingerprint(of: try Picture(decoding: file, atLeast: 48))
      }
      best = min(best, cpuSeconds() - start)
    }
    Swift.print("{\"pictures_per_cpu_second\": \(Double(files.count) / best)}")
  }

  /// Codes around which queries lie at 0 to 31 bits, the rest random; one code is appended after each
  /// query.
  private static func codes(count: Int) {
    var random = SystemRandomNumberGenerator()
    func code() -> [UInt64] { (0..<4).map { _ in UInt64.random(in: 0 ... .max, using: &random) } }
    var index = BinaryCodes(words: 4)
    let many = (0..<count * 4).map { _ in UInt64.random(in: 0 ... .max, using: &random) }
    var start = cpuSeconds()
    index.append(contentsOf: many)
    let building = cpuSeconds() - start
    var (searching, appending, found) = (0.0, 0.0, 0)
    let queries = 4_000
    for i in 0..<queries {
      var query = Array(many[4 * i..<4 * i + 4])
      for bit in 0..<i % 32 { query[bit % 4] ^= 1 << UInt64(bit * 7 % 64) }
      start = cpuSeconds()
      let places = index.places(within: 31, of: query)
      searching += cpuSeconds() - start
      found += places.contains(UInt32(i)) ? 1 : 0
      let new = code()
      start = cpuSeconds()
      index.append(new)
      appending += cpuSeconds() - start
    }
    Swift.print(
      "{\"count\": \(count), \"build_s\": \(building), "
        + "\"search_us\": \(searching / Double(queries) * 1e6), "
        + "\"append_us\": \(appending / Double(queries) * 1e6), "
        + "\"recall\": \(Double(found) / Double(queries)), "
        + "\"bytes_a_code\": \(Double(index.size) / Double(index.count))}")
  }
}
