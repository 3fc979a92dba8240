import CCurl
import Catalog
import Glibc

/// A libcurl easy handle, reused from request to request, and the response it is receiving.
///
/// Touched by the thread of its loop only; libcurl's callbacks run there too.
final class EasyHandle {
  let easy: UnsafeMutableRawPointer
  private let settings: HTTPTransport.Settings

  private var job: Job?
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private var head = ResponseHead(status: 0)
  private var headByteCount = 0
  private var isHeadComplete = false
  private var plan: BodyPlan?
  private var body: [UInt8] = []
  private var discardedCount = 0
  private var stop: Stop?
  private var blocked: IPAddress?

  /// Why a callback told libcurl to stop.
  private enum Stop { case tooLarge(limit: Int), enough, headTooLarge }

  private static let mostHeadBytes = 128 << 10
  private static let mostFields = 512
  /// A discarded body up to here is read to its end, since a new connection costs more.
  private static let mostDiscarded = 64 << 10
  private static let mostReserved = 4 << 20

  init(_ settings: HTTPTransport.Settings) throws(TransportError) {
    guard let easy = curl_easy_init() else {
      throw .unusable(code: Int32(CURLE_OUT_OF_MEMORY.rawValue))
    }
    self.easy = easy
    self.settings = settings
    try configure()
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headerList)
  }

  /// The object that libcurl's handle belongs to.
  static func carried(by easy: UnsafeMutableRawPointer) -> EasyHandle {
    var pointer: UnsafeMutableRawPointer?
    vitrine_easy_get_pointer(easy, CURLINFO_PRIVATE, &pointer)
    return of(pointer)
  }

  fileprivate static func of(_ context: UnsafeMutableRawPointer?) -> EasyHandle {
    Unmanaged<EasyHandle>.fromOpaque(context!).takeUnretainedValue()
  }

  private func configure() throws(TransportError) {
    let me = Unmanaged.passUnretained(self).toOpaque()
    for option in [
      CURLOPT_PRIVATE, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_OPENSOCKETDATA,
    ] {
      try check(vitrine_easy_set_pointer(easy, option, me))
    }
    try check(vitrine_easy_on_body(easy, receiveBody))
    try check(vitrine_easy_on_header(easy, receiveHeader))
    try check(vitrine_easy_on_socket(easy, openSocket))
    try set(CURLOPT_USERAGENT, settings.userAgent)
    try set(CURLOPT_PROTOCOLS_STR, "http,https")
    try set(CURLOPT_ACCEPT_ENCODING, "")  // All that the library can decode.
    try set(CURLOPT_PROXY, "")  // Not from the environment: the guard would see the proxy only.
    try set(CURLOPT_NOPROXY, "*")
    try set(CURLOPT_NOSIGNAL, 1)
    try set(CURLOPT_FOLLOWLOCATION, 0)
    try set(CURLOPT_PATH_AS_IS, 1)  // What robots.txt was asked about is what is requested.
    try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
    try set(CURLOPT_SSL_VERIFYPEER, 1)
    try set(CURLOPT_SSL_VERIFYHOST, 2)
    try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    if let authorities = settings.authorities { try set(CURLOPT_CAINFO, authorities) }
    try set(CURLOPT_BUFFERSIZE, 128 << 10)
    try set(CURLOPT_CONNECTTIMEOUT_MS, Int(settings.connectTimeout.milliseconds))
    try set(CURLOPT_LOW_SPEED_LIMIT, settings.minimumSpeed)
    try set(CURLOPT_LOW_SPEED_TIME, Int(settings.idleTimeout.milliseconds / 1000))
  }

  // MARK: One request

  func begin(_ job: Job) throws(TransportError) {
    let request = job.request
    try set(CURLOPT_URL, request.url.string)
    try set(request.method == .head ? CURLOPT_NOBODY : CURLOPT_HTTPGET, 1)
    let timeout = request.totalTimeout ?? settings.totalTimeout
    try set(CURLOPT_TIMEOUT_MS, Int(max(1, timeout.milliseconds)))
    for (name, value) in request.headers {
      func isOneLine(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 != 10 && $0 != 13 && $0 != 0 }
      }
      precondition(isOneLine(name) && isOneLine(value), "line end in a header")
      // libcurl drops a field without a value unless it ends in `;`.
      guard
        let longer = curl_slist_append(headerList, value.isEmpty ? "\(name);" : "\(name): \(value)")
      else { throw .unusable(code: Int32(CURLE_OUT_OF_MEMORY.rawValue)) }
      headerList = longer
    }
    try check(vitrine_easy_set_headers(easy, headerList))
    self.job = job
  }

  /// Forgets the request, which is returned for its waiter, and everything received.
  @discardableResult
  func abandon() -> Job? {
    vitrine_easy_set_headers(easy, nil)
    curl_slist_free_all(headerList)
    headerList = nil
    head = ResponseHead(status: 0)
    (headByteCount, discardedCount, isHeadComplete) = (0, 0, false)
    (plan, stop, blocked) = (nil, nil, nil)
    body = []
    defer { job = nil }
    return job
  }

  /// What came of the transfer that libcurl ended with `code`.
  func result(_ code: CURLcode) -> Result<Response, TransportError> {
    if let error = failure(code) { return .failure(error) }
    var version = 0
    vitrine_easy_get_long(easy, CURLINFO_HTTP_VERSION, &version)
    return .success(
      Response(
        head: head, body: body, isTruncated: stop != nil, remoteAddress: remoteAddress,
        version: version == CURL_HTTP_VERSION_2_0 ? .http2 : .http1,
        timings: Response.Timings(
          sent: duration(CURLINFO_PRETRANSFER_TIME_T),
          firstByte: duration(CURLINFO_STARTTRANSFER_TIME_T),
          total: duration(CURLINFO_TOTAL_TIME_T)),
        wireByteCount: offset(CURLINFO_SIZE_DOWNLOAD_T)))
  }

  private func failure(_ code: CURLcode) -> TransportError? {
    let number = Int32(code.rawValue)
    switch stop {
    case .enough: return nil
    case .tooLarge(let limit): return .tooLarge(limit: limit)
    case .headTooLarge: return .malformed(code: number)
    case nil: break
    }
    switch code {
    case CURLE_OK:
      return nil
    case CURLE_COULDNT_CONNECT where blocked != nil:
      return .blockedAddress(blocked!)
    case CURLE_OPERATION_TIMEDOUT:
      // Without a connection it is the host that is away, not the answer that is slow.
      return offset(CURLINFO_PRETRANSFER_TIME_T) == 0 ? .unreachable(code: number) : .timedOut
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT:
      return .unreachable(code: number)
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2,
      CURLE_HTTP2_STREAM:
      return .interrupted(code: number)
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CIPHER,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
      CURLE_SSL_CLIENTCERT:
      return .tls(code: number)
    case CURLE_FAILED_INIT, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ENGINE_INITFAILED:
      return .unusable(code: number)
    default:  // CURLE_OUT_OF_MEMORY too: what a header line over 100 KiB ends in.
      return .malformed(code: number)
    }
  }

  // MARK: Callbacks

  fileprivate func take(header line: UnsafeRawBufferPointer) -> Bool {
    headByteCount += line.count
    guard headByteCount <= Self.mostHeadBytes, head.headers.fields.count < Self.mostFields else {
      stop = .headTooLarge
      return false
    }
    if line.starts(with: "HTTP/".utf8) {  // Interim responses have heads of their own.
      head.headers.removeAll()
      isHeadComplete = false
    } else if line.first == 13 || line.first == 10 {
      var status = 0
      vitrine_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
      head.status = status
      isHeadComplete = true
    } else if !isHeadComplete {  // What follows a body is a trailer: nothing we act on.
      head.headers.append(line: line)
    }
    return true
  }

  fileprivate func take(body bytes: UnsafeRawBufferPointer) -> Bool {
    switch plan ?? makePlan() {
    case .keep(let limit):
      if body.count + bytes.count > limit { stop = .tooLarge(limit: limit) }
      if stop == nil { body.append(contentsOf: bytes) }
    case .prefix(let limit):
      let room = limit - body.count
      body.append(contentsOf: bytes.prefix(room))
      if bytes.count > room { stop = .enough }
    case .discard:
      discardedCount += bytes.count
      if discardedCount > Self.mostDiscarded { stop = .enough }
    }
    return stop == nil
  }

  private func makePlan() -> BodyPlan {
    let plan = job!.request.plan(head)
    self.plan = plan
    var announced: curl_off_t = -1
    vitrine_easy_get_offset(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced)
    // The length of an encoded body says nothing about the decoded one.
    guard announced > 0, head.headers["Content-Encoding"] == nil else { return plan }
    switch plan {
    case .keep(let limit):
      if announced > limit { stop = .tooLarge(limit: limit) }
      body.reserveCapacity(min(Int(announced), limit, Self.mostReserved))
    case .prefix(let limit):
      body.reserveCapacity(min(Int(announced), limit, Self.mostReserved))
    case .discard:
      if announced > Self.mostDiscarded { stop = .enough }
    }
    return plan
  }

  /// Opens the socket unless the address is one that the request may not reach.
  fileprivate func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    let target = withUnsafePointer(to: &address.pointee.addr) {
      IPAddress($0, family: address.pointee.family)
    }
    guard let target else { return CURL_SOCKET_BAD }
    guard job?.request.isPrivateAllowed == true || target.isPublic else {
      blocked = target
      return CURL_SOCKET_BAD
    }
    let type = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
    return socket(address.pointee.family, type, address.pointee.protocol)
  }

  // MARK: libcurl's types

  private var remoteAddress: IPAddress? {
    var text: UnsafeMutablePointer<CChar>?
    vitrine_easy_get_string(easy, CURLINFO_PRIMARY_IP, &text)
    return text.flatMap { IPAddress(String(cString: $0)) }
  }

  private func offset(_ info: CURLINFO) -> Int {
    var value: curl_off_t = 0
    vitrine_easy_get_offset(easy, info, &value)
    return Int(value)
  }

  private func duration(_ info: CURLINFO) -> Duration { .microseconds(offset(info)) }

  private func set(_ option: CURLoption, _ value: Int) throws(TransportError) {
    try check(vitrine_easy_set_long(easy, option, value))
  }

  private func set(_ option: CURLoption, _ value: String) throws(TransportError) {
    try check(vitrine_easy_set_string(easy, option, value))
  }

  private func check(_ code: CURLcode) throws(TransportError) {
    guard code == CURLE_OK else { throw .unusable(code: Int32(code.rawValue)) }
  }
}

private func receiveBody(
  bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
  let taken = EasyHandle.of(context).take(body: UnsafeRawBufferPointer(start: bytes, count: count))
  return taken ? count : Int(CURL_WRITEFUNC_ERROR)
}

private func receiveHeader(
  bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
  let line = UnsafeRawBufferPointer(start: bytes, count: count)
  return EasyHandle.of(context).take(header: line) ? count : Int(CURL_WRITEFUNC_ERROR)
}

private func openSocket(
  context: UnsafeMutableRawPointer?, purpose: curlsocktype,
  address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  EasyHandle.of(context).open(address!)
}
