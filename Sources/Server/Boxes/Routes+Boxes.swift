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
          id: "listBoxes", summary: "What the detector sees in a picture, surest first.",
          parameters: [.id("the picture")],
          answers: [(200, "The boxes.", .init("application/json", "Boxes"))],
          problems: [
            .unknownImage, .unreadablePicture, .pictureTooLarge, .noDetector, .catalogNotReady,
            .rateLimited, .busy,
          ])
      ) { call async throws(Problem) in
        let image = try await image(call)
        guard let bytes = try await searcher.blob(image.hash) else {
          throw Problem(.unknownImage, "the bytes of picture \(image.id) are no longer there")
        }
        return try await boxes(of: bytes, hash: image.hash)
      },
      Route(
        method: .post, pattern: "/v1/boxes",
        operation: Operation(
          id: "findBoxes", summary: "What the detector sees in a picture that is sent.",
          body: [.init("image/*"), .init("application/octet-stream")],
          answers: [(200, "The boxes.", .init("application/json", "Boxes"))],
          problems: [
            .unsupportedMediaType, .bodyTooLarge, .bodyTimedOut, .malformedBody,
            .unreadablePicture, .pictureTooLarge, .noDetector, .rateLimited, .busy,
          ])
      ) { call async throws(Problem) in
        let kind = HeaderValue(call.request.headers[.contentType] ?? "").token
        guard kind.hasPrefix("image/") || kind == "application/octet-stream" else {
          throw Problem(
            .unsupportedMediaType,
            "\(Fields.quoted(kind)) is none of image/*, application/octet-stream")
        }
        let bytes = try await Body.read(
          call.request, limit: settings.maxBodyBytes, timeout: settings.bodyTimeout)
        let hash = await searcher.lane.run { ContentHash(of: bytes) }
        return try await boxes(of: bytes, hash: hash)
      },
    ]
  }

  private func boxes(of bytes: [UInt8], hash: ContentHash) async throws(Problem) -> Answer {
    let found = try await searcher.pictures.pass { () async throws(Problem) in
      try await boxes.boxes(of: hash) { side async throws(Problem) in
        try await searcher.decode(bytes, atLeast: side)
      }
    }
    return Answer.json { json in
      json.member("detector", boxes.detector?.id)
      json.member("boxes", found) { json, box in
        json.object {
          $0.member("x", box.x)
          $0.member("y", box.y)
          $0.member("width", box.width)
          $0.member("height", box.height)
          $0.member("name", box.name)
          $0.member("score", box.score)
        }
      }
    }
  }
}
