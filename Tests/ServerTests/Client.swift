import Foundation
import Support
import Testing
import Vision

/// A small HTTP/1.1 client that sends exactly what it is told, on threads of its own.
struct Client: Sendable {
  struct Reply: Sendable {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    /// Whether the body was asked for before.
    var wasInvited = false

    /// The first header of the name, whose case does not matter.
    subscript(name: String) -> String? {
      headers.first { $0.name.caseInsensitiveCompare(name) == .orderedSame }?.value
    }

    /// Seconds.
    var retryAfter: Int? { self["Retry-After"].flatMap { Int($0) } }

    var text: String { String(decoding: body, as: UTF8.self) }

    func json() throws -> Value { try JSONDecoder().decode(Value.self, from: Data(body)) }

    /// The problem's code, where the answer is one.
    var code: String? { try? json()["code"]?.string }
  }

  let port: Int
  private static let lane = ComputeLane(name: "client", threads: 8)

  func get(_ target: String, headers: [(String, String)] = []) async throws -> Reply {
    try await send("GET", target, headers: headers)
  }

  func post(_ target: String, _ type: String, _ body: [UInt8]) async throws -> Reply {
    try await send("POST", target, headers: [("Content-Type", type)], body: body)
  }

  func search(_ body: String, query: String = "") async throws -> Reply {
    try await post("/v1/search\(query)", "application/json", Array(body.utf8))
  }

  /// The first answer that is as wanted, as what the server follows arrives; the last one otherwise.
  func settled(_ body: String, until isThere: (Value) -> Bool) async throws -> Value {
    for _ in 0..<2000 {
      let answer = try await search(body).json()
      if isThere(answer) { return answer }
      try await Task.sleep(for: .milliseconds(2))
    }
    return try await search(body).json()
  }

  func send(
    _ method: String, _ target: String, headers: [(String, String)] = [], body: [UInt8]? = nil
  ) async throws -> Reply {
    var head = "\(method) \(target) HTTP/1.1\r\nConnection: close\r\n"
    if !headers.contains(where: { $0.0 == "Host" }) { head += "Host: 127.0.0.1:\(port)\r\n" }
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    let isChunked = headers.contains { $0.0 == "Transfer-Encoding" }
    if let body, !isChunked { head += "Content-Length: \(body.count)\r\n" }
    return try await exchange(Array((head + "\r\n").utf8) + (body ?? []), isHead: method == "HEAD")
  }

  /// Sends bytes as they are and reads one answer to its end.
  func exchange(_ bytes: [UInt8], isHead: Bool = false) async throws -> Reply {
    try await Self.lane.run { [port] in try Self.exchange(bytes, port: port, isHead: isHead) }
  }

  private static func exchange(_ bytes: [UInt8], port: Int, isHead: Bool) throws -> Reply {
    let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(connection) }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = UInt16(port).bigEndian
    inet_pton(AF_INET, "127.0.0.1", &name.sin_addr)
    // A server that hangs fails its test instead of stopping the run.
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(
      connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let status = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw Broken(what: "connect: errno \(errno)") }
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.send(
          connection, buffer.baseAddress.map { $0 + sent }, bytes.count - sent,
          Int32(MSG_NOSIGNAL))
      }
      // A refusal may come, and the connection close, before the body was sent.
      guard count > 0 else { break }
      sent += count
    }
    var received: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(connection, &chunk, chunk.count, 0)
      guard count > 0 else { break }
      received.append(contentsOf: chunk[..<count])
      if let reply = parse(received, isHead: isHead) { return reply }
    }
    throw Broken(what: "the answer ends after \(received.count) bytes")
  }

  private static func parse(_ bytes: [UInt8], isHead: Bool) -> Reply? {
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
      .components(separatedBy: "\r\n")
    guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
      return nil
    }
    if status == 100 {
      var reply = parse(Array(bytes[end.upperBound...]), isHead: isHead)
      reply?.wasInvited = true
      return reply
    }
    let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      return (String(line[..<colon]), value)
    }
    var reply = Reply(status: status, headers: headers, body: [])
    let length = isHead || status == 304 ? 0 : reply["Content-Length"].flatMap { Int($0) } ?? 0
    guard bytes.count >= end.upperBound + length else { return nil }
    reply.body = Array(bytes[end.upperBound..<(end.upperBound + length)])
    return reply
  }

  struct Broken: Error {
    let what: String
  }
}

/// A JSON value to look into.
enum Value: Decodable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([Value])
  case object([String: Value])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([Value].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: Value].self))
    }
  }

  subscript(name: String) -> Value? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  subscript(index: Int) -> Value? {
    if case .array(let values) = self, values.indices.contains(index) { values[index] } else { nil }
  }

  var array: [Value] { if case .array(let values) = self { values } else { [] } }
  var members: [String: Value] { if case .object(let members) = self { members } else { [:] } }
  var string: String? { if case .string(let value) = self { value } else { nil } }
  var number: Double? { if case .number(let value) = self { value } else { nil } }
  var int: Int? { number.flatMap { Int(exactly: $0) } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
}
