// One index under measurement, driven by `bench.py` through lines on stdin; each is answered by one
// JSON object on stdout. Times are seconds; "cpu" is that of the calling thread.
//
//     load PATH               append the rows of a file of raw fp32, a thousand at a time
//     tend                    compact, and compute what searches are fast by
//     grow                    what is due as an index grows, and nothing else
//     open [BUDGET]           open the index anew, as another process would, with so many bytes of memory
//                             (none), and answer once
//     avx2                    use no wider instructions from now on
//     queries PATH            take the rows of a file of raw fp32 as queries
//     search K FROM COUNT [R] [T] answer queries one by one, with recall R or, where that is 1, exactly,
//                             with T threads a query
//     batch K FROM COUNT      answer them exactly, all in one call
//     ranks PATH LIMIT OUT    put the first LIMIT of a file of fp32 scores in order, row numbers to OUT
//     append COUNT RATE OUT   append rows of the queries one by one, RATE a second; when each began and
//                             was durable to OUT (fp64 pairs)
//     follow FROM TO OUT      refresh and search until TO vectors are there; when each after FROM came
//                             to OUT (fp64)
//     answers PATH            write the hits of all searches since: u32 key − 1, fp32 score
//     quit
//
// Usage: bench-index FOLDER DIMENSION [f32 | f16 | i8]
import CKernels
import Glibc
import VectorSearch

func fail(_ message: String) -> Never {
  let line = Array("bench-index: \(message)\n".utf8)
  write(STDERR_FILENO, line, line.count)
  exit(64)
}

func seconds(_ clock: clockid_t) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

func floats(_ path: String) -> [Float] {
  guard let file = fopen(path, "rb") else { fail("cannot read \(path)") }
  defer { fclose(file) }
  fseek(file, 0, SEEK_END)
  let count = ftell(file) / 4
  rewind(file)
  return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
    initialized = fread(buffer.baseAddress, 4, count, file)
  }
}

/// Kilobytes of a line of `/proc/self/status`.
func status(_ name: String) -> Int {
  guard let file = fopen("/proc/self/status", "r") else { fail("no /proc") }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  while fgets(&line, 256, file) != nil {
    let words = String(
      decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self
    )
    .split(whereSeparator: \.isWhitespace)
    if words.first == "\(name):", words.count > 1 { return Int(words[1]) ?? 0 }
  }
  return 0
}

struct Bench {
  let folder: String
  let identity: IndexIdentity
  var dimension: Int { identity.dimension }
  var writer: IndexWriter?
  var reader: IndexReader?
  var queries: [[Float]] = []
  var hits: [(key: UInt32, score: Float)] = []

  /// Runs `body` and says how long it took.
  private func timed(_ body: () throws -> Void) rethrows -> (cpu: Double, wall: Double) {
    let cpu = seconds(CLOCK_THREAD_CPUTIME_ID)
    let wall = seconds(CLOCK_MONOTONIC)
    try body()
    return (seconds(CLOCK_THREAD_CPUTIME_ID) - cpu, seconds(CLOCK_MONOTONIC) - wall)
  }

  mutating func run(_ words: [String]) throws -> String {
    switch (words[0], words.dropFirst().compactMap { Int($0) }) {
    case ("load", _): return try load(words[1])
    case ("tend", _):
      let writer = try openWriter()
      let took = try timed {
        try writer.compact()
        try writer.buildCodes()
        try writer.tend()
      }
      self.writer = nil
      return object(["cpu": took.cpu, "wall": took.wall])
    case ("grow", _):
      let writer = try openWriter()
      var merged = 0
      let took = try timed { merged = try writer.tend().merged }
      let cells = writer.snapshot.shape.compactMap(\.cells)
      return object([
        "cpu": took.cpu, "wall": took.wall, "merged": Double(merged),
        "segments": Double(writer.snapshot.shape.count),
        "imbalance": cells.map(\.imbalance).max() ?? 0,
      ])
    case ("open", let numbers):
      reader = nil
      let before = status("VmRSS")
      let took = try timed {
        reader = try IndexReader(folder: folder, memory: MemoryBudget(numbers.first ?? 0))
        _ = try reader?.snapshot.search(SearchRequest(query: queries[0]))
      }
      return object([
        "cpu": took.cpu, "wall": took.wall, "rss_bytes_before": Double(before) * 1024,
        "count": Double(reader?.snapshot.count ?? 0),
      ])
    case ("avx2", _):
      vitrine_limit(VITRINE_AVX2)
      return object([:])
    case ("queries", _):
      let values = floats(words[1])
      queries = stride(from: 0, to: values.count, by: dimension).map {
        Array(values[$0..<$0 + dimension])
      }
      return object(["count": Double(queries.count)])
    case ("search", let numbers) where numbers.count >= 3:
      return try search(
        k: numbers[0], range: numbers[1]..<numbers[1] + numbers[2],
        recall: words.count > 4 ? Double(words[4]) : nil,
        threads: words.count > 5 ? Int(words[5]) ?? 1 : 1)
    case ("batch", let numbers) where numbers.count >= 3:
      return try batch(k: numbers[0], range: numbers[1]..<numbers[1] + numbers[2])
    case ("ranks", let numbers) where words.count > 3 && !numbers.isEmpty:
      return rank(floats(words[1]), limit: numbers[0], to: words[3])
    case ("append", let numbers) where words.count > 3 && numbers.count >= 2:
      return try append(numbers[0], rate: Double(numbers[1]), to: words[3])
    case ("follow", let numbers) where words.count > 3 && numbers.count >= 2:
      return try follow(from: numbers[0], to: numbers[1], file: words[3])
    case ("follow", let numbers) where numbers.count == 1:
      return try follow(from: 0, to: .max, searches: numbers[0])
    case ("answers", _):
      guard let file = fopen(words[1], "wb") else { fail("cannot write \(words[1])") }
      hits.withUnsafeBytes { _ = fwrite($0.baseAddress, 1, $0.count, file) }
      fclose(file)
      defer { hits = [] }
      return object(["count": Double(hits.count)])
    default: fail("unknown: \(words.joined(separator: " "))")
    }
  }

  private mutating func openWriter() throws -> IndexWriter {
    if let writer { return writer }
    let opened = try IndexWriter(folder: folder, identity: identity)
    writer = opened
    return opened
  }

  private mutating func load(_ path: String) throws -> String {
    let vectors = floats(path)
    let writer = try openWriter()
    let first = writer.snapshot.count
    let count = vectors.count / dimension
    let took = try timed {
      for start in stride(from: 0, to: count, by: 1000) {
        let end = min(start + 1000, count)
        try writer.append(
          keys: (start..<end).map { UInt64(first + $0 + 1) },
          vectors: Array(vectors[start * dimension..<end * dimension]))
      }
    }
    return object(["cpu": took.cpu, "wall": took.wall, "count": Double(count)])
  }

  private mutating func search(
    k: Int, range: Range<Int>, recall: Double?, threads: Int
  ) throws -> String {
    guard let snapshot = reader?.snapshot else { fail("search before open") }
    var times: [(cpu: Double, wall: Double)] = []
    var statistics: [SearchStatistics] = []
    for query in queries[range] {
      var result: SearchResult?
      var request = SearchRequest(query: query, k: k, recall: recall)
      request.threads = threads
      times.append(try timed { result = try snapshot.search(request) })
      guard let result else { continue }
      statistics.append(result.statistics)
      hits += result.hits.map { (UInt32($0.key - 1), $0.score) }
    }
    let count = Double(statistics.count)
    return "{\"cpu\": \(times.map(\.cpu)), \"wall\": \(times.map(\.wall)),"
      + " \"scanned\": \(Double(statistics.reduce(0) { $0 + $1.scanned }) / count),"
      + " \"scored\": \(Double(statistics.reduce(0) { $0 + $1.scored }) / count),"
      + " \"probed\": \(Double(statistics.reduce(0) { $0 + $1.probed }) / count),"
      + " \"refined\": \(Double(statistics.reduce(0) { $0 + $1.refined }) / count),"
      + " \"rss_bytes\": \(status("VmRSS") * 1024), \"anon_bytes\": \(status("RssAnon") * 1024)}"
  }

  private mutating func batch(k: Int, range: Range<Int>) throws -> String {
    guard let snapshot = reader?.snapshot else { fail("batch before open") }
    var results: [SearchResult] = []
    let took = try timed {
      results = try snapshot.search(queries[range].map { SearchRequest(query: $0, k: k) })
    }
    hits += results.flatMap(\.hits).map { (UInt32($0.key - 1), $0.score) }
    return object(["cpu": took.cpu, "wall": took.wall])
  }

  private func rank(_ scores: [Float], limit: Int, to path: String) -> String {
    let keys = Array(0..<UInt64(scores.count))
    var order = [UInt32](repeating: 0, count: scores.count)
    let took = timed {
      _ = vitrine_rank(scores, keys, scores.count, limit, &order)
    }
    guard let file = fopen(path, "wb") else { fail("cannot write \(path)") }
    order.withUnsafeBytes { _ = fwrite($0.baseAddress, 4, limit, file) }
    fclose(file)
    return object(["cpu": took.cpu, "wall": took.wall])
  }

  private mutating func append(_ count: Int, rate: Double, to path: String) throws -> String {
    let writer = try openWriter()
    let first = UInt64(writer.snapshot.count + 1)
    var times: [Double] = []
    let cpu = seconds(CLOCK_THREAD_CPUTIME_ID)
    let start = seconds(CLOCK_MONOTONIC)
    for i in 0..<count {
      let due = start + Double(i) / rate
      let wait = due - seconds(CLOCK_MONOTONIC)
      if wait > 0 { usleep(UInt32(wait * 1e6)) }
      times.append(seconds(CLOCK_MONOTONIC))
      try writer.append(keys: [first + UInt64(i)], vectors: queries[i % queries.count])
      times.append(seconds(CLOCK_MONOTONIC))
    }
    save(times, to: path)
    return object(["cpu": seconds(CLOCK_THREAD_CPUTIME_ID) - cpu])
  }

  /// Looks for news and searches every millisecond or so, until the vectors or the searches have come.
  private mutating func follow(
    from first: Int, to end: Int, searches most: Int = .max, file path: String? = nil
  ) throws -> String {
    let reader = try IndexReader(folder: folder)
    var seen = first
    var came: [Double] = []
    var times: [(cpu: Double, wall: Double)] = []
    while seen < end, times.count < most {
      if try reader.refresh() {
        let now = seconds(CLOCK_MONOTONIC)
        while seen < reader.snapshot.count {
          came.append(now)
          seen += 1
        }
      }
      let snapshot = reader.snapshot
      let request = SearchRequest(query: queries[times.count % queries.count], recall: 0.95)
      times.append(try timed { _ = try snapshot.search(request) })
      usleep(1000)
    }
    if let path { save(came, to: path) }
    return "{\"cpu\": \(times.map(\.cpu)), \"wall\": \(times.map(\.wall))}"
  }

  private func save(_ values: [Double], to path: String) {
    guard let file = fopen(path, "wb") else { fail("cannot write \(path)") }
    values.withUnsafeBytes { _ = fwrite($0.baseAddress, 1, $0.count, file) }
    fclose(file)
  }

  private func object(_ values: KeyValuePairs<String, Double>) -> String {
    "{" + values.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
  }
}

let arguments = CommandLine.arguments
guard (3...4).contains(arguments.count), let dimension = Int(arguments[2]),
  let element = VectorElement(rawValue: arguments.count > 3 ? arguments[3] : "f32")
else { fail("usage: bench-index FOLDER DIMENSION [f32 | f16 | i8]") }
var bench = Bench(
  folder: arguments[1],
  identity: try IndexIdentity(model: "bench", dimension: dimension, element: element))
while let line = readLine(), line != "quit" {
  print(try bench.run(line.split(separator: " ").map(String.init)))
  fflush(nil)
}
