import Catalog
import Hummingbird
import Storage
import Vision

extension Interface {
  var boxRoutes: [Route] {
    [
      Route(
        pattern: "/v1/images/{id}/boxes",
        operation: Operation(
          id: "listBoxes",
          summary:
            "The boxes in a picture: those of the catalog, or what the detector sees in a picture that "
            + "it has not been shown yet.",
          parameters: [.id("the picture")],
          answers: [(200, "The boxes.", .init("application/json", "Boxes"))],
          problems: [
            .unknownImage, .unreadablePicture, .pictureTooLarge, .catalogNotReady, .rateLimited,
            .busy,
          ]),
        answer: listBoxes),
      Route(
        method: .put, pattern: "/v1/images/{id}/boxes", isWriting: true,
        operation: Operation(
          id: "placeBoxes",
          summary:
            "Lets exactly these boxes stand in a picture. Those that are new or moved can be searched by "
            + "at once, and are found when the next run has embedded them.",
          parameters: [.id("the picture")],
          body: [.init("application/json", "BoxEdits")],
          answers: [(200, "The boxes that stand now.", .init("application/json", "Boxes"))],
          problems: [
            .readOnly, .crossSite, .unsupportedMediaType, .bodyTooLarge, .bodyTimedOut,
            .malformedBody, .invalidParameter, .unknownImage, .unknownBox, .changedMeanwhile,
            .unreadablePicture, .pictureTooLarge, .catalogNotReady, .rateLimited, .busy,
          ]),
        answer: placeBoxes),
      Route(
        method: .post, pattern: "/v1/boxes",
        operation: Operation(
          id: "findBoxes", summary: "What the detector sees in a picture that is sent.",
          body: [.init("image/*"), .init("application/octet-stream")],
          answers: [(200, "The boxes.", .init("application/json", "SeenBoxes"))],
          problems: [
            .unsupportedMediaType, .bodyTooLarge, .bodyTimedOut, .malformedBody,
            .unreadablePicture, .pictureTooLarge, .noDetector, .rateLimited, .busy,
          ]),
        answer: findBoxes),
    ]
  }

  private func listBoxes(_ call: Call) async throws(Problem) -> Answer {
    let image = try await image(call)
    let known = try await asking { () async throws(StorageError) in
      try await searcher.store.boxOverview(of: image.id)
    }
    guard !known.isKept, let detector = boxes.detector else {
      return Answer.json { known.members(to: &$0) }
    }
    guard let bytes = try await searcher.blob(image.hash) else {
      throw Problem(.unknownImage, "the bytes of picture \(image.id) are no longer there")
    }
    let seen = try await seenBoxes(in: bytes, hash: image.hash)
    return Answer.json { json in
      json.member("detector", detector.id)
      json.member("kept", false)
      json.member("revision", 0)
      json.member("boxes", seen) { json, box in
        json.object {
          $0.key("id")
          $0.literal("null")
          box.members(to: &$0)
          $0.member("edited", false)
        }
      }
    }
  }

  private func placeBoxes(_ call: Call) async throws(Problem) -> Answer {
    let catalog = try await boxes.catalog()
    let kind = HeaderValue(call.request.headers[.contentType] ?? "").token
    guard kind == "application/json" else {
      throw Problem(
        .unsupportedMediaType, "\(Fields.quoted(kind)) is not application/json")
    }
    let image = try await image(call)
    let bytes = try await call.body.read(
      limit: min(BoxEdits.bodyLimit, settings.maxJSONBytes), timeout: settings.bodyTimeout)
    let edits = try BoxEdits(json: bytes)
    let before = try await keepSeenBoxes(of: image, in: catalog, now: call.now)
    // Where nothing stood before, the client has read what is kept only now.
    let expected = edits.revision == 0 ? before ?? 0 : edits.revision
    let placement = try await asking { () async throws(StorageError) in
      try await catalog.placeBoxes(
        edits.boxes, in: image.id, expecting: expected, now: call.now)
    }
    switch placement {
    case .placed: break
    case .changedMeanwhile(let revision):
      throw Problem(
        .changedMeanwhile, "the boxes are of revision \(revision) by now: read them again",
        parameter: "revision")
    case .unknown(let box):
      throw Problem(.unknownBox, "no box \(box) stands in picture \(image.id)", parameter: "boxes")
    case .doubled(let region):
      throw .invalid(
        "boxes", "the box at x \(region.x), y \(region.y) is there twice, with one name")
    }
    let now = try await asking { () async throws(StorageError) in
      try await searcher.groups.refresh()
      return try await catalog.boxOverview(of: image.id)
    }
    return Answer.json { now.members(to: &$0) }
  }

  /// What a person changes in a picture that no detector has been shown yet is what this server's sees in
  /// it: that is kept first, so that what the person leaves out is known to have been taken away.
  ///
  /// - Returns: the revision of what was kept, or `nil` where nothing was.
  private func keepSeenBoxes(of image: ShownImage, in catalog: CatalogStore, now: Timestamp)
    async throws(Problem) -> Int64?
  {
    let known = try await asking { () async throws(StorageError) in
      try await catalog.boxOverview(of: image.id)
    }
    guard !known.isKept, let detector = boxes.detector else { return nil }
    guard let bytes = try await searcher.blob(image.hash) else {
      throw Problem(.unknownImage, "the bytes of picture \(image.id) are no longer there")
    }
    let seen = try await seenBoxes(in: bytes, hash: image.hash)
    return try await asking { () async throws(StorageError) in
      try await catalog.recordBoxes(seen, in: image.id, by: detector.id, now: now)
      return try await catalog.boxOverview(of: image.id).revision
    }
  }

  private func findBoxes(_ call: Call) async throws(Problem) -> Answer {
    let kind = HeaderValue(call.request.headers[.contentType] ?? "").token
    guard kind.hasPrefix("image/") || kind == "application/octet-stream" else {
      throw Problem(
        .unsupportedMediaType,
        "\(Fields.quoted(kind)) is none of image/*, application/octet-stream")
    }
    let bytes = try await call.body.read(
      limit: settings.maxBodyBytes, timeout: settings.bodyTimeout)
    let hash = await searcher.lane.run { ContentHash(of: bytes) }
    let seen = try await seenBoxes(in: bytes, hash: hash)
    return Answer.json { json in
      json.member("detector", boxes.detector?.id)
      json.member("boxes", seen) { json, box in json.object { box.members(to: &$0) } }
    }
  }

  private func seenBoxes(in bytes: [UInt8], hash: ContentHash) async throws(Problem) -> [Detection]
  {
    try await searcher.pictures.pass { () async throws(Problem) in
      try await boxes.boxes(of: hash) { side async throws(Problem) in
        try await searcher.decode(bytes, atLeast: side)
      }
    }
  }
}

extension CatalogStore.BoxOverview {
  /// A detector or a person has said which boxes there are.
  var isKept: Bool { detector != nil || revision > 0 }

  func members(to json: inout JSONWriter) {
    json.member("detector", detector)
    json.member("kept", isKept)
    json.member("revision", revision)
    json.member("boxes", boxes)
  }
}

extension Detection {
  fileprivate func members(to json: inout JSONWriter) {
    region.members(to: &json)
    json.member("name", name)
    json.member("score", score)
  }
}
