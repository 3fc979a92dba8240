import Foundation
import Glibc
import Support
import Testing

@testable import VectorSearch

struct CrashTests {
  private let folder = TemporaryFolder()
  private var element = VectorElement.f32
  private var identity: IndexIdentity {
    get throws { try IndexIdentity(model: "m", dimension: 8, element: element) }
  }

  private enum Step {
    case append([UInt64], [[Float]])
    case delete([UInt64])
    case compact
    case tend
  }

  /// Appends, replacements and deletes over several segments, with a compaction and merges among
  /// them.
  private var steps: [Step] {
    var source = VectorSource(dimension: 8, seed: 9)
    return (0..<18).map { round in
      switch round {
      case 4, 11: .delete([UInt64(round), 3])
      case 8: .compact
      case 6, 13, 16: .tend
      default: .append([UInt64(round), UInt64(round) + 1, 3], source.vectors(3))
      }
    }
  }

  private func open(_ path: String, _ disk: Disk = FaultyDisk.unsynced) throws -> IndexWriter {
    try IndexWriter(
      folder: path, identity: identity, segmentLimit: 1100, sealingCount: 2, disk: disk)
  }

  private func perform(_ step: Step, on writer: IndexWriter) throws {
    switch step {
    case .append(let keys, let rows): try writer.append(keys, rows)
    case .delete(let keys): try writer.delete(keys: keys)
    case .compact: try writer.compact()
    case .tend: try writer.tend()
    }
  }

  private func perform(_ step: Step, on oracle: inout Oracle) {
    switch step {
    case .append(let keys, let rows): oracle.append(keys, rows)
    case .delete(let keys): oracle.delete(keys)
    case .compact, .tend: break
    }
  }

  /// Works on a faulty disk until it stops: how many steps were acknowledged, and the index then.
  private func work(_ path: String, _ disk: Disk) -> (done: Int, acknowledged: Oracle) {
    var oracle = Oracle(element: element)
    var done = 0
    guard let writer = try? open(path, disk) else { return (0, oracle) }
    for step in steps {
      guard (try? perform(step, on: writer)) != nil else { break }
      perform(step, on: &oracle)
      done += 1
    }
    return (done, oracle)
  }

  /// The index in `path` holds what was acknowledged, with or without the step under way, and
  /// takes the rest of the work.
  private func checkRecovery(_ path: String, done: Int, _ acknowledged: Oracle) throws {
    let writer = try open(path)
    var under = acknowledged
    if done < steps.count { perform(steps[done], on: &under) }
    let contents = writer.snapshot.contents
    #expect(contents == acknowledged.vectors || contents == under.vectors)
    #expect(try IndexReader(folder: path).snapshot.contents == contents)
    var oracle = acknowledged
    for step in steps[done...] {
      try perform(step, on: writer)
      perform(step, on: &oracle)
    }
    #expect(writer.snapshot.contents == oracle.vectors)
    #expect(try IndexReader(folder: path).snapshot.contents == oracle.vectors)
  }

  @Test func `the work that is interrupted below merges segments more than once`() throws {
    let writer = try open(folder.path + "/index")
    var merges = 0
    for step in steps {
      guard case .tend = step else {
        try perform(step, on: writer)
        continue
      }
      merges += try writer.tend().merges
    }
    #expect(merges > 1)
  }

  /// Two segments too large to be one; the second is sealed by the tending that is interrupted.
  private func openCoded(_ path: String, _ disk: Disk = FaultyDisk.unsynced) throws -> IndexWriter {
    try IndexWriter(
      folder: path, identity: IndexIdentity(model: "m", dimension: 64, element: element),
      segmentLimit: 1 << 20, mergedLimit: 400 * 64 * 4, sealingCount: 200, disk: disk)
  }

  @Test(arguments: [VectorElement.f32, .i8])
  mutating func `codes and gaps that were not finished are made anew`(
    element: VectorElement
  ) throws {
    self.element = element
    var source = VectorSource(dimension: 64, seed: 10)
    var oracle = Oracle(element: element)
    let base = folder.path + "/base"
    func fill(_ writer: IndexWriter) throws {
      for first in [1, 1001] as [UInt64] {
        let (keys, rows) = (Array(first..<first + 300), source.vectors(300))
        try writer.append(keys, rows)
        oracle.append(keys, rows)
        if first == 1 { try writer.tend() }
      }
    }
    try fill(openCoded(base))
    let request = SearchRequest(query: source.uniform(), k: 20)
    var calls = 0
    while true {
      let path = folder.path + "/\(calls)"
      try FileManager.default.copyItem(atPath: base, toPath: path)
      let faulty = FaultyDisk(stopAt: calls, stop: .halfway)
      if let writer = try? openCoded(path, faulty.disk) { _ = try? writer.tend() }
      #expect(try IndexReader(folder: path).snapshot.search(request).hits == oracle.hits(request))
      let writer = try openCoded(path)
      try writer.tend()
      #expect(writer.snapshot.codedSegments.count == 2)
      #expect(writer.snapshot.probes != nil)
      #expect(writer.snapshot.contents == oracle.vectors)
      #expect(try writer.snapshot.search(request).hits == oracle.hits(request))
      if !faulty.hasStopped { break }
      calls += 1
    }
    // Five calls seal a segment, four write its codes, four the gaps.
    #expect(calls >= 13)
  }

  @Test(
    arguments: [(FaultyDisk.Stop.before, VectorElement.f32)]
      + VectorElement.allCases.map { (.halfway, $0) })
  mutating func `a writer killed at any call loses and doubles nothing`(
    stop: FaultyDisk.Stop, element: VectorElement
  ) throws {
    self.element = element
    var calls = 0
    while true {
      let path = folder.path + "/\(stop)-\(calls)"
      let faulty = FaultyDisk(stopAt: calls, stop: stop)
      let (done, acknowledged) = work(path, faulty.disk)
      try checkRecovery(path, done: done, acknowledged)
      if !faulty.hasStopped { break }
      calls += 1
    }
    #expect(calls > 3 * steps.count)
  }

  @Test(arguments: [VectorElement.f32, .i8])
  mutating func `a power cut at any call loses nothing that was acknowledged`(
    element: VectorElement
  ) throws {
    self.element = element
    var calls = 0
    while true {
      let faulty = FaultyDisk(stopAt: calls)
      let (done, acknowledged) = work(folder.path + "/\(calls)", faulty.disk)
      let after = folder.path + "/after-\(calls)"
      try faulty.restoreAfterPowerCut(to: after)
      try checkRecovery(after, done: done, acknowledged)
      if !faulty.hasStopped { break }
      calls += 1
    }
  }

  @Test func `a recovery that is killed is recovered again`() throws {
    let path = folder.path + "/index"
    try open(path).append([1, 2], VectorSource(dimension: 8, seed: 1).firstVectors(2))
    let file = try segmentFile(path)
    let torn = try Data(contentsOf: URL(filePath: file)) + [UInt8](repeating: 7, count: 100)
    for calls in 0..<5 {
      try replaceLog(path, with: torn)
      #expect(throws: IndexError.self) { try open(path, FaultyDisk(stopAt: calls).disk) }
    }
    #expect(try open(path).snapshot.keys == [1, 2])
  }

  @Test func `a writer whose disk failed takes nothing more`() throws {
    let rows = VectorSource(dimension: 8, seed: 1).firstVectors(2)
    let probe = FaultyDisk(stopAt: .max)
    _ = try open(folder.path + "/probe", probe.disk)
    let writer = try open(folder.path + "/index", FaultyDisk(stopAt: probe.calls).disk)
    let error = try #require(
      #expect(throws: IndexError.self) { try writer.append([1], [rows[0]]) })
    #expect(throws: error) { try writer.append([2], [rows[1]]) }
    #expect(throws: error) { try writer.compact() }
    #expect(writer.snapshot.count == 0)
  }

  // MARK: The bytes of the log

  /// Three records, the lengths of the log after each, and its bytes.
  private func log() throws -> (path: String, ends: [Int], bytes: [UInt8], rows: [[Float]]) {
    let path = folder.path + "/log"
    let rows = VectorSource(dimension: 8, seed: 1).firstVectors(3)
    let writer = try IndexWriter(folder: path, identity: identity)
    var ends: [Int] = []
    for (i, row) in rows.enumerated() {
      try writer.append([UInt64(i)], [row])
      ends.append(try Data(contentsOf: URL(filePath: segmentFile(path))).count)
    }
    return (path, ends, Array(try Data(contentsOf: URL(filePath: segmentFile(path)))), rows)
  }

  private func segmentFile(_ path: String) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    return path + "/" + (try #require(names.first { $0.hasPrefix("segment-") }))
  }

  private func replaceLog(_ path: String, with bytes: some Sequence<UInt8>) throws {
    try Data(bytes).write(to: URL(filePath: segmentFile(path)))
  }

  @Test(arguments: VectorElement.allCases)
  mutating func `a log cut at any byte of its last record loses that record only`(
    element: VectorElement
  ) throws {
    self.element = element
    let (path, ends, bytes, rows) = try log()
    for cut in ends[1]..<ends[2] {
      let lost = [UInt8](repeating: 0, count: ends[2] - cut)
      for tail in [[], lost] {
        // A tail of zeros that the record ends with anyway is a whole record.
        let torn = bytes[..<cut] + tail
        let isWhole = torn.elementsEqual(bytes)
        try replaceLog(path, with: torn)
        #expect(
          try IndexReader(folder: path).snapshot.keys == (isWhole ? [0, 1, 2] : [0, 1]))
        let writer = try open(path)
        #expect(writer.snapshot.keys == (isWhole ? [0, 1, 2] : [0, 1]))
        try writer.append([2], [rows[2]])
        #expect(try IndexReader(folder: path).snapshot.keys == [0, 1, 2])
      }
    }
  }

  @Test(arguments: VectorElement.allCases)
  mutating func `a damaged byte before the last record is an error, never a cut`(
    element: VectorElement
  ) throws {
    self.element = element
    let (path, ends, bytes, _) = try log()
    let file = try segmentFile(path)
    for place in ends[0]..<ends[1] {
      var damaged = bytes
      damaged[place] ^= 0x10
      try replaceLog(path, with: damaged)
      let expected = IndexError.corrupt(
        file: file, offset: ends[0], reason: "a record's checksum or order")
      #expect(throws: expected) { try IndexReader(folder: path) }
      #expect(throws: expected) { try IndexWriter(folder: path, identity: identity) }
      #expect(Array(try Data(contentsOf: URL(filePath: file))) == damaged)
    }
  }

  @Test func `an index without its manifest is refused and stays as it is`() throws {
    let (path, _, _, rows) = try log()
    let manifest = path + "/MANIFEST"
    let aside = folder.path + "/aside"
    try FileManager.default.moveItem(atPath: manifest, toPath: aside)
    let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    let segment = try #require(names.first { $0.hasPrefix("segment-") })
    let expected = IndexError.corrupt(
      file: manifest, offset: 0, reason: "it is missing beside \(segment)")
    #expect(throws: expected) { try IndexReader(folder: path) }
    #expect(throws: expected) { try IndexWriter(folder: path, identity: identity) }
    #expect(throws: expected) { try IndexIdentity.ofIndex(in: path) }
    #expect(throws: expected) { try IndexCheck.run(folder: path, queries: 1) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: path).sorted() == names)
    try FileManager.default.moveItem(atPath: aside, toPath: manifest)
    #expect(try open(path).snapshot.keys == [0, 1, 2])
    // Of one that was never finished nothing is lost.
    try FileManager.default.removeItem(atPath: manifest)
    try replaceLog(path, with: Data(contentsOf: URL(filePath: segmentFile(path))).prefix(64))
    #expect(try IndexReader(folder: path).snapshot.identity == nil)
    try open(path).append([5], [rows[0]])
    #expect(try IndexReader(folder: path).snapshot.keys == [5])
  }

  @Test func `a segment that is missing is told as damage`() throws {
    let path = folder.path + "/index"
    do {
      let writer = try open(path)
      for (i, row) in VectorSource(dimension: 8, seed: 1).firstVectors(30).enumerated() {
        try writer.append([UInt64(i)], [row])
      }
      #expect(writer.snapshot.segments.count > 2)
    }
    let file = try segmentFile(path)
    try FileManager.default.removeItem(atPath: file)
    let expected = IndexError.missing(file)
    #expect(throws: expected) { try IndexReader(folder: path) }
    #expect(throws: expected) { try open(path) }
    #expect("\(expected)".contains("it is missing"))
    #expect("\(expected)".contains("vitrine index rebuild"))
    #expect(
      IndexError.io(call: "pwrite", path: "a", code: ENOSPC).description
        == "pwrite of a failed: No space left on device")
  }

  @Test func `a damaged manifest or segment header is an error`() throws {
    let (path, _, bytes, _) = try log()
    for place in 0..<64 {
      var damaged = bytes
      damaged[place] ^= 1
      try replaceLog(path, with: damaged)
      #expect(throws: IndexError.self) { try IndexReader(folder: path) }
    }
    try replaceLog(path, with: bytes)
    let manifest = URL(filePath: path + "/MANIFEST")
    let whole = Array(try Data(contentsOf: manifest))
    for place in whole.indices {
      var damaged = whole
      damaged[place] ^= 1
      try Data(damaged).write(to: manifest)
      #expect(throws: IndexError.self) { try IndexReader(folder: path) }
      try Data(whole[..<place]).write(to: manifest)
      #expect(throws: IndexError.self) { try IndexWriter(folder: path, identity: identity) }
    }
  }
}

extension VectorSource {
  func firstVectors(_ count: Int) -> [[Float]] {
    var copy = self
    return copy.vectors(count)
  }
}
