extension Interface {
  var searchRoutes: [Route] {
    [
      Route(
        method: .post, pattern: "/v1/search",
        operation: Operation(
          id: "search",
          summary: "Finds pictures that look like a picture, an item, a known address or a vector.",
          parameters: Operation.Parameter.searchSource + Operation.Parameter.search
            + Operation.Parameter.filters,
          body: [
            .init("image/*"), .init("application/octet-stream"),
            .init("multipart/form-data", "SearchForm"), .init("application/json", "SearchRequest"),
          ],
          answers: [(200, "The hits, by level.", .init("application/json", "SearchAnswer"))],
          problems: [
            .malformedBody, .unsupportedMediaType, .bodyTooLarge, .bodyTimedOut, .unknownParameter,
            .invalidParameter, .noPicture, .unreadablePicture, .pictureTooLarge, .unknownItem,
            .unknownImage, .unknownURL, .snapshotGone, .modelNotReady, .catalogNotReady,
            .rateLimited, .busy,
          ])
      ) { call async throws(Problem) in
        let query = try await SearchQuery(call, settings)
        let answer = try await searcher.answer(query)
        return Answer.json { answer.members(to: &$0) }
      }
    ]
  }
}
