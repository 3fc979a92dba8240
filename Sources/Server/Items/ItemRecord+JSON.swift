import Catalog
import Storage

extension ShownImage: JSONWritable {
  /// The address carries the picture's content, so that a cache of another catalog on this port
  /// never answers for it.
  private var address: (picture: String, thumbnail: String) {
    let version = hash.description.prefix(12)
    return ("/v1/images/\(id)?v=\(version)", "/v1/images/\(id)/thumbnail?v=\(version)")
  }

  func write(to json: inout JSONWriter) {
    json.object {
      $0.member("id", id)
      $0.member("group", group)
      $0.member("url", url)
      $0.member("sha256", hash.description)
      $0.member("media_type", format.mediaType)
      $0.member("width", width)
      $0.member("height", height)
      $0.member("colours", traits?.colours.names.map(\.description))
      $0.member("product_shot", traits.map { Double($0.productShot) / 100 })
      $0.member("looks_like", looksLike)
      $0.member("href", address.picture)
      $0.member("thumbnail", address.thumbnail)
    }
  }
}

extension Offer {
  func members(to json: inout JSONWriter) {
    json.member("price", price?.amount)
    json.member("list_price", listPrice?.amount)
    json.member("currency", (price ?? listPrice)?.currency.code)
    json.member("availability", availability?.rawValue)
  }
}

extension ShownVariant: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object {
      $0.member("sku", sku)
      $0.member("gtin", gtin)
      $0.member("color", color)
      $0.member("size", size)
      offer.members(to: &$0)
      $0.member("image", image)
    }
  }
}

extension ItemRecord {
  /// What a tile shows.
  func writeSummary(to json: inout JSONWriter) {
    json.object { summary(to: &$0, text: text.map { Self.excerpt($0) }) }
  }

  /// Everything but evidence and history.
  func members(to json: inout JSONWriter) {
    summary(to: &json, text: text)
    json.member("sku", sku)
    json.member("gtin", gtin)
    json.member("color", color)
    json.member("changed_at", changedAt)
    json.member("published", published)
    json.member("hashtags", hashtags)
    json.member("creator", creator)
    json.member("linked", linked)
    json.member("images", images)
    json.member("variants", variants)
  }

  private func summary(to json: inout JSONWriter, text: String?) {
    json.member("id", id)
    json.member("kind", kind.name)
    json.member("url", url)
    json.member("name", name)
    json.member("text", text)
    json.member("brand", brand)
    json.member("retailer", retailer)
    json.member("category", category)
    json.member("handle", handle)
    offer.members(to: &json)
    json.member("first_seen", firstSeen)
    json.member("last_seen", lastSeen)
    json.member("is_gone", isGone)
    json.member("href", "/v1/items/\(id)")
  }

  static let excerptLength = 240

  private static func excerpt(_ text: String) -> String {
    text.utf8.count <= excerptLength ? text : text.prefix(excerptLength) + "…"
  }
}

extension ItemRecord: JSONWritable {
  func write(to json: inout JSONWriter) { json.object { members(to: &$0) } }
}

extension Evidence: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object {
      $0.member("field", field)
      $0.member("syntax", syntax.rawValue)
      $0.member("path", path)
      $0.member("raw", raw)
      $0.member("value", value)
      $0.member("reason", reason)
      $0.member("is_chosen", isChosen)
    }
  }
}

extension ChangeEvent: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object {
      $0.member("cursor", cursor)
      $0.member("kind", kind.rawValue)
      $0.member("at", at)
      $0.member("item", item)
      $0.member("item_kind", itemKind.name)
      $0.member("url", url)
      $0.member("name", name)
      $0.member("old", old)
      $0.member("new", new)
      $0.member("href", "/v1/items/\(item)")
    }
  }
}
