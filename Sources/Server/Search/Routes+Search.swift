extension Interface {
  var searchRoutes: [Route] {
    [
      Route(
        method: .post, pattern: "/v1/search", endsWithClient: true,
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
            .catalogNotReady, .rateLimited, .busy, .stopping,
          ])
      ) { call async throws(Problem) in
        let query = try await SearchQuery(call, settings)
        let answer = try await searcher.answer(query)
        return Answer.json { answer.members(to: &$0) }
      },
      Route(
        pattern: "/v1/search", endsWithClient: true,
        operation: Operation(
          id: "searchByName",
          summary: "Finds pictures by words, or that look like an item or a known address.",
          parameters: Operation.Parameter.searchSource + Operation.Parameter.search
            + Operation.Parameter.filters,
          answers: [(200, "The hits, by level.", .init("application/json", "SearchAnswer"))],
          problems: [
            .unknownParameter, .invalidParameter, .noPicture, .noTextModel, .unknownItem,
            .unknownImage, .unknownBox, .unknownURL, .unknownModel, .snapshotGone, .modelNotReady,
            .catalogNotReady, .rateLimited, .busy, .stopping,
          ])
      ) { call async throws(Problem) in
        let query = try SearchQuery(
          source: SearchQuery.source(call.fields), call.fields, now: call.now)
        let answer = try await searcher.answer(query)
        return Answer.json { answer.members(to: &$0) }
      },
      Route(
        method: .post, pattern: "/v1/search/batch", endsWithClient: true,
        operation: Operation(
          id: "searchBatch",
          summary:
            "Answers several searches together, each as alone, in less time and from one snapshot.",
          parameters: Operation.Parameter.search + Operation.Parameter.filters,
          body: [.init("application/json", "SearchBatch")],
          answers: [
            (
              200, "What each query is answered with, in their order.",
              .init("application/json", "SearchBatchAnswer")
            )
          ],
          problems: [
            .malformedBody, .unsupportedMediaType, .bodyTooLarge, .bodyTimedOut, .unknownParameter,
            .invalidParameter, .snapshotGone, .catalogNotReady, .rateLimited, .busy, .stopping,
          ]),
        answer: batch),
    ]
  }

  private func batch(_ call: Call) async throws(Problem) -> Answer {
    let batch = try await SearchBatch(call, settings)
    call.charge(batch.queries.count - 1)
    let outcomes = try await searcher.answers(to: batch)
    var answer = Answer.json { json in
      json.member("answers", outcomes.enumerated()) { json, outcome in
        json.object { outcome.element.mapError { $0.in(outcome.offset) }.members(to: &$0) }
      }
    }
    for case .failure(let problem) in outcomes {
      if let cause = problem.cause { answer.causes.append(cause) }
    }
    return answer
  }
}

extension Result<SearchAnswer, Problem> {
  /// Either of them; the other is `null`.
  func members(to json: inout JSONWriter) {
    json.member("answer", success)
    if case .failure(let problem) = self {
      json.member("problem", problem)
    } else {
      json.key("problem")
      json.literal("null")
    }
  }
}
