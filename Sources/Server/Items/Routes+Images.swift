import Catalog
import Hummingbird
import Storage
import Vision

extension Interface {
  var imageRoutes: [Route] {
    let version = Operation.Parameter(
      "v", ["type": "string"], "The beginning of the content hash; keeps caches apart.")
    return [
      Route(
        pattern: "/v1/images/{id}", isMetered: false,
        operation: Operation(
          id: "getImage", summary: "A picture as it was fetched; ranges and If-None-Match work.",
          parameters: [.id("the picture"), version],
          answers: [
            (200, "The picture.", .init("image/*")), (206, "A part of it.", .init("image/*")),
            (304, "It is what the client has.", nil),
          ],
          problems: [.unknownImage, .rangeNotSatisfiable, .catalogNotReady]),
        answer: picture),
      Route(
        pattern: "/v1/images/{id}/thumbnail", isMetered: false,
        operation: Operation(
          id: "getThumbnail", summary: "The picture as a JPEG of at most 320 pixels a side.",
          parameters: [.id("the picture"), version],
          answers: [
            (200, "The thumbnail.", .init("image/jpeg")),
            (304, "It is what the client has.", nil),
          ],
          problems: [.unknownImage, .unreadablePicture, .catalogNotReady]),
        answer: thumbnail),
      Route(
        pattern: "/v1/images/{id}/copies",
        operation: Operation(
          id: "listCopies",
          summary:
            "All that is the same picture, with the addresses that show it, and what people said of it.",
          parameters: [.id("the picture")],
          answers: [(200, "The copies.", .init("application/json", "Copies"))],
          problems: [.unknownImage, .catalogNotReady, .rateLimited]),
        answer: copies),
    ]
  }

  /// Addresses of one picture and its copies that are told.
  private static let mostCopies = 1000

  private func copies(_ call: Call) async throws(Problem) -> Answer {
    let image = try await image(call)
    let copies = try await asking { () async throws(StorageError) in
      try await store.copies(ofGroup: image.group, limit: Self.mostCopies)
    }
    let judged = try await asking { () async throws(StorageError) in
      try await store.judgements(of: image.hash).map { judgement in
        (judgement, other: judgement.first == image.hash ? judgement.second : judgement.first)
      }
    }
    let known = try await asking { () async throws(StorageError) in
      try await store.groupedPictures(judged.map(\.other))
    }
    return Answer.json { json in
      json.member("group", image.group)
      json.member("copies", copies) { json, copy in
        json.object {
          $0.member("image", copy.image)
          $0.member("urls", copy.addresses)
        }
      }
      json.member("judgements", judged) { json, judged in
        json.object {
          $0.member("verdict", judged.0.verdict.rawValue)
          $0.member("image", known[judged.other]?.id)
          $0.member("sha256", judged.other.description)
          $0.member("judged_at", judged.0.at)
        }
      }
    }
  }

  /// The picture whose id the path names.
  func image(_ call: Call) async throws(Problem) -> ShownImage {
    let id: ID<ImageRecord> = try call.id(.unknownImage)
    let image = try await asking { () async throws(StorageError) in try await store.image(id) }
    guard let image else { throw Problem(.unknownImage, "no picture \(id)") }
    return image
  }

  private func picture(_ call: Call) async throws(Problem) -> Answer {
    let image = try await image(call)
    let tag = "\"\(image.hash)\""
    if isKnown(tag, to: call) { return notModified(tag) }
    guard let bytes = try await searcher.blob(image.hash) else {
      throw Problem(.unknownImage, "the bytes of picture \(image.id) are no longer there")
    }
    var answer = Answer(image.format.mediaType, bytes, headers: pictureHeaders(tag))
    answer.headers.append((.acceptRanges, "bytes"))
    // If-Range with another tag asks for the whole (RFC 9110, 13.1.5).
    let isSame = call.request.headers[.ifRange].map { $0 == tag } ?? true
    if isSame, let header = call.request.headers[.range],
      let range = try ByteRange.parse(header, length: bytes.count)
    {
      answer.status = 206
      answer.body = Array(bytes[range])
      answer.headers.append(
        (.contentRange, "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(bytes.count)"))
    }
    return answer
  }

  private func thumbnail(_ call: Call) async throws(Problem) -> Answer {
    let image = try await image(call)
    let tag = "\"\(image.hash)-thumbnail\""
    if isKnown(tag, to: call) { return notModified(tag) }
    if let bytes = try await searcher.blob(image.hash, kind: .thumbnail) {
      return Answer("image/jpeg", bytes, headers: pictureHeaders(tag))
    }
    guard let bytes = try await searcher.blob(image.hash) else {
      throw Problem(.unknownImage, "the bytes of picture \(image.id) are no longer there")
    }
    return try await searcher.pictures.pass { () async throws(Problem) in
      do throws(PictureError) {
        let side = PictureAnalysis.thumbnailSide
        let small = try await searcher.lane.run { () throws(PictureError) in
          try Picture(decoding: bytes, atLeast: side).fitted(within: side).jpeg(quality: 82)
        }
        return Answer("image/jpeg", small, headers: pictureHeaders(tag))
      } catch {
        throw Problem(.unreadablePicture, error.description)
      }
    }
  }

  private func isKnown(_ tag: String, to call: Call) -> Bool {
    guard let header = call.request.headers[.ifNoneMatch] else { return false }
    return header == "*"
      || header.split(separator: ",").contains {
        let known = $0.drop { $0 == " " }
        return known == tag || known == "W/\(tag)"
      }
  }

  private func notModified(_ tag: String) -> Answer {
    var answer = Answer("", [], headers: pictureHeaders(tag))
    answer.status = 304
    return answer
  }

  /// A picture's bytes never change under its id. Opened as a page, it may do nothing.
  private func pictureHeaders(_ tag: String) -> [(name: FieldName, value: String)] {
    [
      (.eTag, tag), (.cacheControl, "private, max-age=31536000, immutable"),
      (.contentSecurityPolicy, "default-src 'none'; sandbox"),
    ]
  }
}
