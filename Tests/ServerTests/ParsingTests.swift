import Catalog
import Foundation
import Testing

@testable import Server

struct ParsingTests {
  @Test func `a form's parts come apart at their boundary and nowhere else`() throws {
    let form =
      "preamble\r\n--xy\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nline\r\n--x not yet\r\n--xy \t\r\n"
      + "content-disposition: form-data; name=f; filename=\"q\\\"1.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
      + "\r\n\r\n--xy\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--xy--\r\nepilogue"
    let parts = try Multipart.parse(Array(form.utf8), boundary: "xy")
    #expect(parts.map(\.name) == ["a", "f", "empty"])
    #expect(String(decoding: parts[0].body, as: UTF8.self) == "line\r\n--x not yet")
    #expect(parts[1].fileName == "q\"1.jpg")
    #expect(parts[1].mediaType == "image/jpeg")
    #expect(Array(parts[1].body) == [13, 10])
    #expect(parts[2].body.isEmpty)
  }

  @Test func `every beginning of a form is refused, none crashes`() throws {
    let form = Array(
      "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue\r\n--b--".utf8)
    #expect(try Multipart.parse(form, boundary: "b").count == 1)
    for end in 0..<form.count {
      #expect(throws: Problem.self) { try Multipart.parse(Array(form[..<end]), boundary: "b") }
    }
  }

  @Test func `a form has a bounded number of parts and bounded headers`() {
    let part = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n"
    let many = String(repeating: part, count: 65) + "--b--"
    #expect(throws: Problem.self) { try Multipart.parse(Array(many.utf8), boundary: "b") }
    let long = "--b\r\nX: " + String(repeating: "y", count: 9000) + "\r\n\r\nx\r\n--b--"
    #expect(throws: Problem.self) { try Multipart.parse(Array(long.utf8), boundary: "b") }
  }

  @Test(arguments: [
    ("multipart/form-data; boundary=abc", "abc"),
    ("multipart/form-data; charset=utf-8; boundary=\"a b\"", "a b"),
    ("multipart/form-data", nil), ("multipart/form-data; boundary=", nil),
    ("multipart/form-data; boundary=" + String(repeating: "x", count: 71), nil),
  ])
  func `a content type names its boundary`(header: String, boundary: String?) {
    #expect(Multipart.boundary(of: header) == boundary)
  }

  @Test(arguments: [
    ("bytes=0-0", 0..<1), ("bytes=5-", 5..<10), ("bytes=-3", 7..<10), ("bytes=-99", 0..<10),
    ("bytes=8-99", 8..<10), ("bytes=3-2", nil), ("bytes=", nil), ("bytes=-", nil),
    ("bytes=0-1,4-5", nil), ("items=0-1", nil), ("bytes=a-b", nil), ("bytes=0x1-2", nil),
    ("bytes=99999999999999999999-", nil),
  ])
  func `a range lies within its picture or is no range`(header: String, range: Range<Int>?) throws {
    #expect(try ByteRange.parse(header, length: 10) == range)
  }

  @Test(arguments: ["bytes=10-", "bytes=10-20", "bytes=-0"])
  func `a range outside cannot be served`(header: String) {
    #expect(throws: Problem.self) { try ByteRange.parse(header, length: 10) }
  }

  @Test(arguments: [
    ("2026-03-01T04:05:06Z", 1_772_337_906), ("2026-03-01t04:05:06.789+02:00", 1_772_330_706),
    ("2026-03-01T04:05:06-00:30", 1_772_339_706), ("2026-03-01", 1_772_323_200),
    ("1970-01-01T00:00:00Z", 0), ("2024-02-29", 1_709_164_800), ("0001-01-01", -62_135_596_800),
  ])
  func `a moment is read as RFC 3339 writes it`(text: String, seconds: Int64) {
    #expect(Timestamp(reading: text, now: .never) == Timestamp(seconds: seconds))
  }

  @Test(arguments: [
    ("30m", 1800), ("24h", 86_400), ("7d", 604_800), ("2w", 1_209_600), ("0h", 0),
  ])
  func `an age counts back`(text: String, seconds: Int64) {
    let now = Timestamp(seconds: 2_000_000_000)
    #expect(Timestamp(reading: text, now: now) == Timestamp(seconds: 2_000_000_000 - seconds))
  }

  @Test(arguments: [
    "", "h", "-1h", "1.5h", "100001h", "1y", "2026", "2026-13-01", "2026-02-29", "2026-3-1",
    "2026-03-01T", "2026-03-01T24:00:00Z", "2026-03-01T04:05:06", "2026-03-01T04:05:06Z ",
    "2026-03-01T04:05:06.Z", "٢٠٢٦-03-01",
  ])
  func `what is no moment is refused`(text: String) {
    #expect(Timestamp(reading: text, now: .now) == nil)
  }

  @Test func `moments survive being written and read`() throws {
    for seconds in stride(from: Int64(-2_000_000_000), to: 5_000_000_000, by: 86_399 * 731) {
      let moment = Timestamp(seconds: seconds)
      #expect(Timestamp(reading: moment.description, now: .now) == moment)
    }
  }

  @Test func `a query is read as forms write it`() throws {
    var fields = Fields(known: ["a", "b", "c"])
    try fields.add(query: "a=1+2%2B&b=%C3%A9&a=x=y&c&&b=")
    #expect(fields.all("a") == ["1 2+", "x=y"])
    #expect(try fields.one("b") == "é")
    #expect(try fields.one("c") == nil)
    #expect(throws: Problem.self) { try fields.one("a") }
  }

  @Test(arguments: [
    "a=%", "a=%2", "a=%zz", "a=%ff", "d=1", "a=" + String(repeating: "x", count: 8193),
  ])
  func `a query that cannot be read is refused`(query: String) {
    #expect(throws: Problem.self) {
      var fields = Fields(known: ["a"])
      try fields.add(query: query[...])
    }
  }

  @Test func `hostile text stays one JSON string`() throws {
    let hostile = "\"\\\u{0}\u{1F}\u{2028}</script>é👗"
    var json = JSONWriter()
    json.object {
      $0.member(hostile, hostile)
      $0.member("number", Float.nan)
      $0.member("absent", String?.none)
      $0.member("list", [1, 2])
    }
    let value = try JSONDecoder().decode(Value.self, from: Data(json.bytes))
    #expect(value[hostile]?.string == hostile)
    #expect(value["number"] == .null)
    #expect(value["absent"] == .null)
    #expect(value["list"] == .array([.number(1), .number(2)]))
  }

  @Test func `tokens come back with time, and only the burst is saved up`() {
    let limiter = RateLimiter(perSecond: 2, burst: 2)
    let start = ContinuousClock.now
    #expect(limiter.admit("a", now: start) == nil)
    #expect(limiter.admit("a", now: start) == nil)
    #expect(limiter.admit("a", now: start) == 1)
    #expect(limiter.admit("b", now: start) == nil)
    #expect(limiter.admit("a", now: start + .milliseconds(500)) == nil)
    #expect(limiter.admit("a", now: start + .milliseconds(500)) == 1)
    for _ in 0..<2 { #expect(limiter.admit("a", now: start + .seconds(3600)) == nil) }
    #expect(limiter.admit("a", now: start + .seconds(3600)) == 1)
  }

  @Test func `the clients that are remembered are bounded`() {
    let limiter = RateLimiter(perSecond: 1, burst: 1)
    let start = ContinuousClock.now
    for n in 0..<(RateLimiter.maxClients + 10) { _ = limiter.admit("\(n)", now: start) }
    #expect(limiter.count <= RateLimiter.maxClients)
  }

  @Test func `a gate lets in so many and no more`() async throws {
    let gate = Gate(limit: 1)
    try await gate.pass { () async throws(Problem) in
      #expect(gate.count == 1)
      await #expect(throws: Problem.self) { try await gate.pass { () async throws(Problem) in } }
    }
    #expect(gate.count == 0)
    try await gate.pass { () async throws(Problem) in }
  }
}
