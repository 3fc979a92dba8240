import Catalog
import Foundation
import Storage
import Support
import Testing

/// Holds what the server answers against what it says of itself.
struct OpenAPITests {
  @Test func `every answer is one that the description tells of, member by member`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let document = try await client.get("/openapi.json").json()
      #expect(document["openapi"]?.string == "3.1.0")
      let description = Description(document)
      let red = try shop.item("Red dress")
      let picture = "/v1/images/\(try shop.image("Red dress"))"
      let post = try shop.item("post")
      for target in [
        "/v1/items?facets=1", "/v1/items?limit=1", "/v1/items?limit=x", "/v1/items?nonsense=1",
        "/v1/items/\(red)", "/v1/items/\(post)", "/v1/items/0", "/v1/items/\(red)/similar",
        "/v1/items/\(red)/similar?k=x", "/v1/items/999999/similar",
        "/v1/items/\(try shop.item("Plain belt"))/similar", "/v1/changes", "/v1/changes?kinds=x",
        picture, picture + "/thumbnail", "/v1/images/999999", "/v1/images/999999/thumbnail",
        "/v1/search?image=1", "/v1/search?text=red", "/v1/search?text=red&item=1",
        "/v1/search?image=1&rerank=none", "/v1/search?box=1", picture + "/boxes",
        "/v1/images/999999/boxes", picture + "/copies", "/v1/images/999999/copies",
        "/v1/stats", "/healthz", "/readyz", "/metrics",
        "/openapi.json",
      ] {
        description.check(try await client.get(target), "get", target)
        description.check(
          try await client.get(target, headers: [("Host", "evil.example")]), "get", target)
      }
      description.check(
        try await client.get(picture, headers: [("Range", "bytes=0-1")]), "get", picture)
      description.check(
        try await client.get(picture, headers: [("Range", "bytes=999999-")]), "get", picture)
      description.check(
        try await client.get(picture, headers: [("If-None-Match", "*")]), "get", picture)
      for body in [
        #"{"image": 1, "variety": "all"}"#, #"{"item": \#(red)}"#, "{", "{}", #"{"image": 999}"#,
        #"{"url": "https://nowhere.example/"}"#, #"{"image": 1, "k": 0}"#,
        #"{"image": 1, "crop": [0, 0, 0.5, 0.5]}"#,
      ] {
        description.check(try await client.search(body), "post", "/v1/search")
      }
      description.check(
        try await client.post("/v1/search", "text/plain", [1]), "post", "/v1/search")
      for body in [
        #"{"queries": [{"image": 1}, {"item": 999999}, {"k": 0}, 7]}"#, #"{"queries": []}"#, "[]",
        "{",
        #"{"queries": [{"image": 1}], "snapshot": "x"}"#,
        #"{"queries": [{"image": 1}], "item": 1}"#,
      ] {
        description.check(
          try await client.post("/v1/search/batch", "application/json", Array(body.utf8)), "post",
          "/v1/search/batch")
      }
      description.check(try await client.post("/v1/boxes", "text/plain", [1]), "post", "/v1/boxes")
      let boxes = "/v1/images/1/boxes"
      description.check(
        try await client.send(
          "PUT", boxes, headers: [("Content-Type", "application/json")],
          body: Array(#"{"boxes": []}"#.utf8)), "put", boxes)
      #expect(description.unseen.isEmpty, "never asked: \(description.unseen)")
    }
  }

  @Test func `boxes are described as they are drawn and found`() async throws {
    let catalog = try await TestCatalog()
    let image = try await catalog.add(
      .product(try .test("Hat", images: ["https://shop.example/1.jpg"])),
      at: "https://shop.example/1",
      shots: [
        .init(
          url: "https://shop.example/1.jpg", bytes: BoxTests.corner,
          vector: SampleShop.vector([0: 1]))
      ]
    ).images[0]
    let region = try #require(Region(x: 0, y: 0, width: 0.5, height: 0.5))
    let box = try await catalog.look(at: image, [("hat", region, SampleShop.vector([1: 1]))])[0]
    try await withServer(catalog, detector: try BoxTests.detector(), isEditable: true) { client in
      let description = Description(try await client.get("/openapi.json").json())
      let boxes = "/v1/images/\(image)/boxes"
      description.check(
        try await client.search(#"{"vector": [0,1,0,0,0,0,0,0]}"#), "post", "/v1/search")
      description.check(try await client.get("/v1/search?box=\(box)"), "get", "/v1/search")
      description.check(try await client.get(boxes), "get", boxes)
      description.check(
        try await client.post("/v1/boxes", "image/jpeg", BoxTests.corner), "post", "/v1/boxes")
      for body in [
        #"{"boxes": [{"x": 0, "y": 0, "width": 0.5, "height": 0.5, "name": "cap"}]}"#,
        #"{"boxes": [{"x": 0}]}"#, "[", #"{"boxes": [], "revision": 1}"#,
      ] {
        let reply = try await client.send(
          "PUT", boxes, headers: [("Content-Type", "application/json")], body: Array(body.utf8))
        description.check(reply, "put", boxes)
      }
    }
  }

  @Test func `every parameter that is described is taken, and no other`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let document = try await client.get("/openapi.json").json()
      let description = Description(document)
      for (path, operations) in document["paths"]?.members ?? [:] {
        for (method, operation) in operations.members {
          let target = path.replacing("{id}", with: "1")
          for parameter in operation["parameters"]?.array ?? [] {
            guard parameter["in"]?.string == "query", let name = parameter["name"]?.string else {
              continue
            }
            let reply = try await client.send(method.uppercased(), "\(target)?\(name)=", body: nil)
            #expect(reply.code != "unknown_parameter", "\(method) \(path) \(name)")
          }
          let reply = try await client.send(method.uppercased(), "\(target)?nonsense=1", body: nil)
          #expect(reply.code == "unknown_parameter", "\(method) \(path)")
          description.check(reply, method, target)
          let broken = try await client.send(method.uppercased(), "\(target)?a=%zz", body: nil)
          #expect(broken.code == "malformed_body", "\(method) \(path)")
          description.check(broken, method, target)
          let misled = try await client.send(
            method.uppercased(), target, headers: [("Host", "evil.example")], body: nil)
          #expect(misled.code == "host_not_allowed", "\(method) \(path)")
          description.check(misled, method, target)
        }
      }
    }
  }
}

/// An OpenAPI document that knows which of its operations were asked.
private final class Description {
  private let document: Value
  private(set) var unseen: Set<String> = []

  init(_ document: Value) {
    self.document = document
    for (path, operations) in document["paths"]?.members ?? [:] {
      for method in operations.members.keys { unseen.insert("\(method) \(path)") }
    }
  }

  func check(_ reply: Client.Reply, _ method: String, _ target: String) {
    let path = String(target.prefix { $0 != "?" })
    let known = document["paths"]?.members.keys.first { template in
      let parts = template.split(separator: "/")
      let asked = path.split(separator: "/")
      return parts.count == asked.count
        && zip(parts, asked).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
    guard let known, let operation = document["paths"]?[known]?[method] else {
      Issue.record("\(method) \(target) is not described")
      return
    }
    unseen.remove("\(method) \(known)")
    guard let response = operation["responses"]?[String(reply.status)] else {
      Issue.record("\(method) \(target) answered \(reply.status), which is not described")
      return
    }
    let type = (reply["Content-Type"] ?? "").prefix { $0 != ";" }
    guard let content = response["content"] else {
      #expect(reply.body.isEmpty, "\(method) \(target) has an undescribed body")
      return
    }
    let found = content.members.first { name, _ in
      name == type || (name.hasSuffix("/*") && type.hasPrefix(name.dropLast()))
    }
    guard let found else {
      Issue.record("\(method) \(target) answered \(type), described is \(content.members.keys)")
      return
    }
    if let schema = found.value["schema"], let value = try? reply.json() {
      for flaw in flaws(of: value, against: schema, at: "$") {
        Issue.record("\(method) \(target) \(reply.status): \(flaw)")
      }
    }
  }

  /// Where `value` is not what the JSON schema says; the part of the language that is in use.
  private func flaws(of value: Value, against schema: Value, at path: String) -> [String] {
    var flaws: [String] = []
    if let name = schema["$ref"]?.string?.split(separator: "/").last {
      guard let named = document["components"]?["schemas"]?[String(name)] else {
        return ["\(path): no schema \(name)"]
      }
      return self.flaws(of: value, against: named, at: path)
    }
    if let choices = schema["anyOf"]?.array {
      let all = choices.map { self.flaws(of: value, against: $0, at: path) }
      if all.contains(where: \.isEmpty) { return [] }
      return all.min { $0.count < $1.count } ?? []
    }
    if let types = schema["type"] {
      let allowed = types.string.map { [$0] } ?? types.array.compactMap(\.string)
      if !allowed.contains(where: { matches(value, $0) }) { return ["\(path): not \(allowed)"] }
    }
    if let allowed = schema["enum"]?.array, !allowed.contains(value) {
      flaws.append("\(path): not among \(allowed)")
    }
    if let only = schema["const"], only != value { flaws.append("\(path): not \(only)") }
    if let pattern = schema["pattern"]?.string, let text = value.string,
      let expression = try? Regex(pattern), text.firstMatch(of: expression) == nil
    {
      flaws.append("\(path): \(text) does not match \(pattern)")
    }
    if let items = schema["items"] {
      for (index, element) in value.array.enumerated() {
        flaws += self.flaws(of: element, against: items, at: "\(path)[\(index)]")
      }
    }
    if case .object(let members) = value {
      for name in schema["required"]?.array.compactMap(\.string) ?? [] where members[name] == nil {
        flaws.append("\(path): no \(name)")
      }
      for (name, member) in members {
        if let known = schema["properties"]?[name] {
          flaws += self.flaws(of: member, against: known, at: "\(path).\(name)")
        } else if schema["additionalProperties"]?.bool == false {
          flaws.append("\(path): \(name) is not described")
        } else if let others = schema["additionalProperties"], others.bool == nil {
          flaws += self.flaws(of: member, against: others, at: "\(path).\(name)")
        }
      }
    }
    return flaws
  }

  private func matches(_ value: Value, _ type: String) -> Bool {
    switch (type, value) {
    case ("null", .null), ("boolean", .bool), ("number", .number), ("string", .string),
      ("array", .array), ("object", .object):
      true
    case ("integer", .number): value.int != nil
    default: false
    }
  }
}
