import Foundation

extension Decodable {
  /// Reads JSON.
  ///
  /// - Throws: `malformedBody` where it is none, `invalidParameter` with the path of what is not as wanted.
  static func read(_ bytes: [UInt8]) throws(Problem) -> Self {
    do {
      return try JSONDecoder().decode(Self.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw Problem(error)
    } catch let problem as Problem {
      throw problem
    } catch {
      throw Problem(.malformedBody, "\(error)")
    }
  }
}

/// A JSON body, flattened to fields; `filter`'s members count as fields of their own.
struct JSONBody: Decodable {
  private(set) var fields: [(name: String, values: [String])] = []
  private(set) var vector: [Float]?

  init(from decoder: any Decoder) throws {
    try self.init(decoder.container(keyedBy: Name.self), leavingOut: nil)
  }

  fileprivate init(
    _ container: KeyedDecodingContainer<Name>, leavingOut other: String?
  ) throws {
    for name in container.allKeys where name.stringValue != other {
      switch name.stringValue {
      case "vector":
        do {
          vector = try container.decode([Float].self, forKey: name)
        } catch  where !(error is DecodingError) {
          // Foundation's word for a number that no Float holds is one of its own.
          throw DecodingError.dataCorruptedError(
            forKey: name, in: container, debugDescription: "a number beyond those of 32 bits")
        }
      case "filter":
        let filter = try container.nestedContainer(keyedBy: Name.self, forKey: name)
        for name in filter.allKeys {
          let values = try filter.decode(Scalars.self, forKey: name).values
          fields.append((name.stringValue, values))
        }
      default:
        let values = try container.decode(Scalars.self, forKey: name).values
        fields.append((name.stringValue, values))
      }
    }
  }

  fileprivate struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// A text, number, truth value or a list of them, as texts; `null` is none.
  private struct Scalars: Decodable {
    var values: [String] = []

    init(from decoder: any Decoder) throws {
      if var list = try? decoder.unkeyedContainer() {
        while !list.isAtEnd { values.append(try list.decode(Scalar.self).text) }
        return
      }
      let single = try decoder.singleValueContainer()
      if !single.decodeNil() { values = [try single.decode(Scalar.self).text] }
    }
  }

  private struct Scalar: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(String.self) {
        text = value
      } else if let value = try? container.decode(Bool.self) {
        text = value ? "true" : "false"
      } else {
        do {
          // Decimal, not Double: a price keeps its digits.
          text = try container.decode(Decimal.self).description
        } catch  where !(error is DecodingError) {
          throw DecodingError.dataCorruptedError(
            in: container, debugDescription: "a number too large, or too near to zero")
        }
      }
    }
  }
}

/// A JSON body of several searches: each member of `queries` is what one search has, and what stands
/// beside them holds for all that say nothing of it.
struct JSONBatch: Decodable {
  let shared: JSONBody
  /// One that is not as wanted takes no other with it.
  let queries: [Result<JSONBody, Problem>]

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: JSONBody.Name.self)
    let name = JSONBody.Name(stringValue: "queries")
    guard container.contains(name) else { throw Problem.invalid("queries", "there are none") }
    let count = try container.nestedUnkeyedContainer(forKey: name).count ?? 0
    guard SearchBatch.counts.contains(count) else {
      throw Problem.invalid(
        "queries", "\(count) queries, allowed are 1...\(SearchBatch.counts.upperBound)")
    }
    queries = try container.decode([Attempt].self, forKey: name).map(\.body)
    shared = try JSONBody(container, leavingOut: name.stringValue)
  }

  private struct Attempt: Decodable {
    let body: Result<JSONBody, Problem>

    init(from decoder: any Decoder) throws {
      do {
        body = .success(try JSONBody(from: decoder))
      } catch let error as DecodingError {
        body = .failure(Problem(error))
      }
    }
  }
}

extension Fields {
  mutating func add(_ json: JSONBody) throws(Problem) {
    for (name, values) in json.fields {
      for value in values { try add(name, value) }
    }
  }
}
