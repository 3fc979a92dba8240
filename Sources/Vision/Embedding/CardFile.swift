internal import Catalog
internal import Foundation
internal import Yams

/// A YAML file beside a model that says how it is used.
struct CardFile {
  let place: URL
  let text: String

  /// A card of more bytes is none.
  private static let sizeLimit = 64 << 10

  init(_ place: URL) throws(EmbedError) {
    self.place = place
    let bytes = try Self.bytes(of: place, atMost: Self.sizeLimit)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Self.refusal(place, "not UTF-8")
    }
    self.text = text
  }

  /// What a file beside a card holds; one of more bytes is refused unread.
  static func bytes(of place: URL, atMost limit: Int) throws(EmbedError) -> Data {
    do {
      let handle = try FileHandle(forReadingFrom: place)
      defer { try? handle.close() }
      let bytes = try handle.read(upToCount: limit + 1) ?? Data()
      guard bytes.count <= limit else { throw refusal(place, "more than \(limit) bytes") }
      return bytes
    } catch let error as EmbedError {
      throw error
    } catch {
      throw refusal(place, error.fileFault)
    }
  }

  /// Decodes a card that has no keys but those of `Keys`. JSON is YAML.
  func decoded<Card: Decodable, Keys: CodingKey & CaseIterable>(
    as type: Card.Type, keys: Keys.Type
  ) throws(EmbedError) -> Card {
    do {
      guard let written = try Yams.load(yaml: text) as? [String: Any] else {
        throw refusal("no table of keys and values")
      }
      let known = Keys.allCases.map(\.stringValue)
      let strange = Set(written.keys).subtracting(known).sorted()
      guard strange.isEmpty else {
        throw refusal(
          "unknown key \(strange[0]); known are \(known.sorted().joined(separator: ", "))")
      }
      return try YAMLDecoder().decode(type, from: text)
    } catch let error as EmbedError {
      throw error
    } catch let error as DecodingError {
      throw refusal(error.fault)
    } catch {
      throw refusal("\(error)")
    }
  }

  func refusal(_ reason: String) -> EmbedError { Self.refusal(place, reason) }

  /// `file` where it is a name within the card's folder.
  func neighbour(_ key: String, _ file: String) throws(EmbedError) -> URL {
    guard !file.isEmpty, !file.contains("/"), file != ".", file != ".." else {
      throw refusal("\(key) \(file), a name within the folder wanted")
    }
    return place.deletingLastPathComponent().appending(path: file)
  }

  /// What tells the card with its model, and all files of that, from any other.
  func digest(with model: URL) throws(EmbedError) -> String {
    let folder = model.deletingLastPathComponent()
    var all = Array(text.utf8)
    for path in try ModelFiles.paths(of: model) {
      let part = folder.appending(path: path)
      do {
        all += ContentHash(of: [UInt8](try Data(contentsOf: part, options: .mappedIfSafe))).bytes
      } catch {
        throw .modelUnusable(path: part.path, reason: error.fileFault)
      }
    }
    return String(ContentHash(of: all).description.prefix(12))
  }

  static func refusal(_ place: URL, _ reason: String) -> EmbedError {
    .modelUnusable(path: place.path, reason: reason)
  }
}
