/// What the documentation says of a route; parameters and problems hold for the code too.
struct Operation: Sendable {
  struct Parameter: Sendable {
    var name: String
    var schema: JSON
    var summary: String
    /// May stand more than once.
    var isRepeatable = false
    /// Part of the path, not of the query.
    var isPath = false

    init(
      _ name: String, _ schema: JSON, _ summary: String, isRepeatable: Bool = false,
      isPath: Bool = false
    ) {
      self.name = name
      self.schema = schema
      self.summary = summary
      self.isRepeatable = isRepeatable
      self.isPath = isPath
    }
  }

  /// A body and its schema's name in `components`; `nil` for bytes and text.
  struct Content: Sendable {
    var mediaType: String
    var schema: String?

    init(_ mediaType: String, _ schema: String? = nil) {
      self.mediaType = mediaType
      self.schema = schema
    }
  }

  var id: String
  var summary: String
  var parameters: [Parameter] = []
  var body: [Content] = []
  /// By status.
  var answers: [(status: Int, summary: String, content: Content?)]
  /// Beside those that every route may answer with.
  var problems: [Problem.Code] = []

  /// The parameters that a query, a form or a JSON body may carry.
  var fieldNames: Set<String> { Set(parameters.filter { !$0.isPath }.map(\.name)) }

  /// Of the head of a request: any address may be asked by a wrong name, with a query that is none or says
  /// what the address does not know.
  static let commonProblems: [Problem.Code] = [
    .hostNotAllowed, .methodNotAllowed, .malformedBody, .unknownParameter, .failed,
  ]
}

/// A JSON value as a tree: for documents that are made once.
indirect enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSON])
  /// Members in the order in which they are written.
  case object([(String, JSON)])

  static func == (a: JSON, b: JSON) -> Bool {
    var left = JSONWriter()
    var right = JSONWriter()
    a.write(to: &left)
    b.write(to: &right)
    return left.bytes == right.bytes
  }
}

extension JSON: JSONWritable {
  func write(to json: inout JSONWriter) {
    switch self {
    case .null: json.literal("null")
    case .bool(let value): value.write(to: &json)
    case .integer(let value): value.write(to: &json)
    case .number(let value): value.write(to: &json)
    case .string(let value): value.write(to: &json)
    case .array(let values): values.write(to: &json)
    case .object(let members):
      json.object { json in
        for (name, value) in members { json.member(name, value) }
      }
    }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral,
  ExpressibleByFloatLiteral
{
  init(stringLiteral value: String) { self = .string(value) }
  init(integerLiteral value: Int) { self = .integer(value) }
  init(floatLiteral value: Double) { self = .number(value) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(nilLiteral: ()) { self = .null }
  init(arrayLiteral elements: JSON...) { self = .array(elements) }
  init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements) }
}
