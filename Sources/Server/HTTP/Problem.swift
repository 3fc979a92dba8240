/// An answer that is no answer: RFC 9457 problem details with a code that stays.
///
/// Clients decide by `code`, which is the last part of the problem's `type`; title and detail are
/// for people and may change.
struct Problem: Error, Equatable {
  /// One case per decision that a client can take; raw values are part of the interface.
  enum Code: String, CaseIterable {
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case hostNotAllowed = "host_not_allowed"
    case bodyTooLarge = "body_too_large"
    case bodyTimedOut = "body_timed_out"
    case crossSite = "cross_site"
    case readOnly = "read_only"
    case changedMeanwhile = "changed_meanwhile"
    case unsupportedMediaType = "unsupported_media_type"
    case malformedBody = "malformed_body"
    case unknownParameter = "unknown_parameter"
    case invalidParameter = "invalid_parameter"
    case unreadablePicture = "unreadable_picture"
    case pictureTooLarge = "picture_too_large"
    case unknownItem = "unknown_item"
    case unknownImage = "unknown_image"
    case unknownBox = "unknown_box"
    case unknownURL = "unknown_url"
    case unknownModel = "unknown_model"
    case snapshotGone = "snapshot_gone"
    case noPicture = "no_picture"
    case noTextModel = "no_text_model"
    case noDetector = "no_detector"
    case rangeNotSatisfiable = "range_not_satisfiable"
    case rateLimited = "rate_limited"
    case busy = "busy"
    case stopping = "stopping"
    case indexNotReady = "index_not_ready"
    case modelNotReady = "model_not_ready"
    case catalogNotReady = "catalog_not_ready"
    case failed = "failed"

    var status: Int {
      switch self {
      case .notFound, .unknownItem, .unknownImage, .unknownBox, .unknownURL, .unknownModel,
        .noDetector:
        404
      case .methodNotAllowed: 405
      case .crossSite, .readOnly: 403
      case .changedMeanwhile: 409
      case .snapshotGone: 410
      case .hostNotAllowed: 421
      case .bodyTooLarge, .pictureTooLarge: 413
      case .bodyTimedOut: 408
      case .unsupportedMediaType: 415
      case .malformedBody: 400
      case .unknownParameter, .invalidParameter, .unreadablePicture, .noPicture, .noTextModel: 422
      case .rangeNotSatisfiable: 416
      case .rateLimited, .busy: 429
      case .indexNotReady, .modelNotReady, .catalogNotReady, .stopping: 503
      case .failed: 500
      }
    }

    var title: String {
      switch self {
      case .notFound: "There is nothing at this address"
      case .methodNotAllowed: "This address does not know the method"
      case .hostNotAllowed: "This host name is not served here"
      case .bodyTooLarge: "The body is too large"
      case .bodyTimedOut: "The body took too long to arrive"
      case .crossSite: "Another site's page may not change this catalog"
      case .readOnly: "This server changes nothing"
      case .changedMeanwhile: "It has been changed meanwhile"
      case .unsupportedMediaType: "The body is of a kind that is not read here"
      case .malformedBody: "The request cannot be read"
      case .unknownParameter: "There is no such parameter"
      case .invalidParameter: "A parameter has a value that it cannot have"
      case .unreadablePicture: "The picture cannot be read"
      case .pictureTooLarge: "The picture is too large"
      case .unknownItem: "The catalog has no such item"
      case .unknownImage: "The catalog has no such picture"
      case .unknownBox: "The picture has no such box"
      case .unknownURL: "The catalog has no picture of this address"
      case .unknownModel: "The catalog has no such model"
      case .snapshotGone: "The answer's further pages are no longer kept"
      case .noPicture: "There is no picture to search by"
      case .noDetector: "There is no detector"
      case .noTextModel: "The model knows no words"
      case .rangeNotSatisfiable: "The range lies outside the picture"
      case .rateLimited: "Too many requests"
      case .busy: "Too much work at once"
      case .stopping: "The server stops"
      case .indexNotReady: "The index is not ready"
      case .modelNotReady: "The model is not ready"
      case .catalogNotReady: "The catalog is not ready"
      case .failed: "Something went wrong here"
      }
    }
  }

  var code: Code
  var detail: String
  /// The query parameter, form field or JSON path that is to blame.
  var parameter: String?
  /// Whole seconds, sent as `Retry-After`.
  var retryAfter: Int?
  /// For `methodNotAllowed`: what the address does know.
  var allowed: [String] = []
  /// For `rangeNotSatisfiable`: how long the picture is.
  var length: Int?
  /// For the log, never for the client.
  var cause: String?

  init(_ code: Code, _ detail: String, parameter: String? = nil, retryAfter: Int? = nil) {
    self.code = code
    self.detail = detail
    self.parameter = parameter
    self.retryAfter = retryAfter
  }

  static func invalid(_ parameter: String, _ detail: String) -> Problem {
    Problem(.invalidParameter, detail, parameter: parameter)
  }
}

extension Problem {
  /// What is wrong with a JSON body, and where in it.
  init(_ error: DecodingError) {
    let context: DecodingError.Context
    switch error {
    case .typeMismatch(_, let found), .valueNotFound(_, let found): context = found
    case .keyNotFound(let key, let found):
      context = .init(codingPath: found.codingPath + [key], debugDescription: "it is missing")
    case .dataCorrupted(let found) where found.codingPath.isEmpty:
      self.init(.malformedBody, "not JSON: \(found.debugDescription)")
      return
    case .dataCorrupted(let found): context = found
    @unknown default:
      self.init(.malformedBody, "\(error)")
      return
    }
    let path = context.codingPath.reduce(into: "") { path, key in
      if let index = key.intValue {
        path += "[\(index)]"
      } else {
        path += (path.isEmpty ? "" : ".") + key.stringValue
      }
    }
    if path.isEmpty {
      self.init(.malformedBody, "the body is not the JSON object that is wanted")
    } else {
      let what = context.debugDescription
      self = .invalid(
        String(path.prefix(64)), what.isEmpty ? "of another type than is wanted" : what)
    }
  }
}

extension Problem: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object {
      $0.member("type", "urn:vitrine:problem:\(code.rawValue)")
      $0.member("title", code.title)
      $0.member("status", code.status)
      $0.member("detail", detail)
      $0.member("code", code.rawValue)
      if let parameter { $0.member("parameter", parameter) }
      if let retryAfter { $0.member("retry_after", retryAfter) }
    }
  }
}
