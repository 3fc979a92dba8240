/// What one page may cost.
package struct ExtractLimits: Sendable, Hashable {
  /// Bytes of an HTML, JSON or feed body, after any decompression.
  package var pageBytes: Int
  /// Bytes of a sitemap after decompression (sitemaps.org: 50 MB).
  package var sitemapBytes: Int
  /// Addresses taken from one sitemap (sitemaps.org: 50,000) or page.
  package var links: Int
  /// Elements kept of one document; what follows is not read.
  package var elements: Int
  /// Values kept of all script payloads of a page.
  package var jsonNodes: Int
  /// Nesting of a script payload; what is deeper is not read.
  package var jsonDepth: Int
  /// Steps that one search through the payloads may take, shared values counted each time.
  package var searchSteps: Int
  /// Pictures of one product.
  package var pictures: Int
  /// Variants of one product.
  package var variants: Int

  package init(
    pageBytes: Int = 16 << 20, sitemapBytes: Int = 50 << 20, links: Int = 50_000,
    elements: Int = 1_000_000, jsonNodes: Int = 1_000_000, jsonDepth: Int = 256,
    searchSteps: Int = 2_000_000, pictures: Int = 64, variants: Int = 512
  ) {
    self.pageBytes = pageBytes
    self.sitemapBytes = sitemapBytes
    self.links = links
    self.elements = elements
    self.jsonNodes = jsonNodes
    self.jsonDepth = jsonDepth
    self.searchSteps = searchSteps
    self.pictures = pictures
    self.variants = variants
  }
}
