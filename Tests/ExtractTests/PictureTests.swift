import Catalog
import Testing

@testable import Extract

@Suite struct PictureTests {
  @Test(arguments: [
    ("https://c.example/a.jpg?w=200", "https://c.example/a.jpg?w=900&q=80"),
    ("https://c.example/a_400x.jpg", "https://c.example/a.jpg"),
    ("https://c.example/a-300x300.jpg", "https://c.example/a.jpg"),
    ("https://c.example/fit-in/300x300/x/a.jpg", "https://c.example/x/a.jpg"),
    ("https://c.example/u/w_300,c_fill/v1/a.jpg", "https://c.example/u/v1/a.jpg"),
    (
      "https://s7.example/is/image/b/a?wid=300&hei=400&$pdp$",
      "https://s7.example/is/image/b/a?wid=900"
    ),
    ("https://m.example/images/I/a._AC_SX300_.jpg", "https://m.example/images/I/a._SL1500_.jpg"),
    (
      "https://c.example/cdn-cgi/image/width=300/x/a.jpg",
      "https://c.example/cdn-cgi/image/width=800/x/a.jpg"
    ),
    // imgix, Akamai, Salesforce.
    (
      "https://b.imgix.example/a.jpg?auto=format,compress&fit=crop&w=300&h=300",
      "https://b.imgix.example/a.jpg?w=1200"
    ),
    (
      "https://c.example/a.jpg?imwidth=400&impolicy=product",
      "https://c.example/a.jpg?im=Resize,width=900"
    ),
    (
      "https://c.example/dw/image/v2/x/a.jpg?sw=300&sh=400&sm=fit",
      "https://c.example/dw/image/v2/x/a.jpg"
    ),
    // Thumbor and Cloudinary, signed.
    (
      "https://t.example/AbCdEfGhIjKlMnOpQrStUvWxYz1=/300x300/smart/x/a.jpg",
      "https://t.example/ZyXwVuTsRqPoNmLkJiHgFeDcBa2=/fit-in/900x900/filters:quality(80)/x/a.jpg"
    ),
    (
      "https://r.example/b/image/upload/s--AbCdEfGh--/w_300,c_fill/v1612345678/a.jpg",
      "https://r.example/b/image/upload/f_auto,q_auto/w_900/v1612345678/a.jpg"
    ),
    // Magento, WordPress, folders of widths.
    (
      "https://c.example/media/catalog/product/cache/1/image/700x700/9df78eab33525d08d6e5fb8d27136e95/a/b/ab.jpg",
      "https://c.example/media/catalog/product/a/b/ab.jpg"
    ),
    ("https://c.example/u/a-scaled.jpg", "https://c.example/u/a-300x200.jpg"),
    ("https://c.example/p/1/w/560/a.jpg?ts=1", "https://c.example/p/1/w/1920/a.jpg?ts=2"),
  ])
  func `renditions of one picture have one key`(a: String, b: String) throws {
    #expect(PictureAddress(try CanonicalURL(a)).key == PictureAddress(try CanonicalURL(b)).key)
  }

  @Test(arguments: [
    ("https://c.example/a-1.jpg", "https://c.example/a-2.jpg"),
    ("https://c.example/img?id=1", "https://c.example/img?id=2"),
    ("https://c.example/red/a.jpg", "https://c.example/blue/a.jpg"),
    ("https://c.example/2024/01/a.jpg", "https://c.example/2024/02/a.jpg"),
    (
      "https://c.example/media/catalog/product/cache/9df78eab/a/b/ab.jpg",
      "https://c.example/media/catalog/product/cache/9df78eab/a/c/ab.jpg"
    ),
    ("https://c.example/v12/a.jpg", "https://c.example/v13/a.jpg"),
  ])
  func `different pictures keep different keys`(a: String, b: String) throws {
    #expect(PictureAddress(try CanonicalURL(a)).key != PictureAddress(try CanonicalURL(b)).key)
  }

  @Test(arguments: [
    ("a.jpg 200w, b.jpg 800w", "b.jpg"), ("a.jpg 1x, b.jpg 2x", "b.jpg"), ("a.jpg", "a.jpg"),
    ("a.jpg,b.jpg 2x", "a.jpg,b.jpg"),
    ("u/w_3,h_4/a.jpg 300w,u/w_6,h_8/a.jpg 600w", "u/w_6,h_8/a.jpg"),
    (" a.jpg , b.jpg 1.5x ", "b.jpg"),
  ])
  func `the largest of a set is taken`(set: String, expected: String) {
    #expect(PictureFinder.largest(inSet: Array(set.utf8)[...])?.address == expected)
  }

  @Test func `lazy pictures, sources and noscript are read, blanks are not`() throws {
    let product = try #require(
      try read(
        """
        <html lang=en><h1>Tee</h1><span class=price>€5</span><p class=stock>In stock</p><div class=gallery>
        <img src="data:image/gif;base64,AAAA" data-src="/1.jpg"><img src="/placeholder.png" data-lazy-src="/2.jpg">
        <picture><source srcset="/3-200.jpg 200w, /3-900.jpg 900w"><img src="/3-200.jpg"></picture>
        <noscript><img src="/4.jpg"></noscript><img src="/icons/zoom.png"><img src=/dot.gif width=1 height=1></div>
        <aside><img src="/other.jpg"></aside>
        """
      ).product)
    #expect(product.pictures == ["/1.jpg", "/2.jpg", "/3-900.jpg", "/4.jpg"])
  }

  @Test func `sources of one picture are one, and a style's background is a picture`() throws {
    let product = try #require(
      try read(
        """
        <html lang=en><script type="application/ld+json">{"@type": "Product", "name": "Tee",
        "image": "/one-small.jpg", "offers": {"price": 5, "priceCurrency": "EUR"}}</script><h1>Tee</h1>
        <div class=gallery><picture><source srcset="/one-wide.webp 1400w"><img src="/one-small.jpg"></picture>
        <div style="background-image: url('/two.jpg'); color: red"></div>
        <div style="background: linear-gradient(red, blue)"></div></div>
        """
      ).product)
    #expect(product.pictures == ["/one-wide.webp", "/two.jpg"])
  }

  @Test func `Shopify's and Amazon's originals are asked for, others' addresses are left alone`()
    throws
  {
    func original(_ url: String) throws -> String? {
      PictureAddress.original(of: try CanonicalURL(url))?.string
    }
    #expect(
      try original("https://cdn.shopify.com/s/a_400x.jpg?v=2")
        == "https://cdn.shopify.com/s/a.jpg?v=2")
    #expect(
      try original("https://m.media-amazon.com/images/I/a._AC_SX300_.jpg")
        == "https://m.media-amazon.com/images/I/a.jpg")
    #expect(try original("https://other.example/a_400x.jpg") == nil)
  }
}
