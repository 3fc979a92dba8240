extension Interface {
  var searchRoutes: [Route] {
    [
      Route(
        method: .post, pattern: "/v1/search",
        operation: Operation(
          id: "search",
          summary:
            "Finds pictures that look like a picture, an item, a known address or a vector, or by words.",
          parameters: Operation.Parameter.searchSource + Operation.Parameter.search
            + Operation.Parameter.filters,
          body: [
            .init("image/*"), .init("application/octet-stream"),
            .init("multipart/form-data", "SearchForm"), .init("application/json", "SearchRequest"),
          ],
          answers: [(200, "The hits, by level.", .init("application/json", "SearchAnswer"))],
          problems: [
            .malformedBody, .unsupportedMediaType, .bodyTooLarge, .bodyTimedOut, .unknownParameter,
            .invalidParameter, .noPicture, .noTextModel, .unreadablePicture, .pictureTooLarge,
            .unknownItem,
            .unknownImage, .unknownBox, .unknownURL, .unknownModel, .snapshotGone, .modelNotReady,
            .catalogNotReady, .rateLimited, .busy,
          ])
      ) { call async throws(Problem) in
        let query = try await SearchQuery(call, settings)
        let answer = try await searcher.answer(query)
        return Answer.json { answer.members(to: &$0) }
      },
      Route(
        pattern: "/v1/search",
        operation: Operation(
          id: "searchByName",
          summary: "Finds pictures by words, or that look like an item or a known address.",
          parameters: Operation.Parameter.searchSource + Operation.Parameter.search
            + Operation.Parameter.filters,
          answers: [(200, "The hits, by level.", .init("application/json", "SearchAnswer"))],
          problems: [
            .unknownParameter, .invalidParameter, .noPicture, .noTextModel, .unknownItem,
            .unknownImage, .unknownBox, .unknownURL, .unknownModel, .snapshotGone, .modelNotReady,
            .catalogNotReady, .rateLimited, .busy,
          ])
      ) { call async throws(Problem) in
        let query = try SearchQuery(
          source: SearchQuery.source(call.fields), call.fields, now: call.now)
        let answer = try await searcher.answer(query)
        return Answer.json { answer.members(to: &$0) }
      },
    ]
  }
}
