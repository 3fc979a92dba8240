// Measures the vector index on a file of fp32 vectors, one JSON object a line on stdout.
//
//     bench-index VECTORS QUERIES DIMENSION FOLDER [K…]
//
// Both files are raw little-endian fp32, row-major. `peers.py` makes them and runs the peers on the
// same data. Times are CPU time of the searching thread, median over the queries.
import Glibc
import VectorSearch

func fail(_ message: String) -> Never {
  let line = Array("bench-index: \(message)\n".utf8)
  write(STDERR_FILENO, line, line.count)
  exit(64)
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

func seconds(_ clock: clockid_t = CLOCK_THREAD_CPUTIME_ID) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

func report(_ values: KeyValuePairs<String, Double>) {
  print("{" + values.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}")
}

let arguments = CommandLine.arguments
guard arguments.count >= 5, let dimension = Int(arguments[3]) else {
  fail("usage: bench-index VECTORS QUERIES DIMENSION FOLDER [K…]")
}
let ks = arguments.count > 5 ? arguments[5...].compactMap { Int($0) } : [10, 100]
let vectors = floats(arguments[1])
let queryFloats = floats(arguments[2])
let queries = stride(from: 0, to: queryFloats.count, by: dimension).map {
  Array(queryFloats[$0..<$0 + dimension])
}
let count = vectors.count / dimension

let writer = try IndexWriter(
  folder: arguments[4], identity: IndexIdentity(model: "bench", dimension: dimension))
var start = seconds()
for first in stride(from: 0, to: count, by: 1000) {
  let last = min(first + 1000, count)
  try writer.append(
    keys: (first..<last).map { UInt64($0 + 1) },
    vectors: Array(vectors[first * dimension..<last * dimension]))
}
report(["append_ms_per_1000": (seconds() - start) * 1e6 / Double(count)])

func measure(_ name: String, _ snapshot: Snapshot) throws -> [[Hit]] {
  var answers: [[Hit]] = []
  for k in ks {
    var times: [Double] = []
    var scored = 0
    for query in queries {
      let start = seconds()
      let result = try snapshot.search(SearchRequest(query: query, k: k))
      times.append(seconds() - start)
      scored += result.statistics.scored
      answers.append(result.hits)
    }
    times.sort()
    report([
      "\(name)_k": Double(k), "ms_median": times[times.count / 2] * 1e3,
      "ms_p99": times[times.count * 99 / 100] * 1e3,
      "scored_share": Double(scored) / Double(queries.count * snapshot.count),
    ])
  }
  return answers
}

let flat = writer.snapshot
start = seconds()
try writer.compact()
report(["compact_s": seconds() - start])
start = seconds()
try writer.buildCodes()
report(["codes_us_per_vector": (seconds() - start) * 1e6 / Double(count)])
start = seconds(CLOCK_MONOTONIC)
let reader = try IndexReader(folder: arguments[4])
_ = try reader.snapshot.search(SearchRequest(query: queries[0]))
report(["open_to_first_answer_ms": (seconds(CLOCK_MONOTONIC) - start) * 1e3])
let certified = try measure("certified", reader.snapshot)
let exact = try measure("scan", flat)
report(["differences": Double(zip(certified, exact).count { $0 != $1 })])
