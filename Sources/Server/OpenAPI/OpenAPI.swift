/// The description of the interface (OpenAPI 3.1), made from the routes.
enum OpenAPI {
  static func document(of routes: [Route], version: String) -> JSON {
    var paths: [(String, [(String, JSON)])] = []
    for route in routes where !route.isPage {
      let operation = (route.method.rawValue.lowercased(), describe(route))
      if let place = paths.firstIndex(where: { $0.0 == route.pattern }) {
        paths[place].1.append(operation)
      } else {
        paths.append((route.pattern, [operation]))
      }
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Vitrine",
        "version": .string(version),
        "summary": "Search a crawled catalog by sight.",
        "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
      ],
      "paths": .object(paths.map { ($0, .object($1)) }),
      "components": ["schemas": .object(Schemas.all)],
    ]
  }

  private static func describe(_ route: Route) -> JSON {
    let operation = route.operation
    var members: [(String, JSON)] = [
      ("operationId", .string(operation.id)), ("summary", .string(operation.summary)),
    ]
    if !operation.parameters.isEmpty {
      members.append(("parameters", .array(operation.parameters.map(describe))))
    }
    if !operation.body.isEmpty {
      let content = operation.body.map { ($0.mediaType, describe($0)) }
      members.append(("requestBody", ["required": true, "content": .object(content)]))
    }
    members.append(("responses", .object(responses(of: operation))))
    return .object(members)
  }

  private static func describe(_ parameter: Operation.Parameter) -> JSON {
    var members: [(String, JSON)] = [
      ("name", .string(parameter.name)), ("in", parameter.isPath ? "path" : "query"),
      ("required", .bool(parameter.isPath)), ("description", .string(parameter.summary)),
      ("schema", parameter.schema),
    ]
    if parameter.isRepeatable { members.append(("explode", true)) }
    return .object(members)
  }

  private static func describe(_ content: Operation.Content) -> JSON {
    guard let schema = content.schema else { return [:] }
    return ["schema": Schemas.reference(schema)]
  }

  private static func responses(of operation: Operation) -> [(String, JSON)] {
    var responses = operation.answers.map { answer -> (String, JSON) in
      var members: [(String, JSON)] = [("description", .string(answer.summary))]
      if let content = answer.content {
        members.append(("content", .object([(content.mediaType, describe(content))])))
      }
      return (String(answer.status), .object(members))
    }
    let problems =
      operation.problems + Operation.commonProblems.filter { !operation.problems.contains($0) }
    for status in Set(problems.map(\.status)).sorted() {
      let codes = problems.filter { $0.status == status }.map(\.rawValue).joined(separator: ", ")
      if responses.contains(where: { $0.0 == String(status) }) { continue }
      var members: [(String, JSON)] = [
        ("description", .string("Codes: \(codes).")),
        (
          "content",
          ["application/problem+json": ["schema": Schemas.reference("Problem")]]
        ),
      ]
      if status == 429 || status == 503 {
        members.append(
          ("headers", ["Retry-After": ["schema": ["type": "integer"], "description": "Seconds."]]))
      }
      responses.append((String(status), .object(members)))
    }
    return responses
  }
}
