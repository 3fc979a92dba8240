import Hummingbird

/// What a route answers.
struct Answer: Sendable {
  var status = 200
  var mediaType: String
  var body: [UInt8]
  var headers: [(name: FieldName, value: String)] = []
  /// What went wrong in parts of it: for the log, never for the client.
  var causes: [String] = []

  init(
    _ mediaType: String, _ body: [UInt8], headers: [(name: FieldName, value: String)] = []
  ) {
    self.mediaType = mediaType
    self.body = body
    self.headers = headers
  }

  /// JSON that is written by `members`; never stored by caches without asking again.
  static func json<Failure: Error>(
    _ members: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) -> Answer {
    var json = JSONWriter()
    try json.object(members)
    return Answer("application/json", json.bytes, headers: [(.cacheControl, "no-cache")])
  }

  init(_ problem: Problem) {
    var json = JSONWriter()
    problem.write(to: &json)
    self.init("application/problem+json", json.bytes, headers: [(.cacheControl, "no-store")])
    status = problem.code.status
    if let seconds = problem.retryAfter { headers.append((.retryAfter, String(seconds))) }
    if !problem.allowed.isEmpty {
      headers.append((.allow, problem.allowed.joined(separator: ", ")))
    }
    if let length = problem.length { headers.append((.contentRange, "bytes */\(length)")) }
  }

  func response(isHead: Bool) -> Response {
    var fields = HTTPFields()
    for (name, value) in headers { fields[name] = value }
    if status != 304 { fields[.contentType] = mediaType }
    let response = Response(
      status: .init(code: status), headers: fields, body: .init(byteBuffer: ByteBuffer(bytes: body))
    )
    return isHead ? response.createHeadResponse() : response
  }
}

/// The name of a header field.
typealias FieldName = HTTPFields.Element.Name
