import Catalog
import Foundation
import Storage

/// The boxes that a client wants to stand in a picture: the body of `PUT /v1/images/ID/boxes`.
struct BoxEdits: Sendable, Equatable {
  var boxes: [WantedBox]
  /// Of the boxes as the client has read them; `nil` overwrites whatever stands.
  var revision: Int64?

  /// Boxes of a picture.
  static let limit = 100
  static let bodyLimit = 64 << 10

  init(json bytes: [UInt8]) throws(Problem) {
    let written: Written
    do {
      written = try JSONDecoder().decode(Written.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw Problem(error)
    } catch {
      throw Problem(.malformedBody, "\(error)")
    }
    guard written.boxes.count <= Self.limit else {
      throw .invalid("boxes", "\(written.boxes.count) boxes, limit \(Self.limit)")
    }
    boxes = []
    for (place, box) in written.boxes.enumerated() {
      let path = "boxes[\(place)]"
      guard let region = Region(x: box.x, y: box.y, width: box.width, height: box.height) else {
        throw .invalid(path, Region.demand)
      }
      let name = (box.name ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
      guard name.unicodeScalars.count <= Detection.nameLimit else {
        throw .invalid(
          path + ".name",
          "\(name.unicodeScalars.count) characters, limit \(Detection.nameLimit)")
      }
      // U+0000 would end the text for some who read the catalog.
      guard !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
      else { throw .invalid(path + ".name", "a control character") }
      boxes.append(WantedBox(id: box.id, region: region, name: name))
    }
    revision = written.revision
  }

  private struct Written: Decodable {
    var boxes: [WrittenBox]
    var revision: Int64?

    enum CodingKeys: String, CodingKey, CaseIterable { case boxes, revision }

    init(from decoder: any Decoder) throws {
      try decoder.requireKnown(CodingKeys.self)
      let container = try decoder.container(keyedBy: CodingKeys.self)
      boxes = try container.decode([WrittenBox].self, forKey: .boxes)
      revision = try container.decodeIfPresent(Int64.self, forKey: .revision)
    }
  }

  private struct WrittenBox: Decodable {
    var id: ID<Box>?
    var x: Double
    var y: Double
    var width: Double
    var height: Double
    var name: String?

    enum CodingKeys: String, CodingKey, CaseIterable { case id, x, y, width, height, name }

    init(from decoder: any Decoder) throws {
      try decoder.requireKnown(CodingKeys.self)
      let container = try decoder.container(keyedBy: CodingKeys.self)
      id = try container.decodeIfPresent(ID<Box>.self, forKey: .id)
      x = try container.decode(Double.self, forKey: .x)
      y = try container.decode(Double.self, forKey: .y)
      width = try container.decode(Double.self, forKey: .width)
      height = try container.decode(Double.self, forKey: .height)
      name = try container.decodeIfPresent(String.self, forKey: .name)
    }
  }
}

extension Decoder {
  /// A misspelt member is an error and not an edit without it.
  fileprivate func requireKnown<Keys: CodingKey & CaseIterable>(_: Keys.Type) throws {
    let known = Set(Keys.allCases.map(\.stringValue))
    for key in try container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
      throw DecodingError.dataCorrupted(
        .init(codingPath: codingPath + [key], debugDescription: "no such member"))
    }
  }
}

private struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
