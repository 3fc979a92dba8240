import Catalog
import Testing
import Transport

struct HTTPDateTests {
  @Test(arguments: [
    "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    "Sun, 6 Nov 1994 08:49:37 UTC",
  ])
  func `the three formats name one moment`(_ text: String) {
    #expect(HTTPDate.parse(text) == Timestamp(seconds: 784_111_777))
  }

  @Test func `leap days and the end of a year are counted`() {
    #expect(HTTPDate.parse("Thu, 01 Jan 1970 00:00:00 GMT") == Timestamp(seconds: 0))
    #expect(HTTPDate.parse("Tue, 29 Feb 2028 23:59:59 GMT") == Timestamp(seconds: 1_835_481_599))
    #expect(HTTPDate.parse("Fri, 31 Dec 2032 00:00:00 GMT") == Timestamp(seconds: 1_988_064_000))
  }

  @Test(arguments: [
    "", "0", "tomorrow", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 08:49:37 PST",
    "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Now 1994 08:49:37 GMT", "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
  ])
  func `what is no date is none`(_ text: String) {
    #expect(HTTPDate.parse(text) == nil)
  }

  private let now = Timestamp(seconds: 784_111_777)

  private func pause(_ fields: [(name: String, value: String)]) -> Duration? {
    ResponseHead(status: 503, headers: HTTPHeaders(fields)).retryAfter(now: now)
  }

  @Test func `Retry-After is seconds or a date`() {
    #expect(pause([]) == nil)
    #expect(pause([("retry-after", "120")]) == .seconds(120))
    #expect(pause([("Retry-After", "Sun, 06 Nov 1994 08:50:37 GMT")]) == .seconds(60))
    #expect(pause([("Retry-After", "Sun, 06 Nov 1994 08:00:00 GMT")]) == .zero)
    #expect(pause([("Retry-After", "-5")]) == nil)
    #expect(pause([("Retry-After", "soon")]) == nil)
    #expect(pause([("Retry-After", "99999999999999")]) == .seconds(366 * 86_400))
  }

  @Test func `a Retry-After date is read by the clock that wrote it`() {
    let fields = [
      (name: "Date", value: "Tue, 29 Feb 2028 23:59:00 GMT"),
      (name: "Retry-After", value: "Tue, 29 Feb 2028 23:59:59 GMT"),
    ]
    #expect(pause(fields) == .seconds(59))
  }
}
