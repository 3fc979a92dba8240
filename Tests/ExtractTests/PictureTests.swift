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
    // VTEX, ImageKit.
    (
      "https://v.example/arquivos/ids/155-100-auto?v=1&width=100&height=auto",
      "https://v.example/arquivos/ids/155-1200-auto?v=1&width=1200&height=auto"
    ),
    ("https://i.example/x/tr:w-100,h-100/a.jpg", "https://i.example/x/a.jpg?tr=w-900"),
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
    #expect(
      try original("https://shop.example/cdn/shop/files/a.jpg?v=1&width=100")
        == "https://shop.example/cdn/shop/files/a.jpg?v=1")
    #expect(
      try original("https://cdn.shopify.com/s/a_{width}x.jpg?v=2")
        == "https://cdn.shopify.com/s/a.jpg?v=2")
    #expect(try original("https://cdn.shopify.com/s/a.jpg?v=2") == nil)
    #expect(try original("https://other.example/a_400x.jpg") == nil)
  }

  @Test(arguments: [
    "/catalogo/silla.jpg", "/p/dress-681x1024.jpg", "/p/pixel-8-pro.jpg", "/p/iconic-lamp.jpg",
    "/watches/swatch-gent.jpg", "/p/front-loader.jpg", "/p/vase-transparent.jpg",
    "/crops/1x1/chair.jpg", "/p/11x17-frame.jpg", "/p/sprite-330ml.jpg", "/p/logo-t-shirt.jpg",
    "/p/badge-holder.jpg", "/p/flags/france.jpg", "/analogous/set.jpg", "/p/casino-image.jpg",
    "/m/{00D5A0C1-1B2C-4D3E-8F90-ABCDEF012345}.jpg",
  ])
  func `a picture that data names stays, whatever words its address holds`(address: String) throws {
    let product = try read(
      linked(
        """
        {"@type": "Product", "name": "Thing", "image": "\(address)",
        "offers": {"price": 5, "priceCurrency": "EUR"}}
        """)
    ).product
    #expect(product?.images.count == 1)
  }

  @Test(arguments: [
    "/placeholder-600x600.png", "/no-image_large.jpg", "/img/loading.gif", "/ajax-loader-2.gif",
    "/1x1.png", "/blank.png", "/transparent_pixel.png", "/logo.png", "/image-coming-soon.jpg",
    "/a.svg", "/tr?id=1", "/a_{width}x.jpg", "/stencil/{:size}/a.jpg", "data:image/gif;base64,AA",
  ])
  func `a blank is no picture, even where data names it`(address: String) {
    #expect(PictureAddress.isBlank(address))
  }

  @Test func `an ornament of the site is no picture, unless the heading says its word`() throws {
    func pictures(_ heading: String) throws -> [String]? {
      try read(
        """
        <html lang=en><h1>\(heading)</h1><span class=price>€5</span><p class=stock>In stock</p>
        <div class=gallery><img src="/red-logo-tee.jpg"><img src="/m/badge-sale.png">
        <img src="/a/catalogo/1.jpg" data-zoom-icon="/zoom-icon.png"></div>
        """
      ).product?.pictures
    }
    #expect(try pictures("Red tee") == ["/a/catalogo/1.jpg"])
    #expect(try pictures("Red Logo Tee") == ["/red-logo-tee.jpg", "/a/catalogo/1.jpg"])
  }

  /// The pictures of a gallery on a product's page.
  private func gallery(_ markup: String) throws -> [String]? {
    try read(
      """
      <html lang=en><h1>Tee</h1><span class=price>€5</span><p class=stock>In stock</p>
      <div class=gallery>\(markup)</div>
      """
    ).product?.pictures
  }

  @Test func `a template that a script fills in gives way to the address beside it`() throws {
    #expect(
      try gallery("<img src=/s/500x659/a.jpg data-src='/s/{:size}/a.jpg'>") == ["/s/500x659/a.jpg"])
    #expect(
      try gallery("<img src=/cdn/shop/a_300x.jpg?v=1 data-src='/cdn/shop/a_{width}x.jpg?v=1'>")
        == ["/cdn/shop/a.jpg?v=1"])
  }

  @Test(arguments: [
    ("/is/image/a?$thumb$", "/is/image/a?wid=1200"),
    ("/is/image/a?$thumb$", "/is/image/a?$pdp$"),
    ("/abc-1000x1500.jpg?w=100", "/abc-1000x1500.jpg?w=900"),
    ("/ids/155-100-auto?width=100", "/ids/155-1200-auto?width=1200"),
    ("/x/tr:w-100,h-100/a.jpg", "/x/tr:w-900/a.jpg"),
  ])
  func `the larger rendition is kept, whichever comes first`(small: String, large: String) throws {
    #expect(try gallery("<img src='\(small)'><img src='\(large)'>") == [large])
    #expect(try gallery("<img src='\(large)'><img src='\(small)'>") == [large])
  }

  @Test func `sources told apart by density are compared by the width in their addresses`() throws {
    #expect(
      try gallery(
        """
        <picture><source srcset="/u/f_webp,w_600/v1/a.jpg 1x, /u/f_webp,w_1200/v1/a.jpg 2x">
        <img src="/u/w_600/v1/a.jpg"></picture>
        """) == ["/u/f_webp,w_1200/v1/a.jpg"])
  }

  @Test func `a link to a large picture and the small one in it are one picture`() throws {
    #expect(
      try gallery(
        "<a href=/big/1.jpg><img src=/s/1.jpg></a><a href=/big/2.jpg><img src=/s/2.jpg></a>")
        == ["/big/1.jpg", "/big/2.jpg"])
    // A link around several pictures stands for none of them; a misspelt one leads nowhere.
    #expect(
      try gallery(
        """
        <a href=/big/1.jpg><img src=/s/1.jpg><img src=/s/2.jpg></a><a href='href=http://a/b.jpg'></a>
        """) == ["/big/1.jpg", "/s/1.jpg", "/s/2.jpg"])
  }
}
