/// Whether a shop says that a thing can be bought now.
package enum Availability: String, Sendable, Codable, CaseIterable {
  case inStock = "in_stock"
  case soldOut = "sold_out"
}

/// What a shop asks for a product at one time.
package struct Offer: Hashable, Sendable, Codable {
  /// What is paid now: the sale price where there is one.
  package var price: Money?
  /// The struck-through or regular price, only where it is higher than `price`.
  package var listPrice: Money?
  package var availability: Availability?

  package init(price: Money? = nil, listPrice: Money? = nil, availability: Availability? = nil) {
    self.price = price
    self.listPrice = listPrice
    self.availability = availability
  }
}

/// One colour or size of a product that its page offers beside others.
package struct Variant: Hashable, Sendable, Codable {
  package var sku: String?
  package var gtin: String?
  package var color: String?
  package var size: String?
  package var image: CanonicalURL?
  package var offer: Offer

  package init(
    sku: String? = nil, gtin: String? = nil, color: String? = nil, size: String? = nil,
    image: CanonicalURL? = nil, offer: Offer = Offer()
  ) {
    self.sku = sku
    self.gtin = gtin
    self.color = color
    self.size = size
    self.image = image
    self.offer = offer
  }
}

/// Something a shop sells, as one of its pages states it.
package struct Product: Hashable, Sendable, Codable {
  package var name: String?
  package var brand: String?
  package var retailer: String?
  package var category: String?
  package var sku: String?
  /// 8, 12, 13 or 14 digits with a right check digit.
  package var gtin: String?
  package var color: String?
  package var description: String?
  package var offer: Offer
  /// The gallery of this product in page order, each picture once, at its best size.
  package var images: [CanonicalURL]
  package var variants: [Variant]
  /// Every value that was read for a field, chosen or not, best first within a field.
  package var evidence: [Evidence]

  package init(
    name: String? = nil, brand: String? = nil, retailer: String? = nil, category: String? = nil,
    sku: String? = nil, gtin: String? = nil, color: String? = nil, description: String? = nil,
    offer: Offer = Offer(), images: [CanonicalURL] = [], variants: [Variant] = [],
    evidence: [Evidence] = []
  ) {
    self.name = name
    self.brand = brand
    self.retailer = retailer
    self.category = category
    self.sku = sku
    self.gtin = gtin
    self.color = color
    self.description = description
    self.offer = offer
    self.images = images
    self.variants = variants
    self.evidence = evidence
  }
}

/// Something an influencer published: a picture, a caption and the products tagged in it.
package struct Post: Hashable, Sendable, Codable {
  /// The profile page of the creator.
  package var creator: CanonicalURL?
  package var heroImage: CanonicalURL?
  package var caption: String?
  /// Without `#`, in the order of the caption.
  package var hashtags: [String]
  /// ISO 8601, as the page gives it: a date, or a date and time with its offset.
  package var published: String?
  /// Where the tagged products lead: product pages, or the site's redirects to them.
  package var products: [CanonicalURL]
  package var evidence: [Evidence]

  package init(
    creator: CanonicalURL? = nil, heroImage: CanonicalURL? = nil, caption: String? = nil,
    hashtags: [String] = [], published: String? = nil, products: [CanonicalURL] = [],
    evidence: [Evidence] = []
  ) {
    self.creator = creator
    self.heroImage = heroImage
    self.caption = caption
    self.hashtags = hashtags
    self.published = published
    self.products = products
    self.evidence = evidence
  }
}

/// An influencer, as their profile page states it.
package struct Creator: Hashable, Sendable, Codable {
  package var name: String?
  /// Without `@`.
  package var handle: String?
  package var biography: String?
  /// The profile's first page: the same for all pages of a profile that is spread over several.
  package var profile: CanonicalURL?
  /// The posts that this page of the profile lists.
  package var posts: [CanonicalURL]
  package var evidence: [Evidence]

  package init(
    name: String? = nil, handle: String? = nil, biography: String? = nil,
    profile: CanonicalURL? = nil, posts: [CanonicalURL] = [], evidence: [Evidence] = []
  ) {
    self.profile = profile
    self.name = name
    self.handle = handle
    self.biography = biography
    self.posts = posts
    self.evidence = evidence
  }
}
