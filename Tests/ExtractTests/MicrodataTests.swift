import Catalog
import Testing

@testable import Extract

@Suite struct MicrodataTests {
  @Test func `properties belong to the nearest item`() throws {
    let product = try #require(
      try read(
        """
        <main itemscope itemtype="http://schema.org/Product"><h1 itemprop=name> Big
        Tee </h1><div itemprop=brand itemscope itemtype="http://schema.org/Brand"><b itemprop=name>Obra</b></div>
        <link itemprop=image href="/1.jpg"><img itemprop=image src="/2.jpg"><meta itemprop=sku content=S>
        <div itemprop=offers itemscope itemtype="http://schema.org/Offer">
        <span itemprop=price content="12.5">12,50 €</span><meta itemprop=priceCurrency content=EUR>
        <link itemprop=availability href="http://schema.org/InStock"></div>
        <li itemprop=isRelatedTo itemscope itemtype="http://schema.org/Product"><i itemprop=name>No</i>
        <span itemprop=offers itemscope><meta itemprop=price content=1></span></li></main>
        """
      ).product)
    #expect(product.name == "Big Tee")
    #expect(product.brand == "Obra")
    #expect(product.pictures == ["/1.jpg", "/2.jpg"])
    #expect(product.price == "12.50 EUR")
    #expect(product.offer.availability == .inStock)
    #expect(product.sku == "S")
  }

  @Test func `a type may end in a slash, and data has its value in an attribute`() throws {
    let product = try read(
      """
      <div itemscope itemtype="https://schema.org/Product/"><b itemprop=name>A</b>
      <div itemprop=offers itemscope itemtype="https://schema.org/Offer">
      <data itemprop=price value="12.50">twelve and a half</data><meta itemprop=priceCurrency content=EUR>
      </div></div>
      """
    ).product
    #expect(product?.name == "A")
    #expect(product?.price == "12.50 EUR")
  }

  @Test func `itemref brings in what stands elsewhere`() throws {
    let product = try read(
      """
      <div itemscope itemtype="https://schema.org/Product" itemref="o x"><b itemprop=name>A</b></div>
      <div id=o><div itemprop=offers itemscope itemtype="https://schema.org/Offer"><meta itemprop=price content=3>
      <meta itemprop=pricecurrency content=USD></div></div><p id=x itemprop=sku>S-9</p>
      """
    ).product
    #expect(product?.price == "3.00 USD")
    #expect(product?.sku == "S-9")
  }

  @Test func `an item without itemprop says nothing of the one around it`() throws {
    let product = try read(
      """
      <div itemscope itemtype="https://schema.org/Product"><b itemprop=name>A</b><i itemprop=sku>1</i>
      <div itemscope itemtype="https://schema.org/Person"><b itemprop=name>Ann</b><i itemprop=color>red</i></div></div>
      """
    ).product
    #expect(product?.name == "A")
    #expect(product?.color == nil)
  }

  @Test func `RDFa Lite and full RDFa are read`() throws {
    let lite = try read(
      """
      <div vocab="https://schema.org/" typeof="Product"><h1 property="name">A</h1>
      <span property="brand" typeof="Brand"><i property="name">Lumen</i></span>
      <img property="image" src="/a.jpg"><div property="offers" typeof="Offer"><b property="price">9.90</b>
      <meta property="priceCurrency" content="EUR"><link property="availability" href="http://schema.org/SoldOut">
      </div></div>
      """
    ).product
    #expect(lite?.brand == "Lumen")
    #expect(lite?.price == "9.90 EUR")
    #expect(lite?.offer.availability == .soldOut)
    #expect(lite?.pictures == ["/a.jpg"])
    #expect(lite?.evidence.contains { $0.syntax == .rdfa && $0.field == "name" } == true)
    let full = try read(
      """
      <div about="#p" typeof="gr:SomeItems schema:Product"><h1 property="schema:name">B</h1>
      <div rel="schema:offers"><div typeof="schema:Offer"><span property="schema:price" content="5"></span>
      <span property="schema:priceCurrency" content="USD"></span></div></div><p property="schema:sku">K-2</p></div>
      """
    ).product
    #expect(full?.name == "B")
    #expect(full?.sku == "K-2")
  }

  @Test func `references inside references, and an object's data`() throws {
    let html = """
      <div itemscope itemtype="https://schema.org/Product" itemref=o><h1 itemprop=name>Vest</h1>
      <object itemprop=image data=/a.jpg></object></div>
      <div id=o itemprop=offers itemscope itemtype="https://schema.org/Offer" itemref="p o">
      <meta itemprop=priceCurrency content=EUR></div><b id=p itemprop=price>39.00</b>
      """
    let product = try read(html).product
    #expect(product?.price == "39.00 EUR")
    #expect(product?.pictures == ["/a.jpg"])
  }

  @Test(arguments: [
    // A prefix of the page's own.
    """
    <div prefix="foo: https://schema.org/" typeof="foo:Product"><h1 property="foo:name">Vest</h1>
    <div property="foo:offers" typeof="foo:Offer"><b property="foo:price" content="39.00"></b>
    <meta property="foo:priceCurrency" content="EUR"></div></div>
    """,
    // A relation around its object.
    """
    <div typeof="schema:Product"><h1 property="schema:name">Vest</h1><div rel="schema:offers">
    <div typeof="schema:Offer"><b property="schema:price" content="39.00"></b>
    <meta property="schema:priceCurrency" content="EUR"></div></div></div>
    """,
    // An object that stands elsewhere.
    """
    <div vocab="https://schema.org/" typeof="Product"><h1 property=name>Vest</h1>
    <link property=offers resource="#o"></div><div vocab="https://schema.org/" typeof="Offer"
    resource="#o"><b property=price content="39.00"></b><meta property=priceCurrency content=EUR></div>
    """,
  ])
  func `RDFa names its offer in three ways`(html: String) throws {
    #expect(try read(html).product?.price == "39.00 EUR")
  }

  @Test func `values in the attributes of others are read`() throws {
    let html = """
      <div itemscope itemtype="http://schema.org/Product"><h1 itemprop=name>Vest</h1>
      <meta itemprop=productID content="sku:V-1"><meta itemprop=image src="/a.jpg">
      <div itemprop=offers itemscope itemtype="http://schema.org/Offer"><span itemprop=priceCurrency value=EUR>€</span>
      <span itemprop=price value="39.00">39<sup>00</sup></span>
      <meta itemprop=availability href="http://schema.org/OutOfStock"></div></div>
      """
    let product = try read(html).product
    #expect(product?.sku == "V-1")
    #expect(product?.price == "39.00 EUR")
    #expect(product?.pictures == ["/a.jpg"])
    #expect(product?.offer.availability == .soldOut)
  }

  @Test func `an offer without an item of its own is the product's`() throws {
    let html = """
      <div itemscope itemtype="http://schema.org/Product"><h1 itemprop=name>Vest</h1><div itemprop=offers>
      <meta itemprop=price content=39><meta itemprop=priceCurrency content=EUR>
      <link itemprop=availability href="https://schema.org/SoldOut"></div></div>
      """
    let product = try read(html).product
    #expect(product?.price == "39.00 EUR")
    #expect(product?.offer.availability == .soldOut)
  }

  @Test func `prefixes of xmlns are bound`() throws {
    let html = """
      <div xmlns:sc="http://schema.org/" xmlns:other="http://other.example/" typeof="sc:Product">
      <h1 property="sc:name">Vest</h1><span property="sc:sku">V-1</span><i property="other:color">Red</i></div>
      """
    let product = try read(html).product
    #expect(product?.sku == "V-1")
    #expect(product?.color == nil)
  }
}
