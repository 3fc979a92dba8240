import Catalog
import Testing

@testable import Extract

/// What pages tell analytics and advertisers of the product that they show.
@Suite struct DataLayerTests {
  private func page(_ script: String, body: String = "") -> String {
    "<html lang=en><title>Vest</title><h1>Vest</h1><script>\(script)</script>\(body)</html>"
  }

  @Test(arguments: [
    // Universal Analytics, GA4 in its two ways, with and without a data layer.
    """
    dataLayer.push({'event':'detail','ecommerce':{'currencyCode':'EUR','detail':{'products':[
    {'name':'Vest','id':'V-1','price':'39.00','brand':'Lumen','category':'Vests'}]}}});
    """,
    """
    dataLayer.push({event:"view_item",ecommerce:{currency:"EUR",value:39,items:[{item_id:"V-1",
    item_name:"Vest",discount:0,index:0,item_brand:"Lumen",item_category:"Vests",price:39,quantity:1}]}});
    """,
    """
    gtag("event","view_item",{"currency":"EUR","items":[{"id":"V-1","name":"Vest","brand":"Lumen",
    "price":39,"quantity":1}]});
    """,
    // Advertisers.
    """
    ttq.track('ViewContent',{contents:[{content_id:'V-1',content_name:'Vest',price:39.0,quantity:1,
    brand:'Lumen'}],value:39.0,currency:'EUR'});
    """,
    """
    pintrk('track','pagevisit',{currency:'EUR',line_items:[{product_name:'Vest',product_id:'V-1',
    product_price:'39.00',product_brand:'Lumen'}]});
    """,
    """
    analytics.track('Product Viewed',{product_id:'801',sku:'V-1',name:'Vest',brand:'Lumen',price:39.00,
    quantity:1,currency:'EUR',value:39.0});
    """,
    // Tealium keeps lists side by side.
    """
    var utag_data={"page_type":"product","site_currency":"EUR","product_id":["801"],"product_sku":["V-1"],
    "product_name":["Vest"],"product_brand":["Lumen"],"product_price":["39.00"],"product_quantity":["1"]};
    """,
    // The W3C's layer, its price in a box of its own or among the attributes.
    """
    window.digitalData={"page":{"pageInfo":{"pageName":"Vest page"}},"product":[{"productInfo":{
    "productID":"801","productName":"Vest","manufacturer":"Lumen","sku":"V-1"},"category":{
    "primaryCategory":"Vests"},"price":{"basePrice":39.00,"currency":"EUR"}}],"version":"1.0"};
    """,
    """
    digitalData.product=[{productInfo:{productID:'V-1',productName:'Vest',manufacturer:'Lumen'},
    attributes:{price:'39.00',currency:'EUR'}}];
    """,
    // Shopify's pixel: a variant that holds its product.
    """
    publish("product_viewed",{"productVariant":{"price":{"amount":39.0,"currencyCode":"EUR"},"product":{
    "title":"Vest","vendor":"Lumen","id":"801","url":"/p/1","type":"Vests"},"id":"901","image":{
    "src":"//shop.example/a.jpg"},"sku":"V-1","title":"Red / S"}});
    """,
    """
    init({"productVariants":[{"price":{"amount":39.0,"currencyCode":"EUR"},"product":{"title":"Vest",
    "vendor":"Lumen","id":"801","url":"/p/1"},"id":"901","sku":"V-1","title":"S"},
    {"price":{"amount":49.0,"currencyCode":"EUR"},"product":{"title":"Vest","vendor":"Lumen","id":"801",
    "url":"/p/1"},"id":"902","sku":"V-2","title":"M"}]});
    """,
  ])
  func `a product is read however it is told`(script: String) throws {
    let product = try #require(try read(page(script)).product)
    #expect(product.name == "Vest")
    #expect(product.brand == "Lumen")
    #expect(product.sku == "V-1")
    #expect(product.price == "39.00 EUR")
    #expect(product.offer.availability == nil)
  }

  @Test func `a value with its currency is the price of what is numbered beside it`() throws {
    let told = page(
      """
      fbq('track','ViewContent',{content_ids:['V-1'],content_name:'Vest',content_type:'product',
      value:39.00,currency:'EUR'});
      """)
    let product = try read(told).product
    #expect(product?.price == "39.00 EUR")
    #expect(product?.sku == "V-1")
    // A rate is no product.
    let rate = page("var r={name:'Euro',value:1.08,currency:'USD',code:'EUR',id:7};")
    #expect(try read(rate).product?.price == nil)
  }

  @Test func `how many are looked at is no stock`() throws {
    let html = page(
      "dataLayer.push({ecommerce:{items:[{item_id:'V-1',item_name:'Vest',price:39,currency:'EUR',quantity:1}]}});",
      body: "<p>Sold out</p>")
    #expect(try read(html).product?.offer.availability == .soldOut)
    let counted = html.replacing("quantity:1", with: "quantity:7")
      .replacing("<p>Sold out</p>", with: "")
    #expect(try read(counted).product?.offer.availability == .inStock)
  }

  @Test func `lists side by side of several things are a category's`() throws {
    let html = """
      <html lang=en><h1>Vests</h1><script>var utag_data={"site_currency":"EUR","product_id":["A","B","C"],
      "product_name":["Red","Blue","Wool"],"product_price":["9.00","10.00","11.00"],"product_brand":
      ["Lumen","Lumen","Noct"]};</script></html>
      """
    let extraction = try read(html, url: "https://shop.example/c/vests")
    #expect(extraction.product?.price == nil)
    #expect(extraction.product?.brand == nil)
  }

  @Test func `impressions of other things are not the page's product`() throws {
    let product = try read(
      page(
        """
        dataLayer.push({"ecommerce":{"currencyCode":"EUR","impressions":[{"name":"Hat","id":"H-1",
        "price":"9.00","brand":"Noct"},{"name":"Scarf","id":"S-1","price":"12.00","brand":"Noct"}],
        "detail":{"products":[{"name":"Vest","id":"V-1","price":"39.00","brand":"Lumen"}]}}});
        """)
    ).product
    #expect(product?.sku == "V-1")
    #expect(product?.price == "39.00 EUR")
  }

  @Test func `a root that only names pictures is read to its end`() throws {
    // It was looked for in the array before the tape's first node.
    let html = page(#"x={"thumb":"/a.jpg","full":"/b.jpg","product":1,"b":2};"#)
    #expect(try read(html + linked(#"{"@type":"Product","name":"Vest"}"#)).product?.name == "Vest")
  }

  @Test func `what the visitor sees outweighs what only analytics are told`() throws {
    let html = page(
      """
      dataLayer.push({'ecommerce':{'currencyCode':'EUR','detail':{'products':[{'name':'Vest','id':'V-1',
      'price':32.77,'brand':'Lumen'}]}}});
      """, body: "<p class=price>€39.00</p><button>Add to cart</button>")
    let product = try read(html).product
    #expect(product?.price == "39.00 EUR")
    #expect(product?.brand == "Lumen")
    #expect(product?.sku == "V-1")
  }

  @Test func `a list whose members all bear the page's name is what its product comes in`() throws {
    let html = page(
      """
      dataLayer.push({event:"view_item",ecommerce:{currency:"EUR",items:[{item_id:"V-1",item_name:"Vest",
      item_variant:"S",price:39,item_brand:"Lumen"},{item_id:"V-2",item_name:"Vest",item_variant:"M",price:39,
      item_brand:"Lumen"}]}});
      """)
    #expect(try read(html).product?.price == "39.00 EUR")
    let others = html.replacing("\"V-2\",item_name:\"Vest\"", with: "\"V-2\",item_name:\"Hat\"")
    #expect(try read(others).product?.price == nil)
  }

  @Test func `a thing that the page does not name is not what it is about`() throws {
    let html = page(
      "gtag('event','view_item_list',{currency:'EUR',items:[{item_id:'H-1',item_name:'Hat',price:9}]});"
    ).replacing("Vest", with: "Welcome")
    #expect(try read(html, url: "https://shop.example/").item == nil)
    #expect(try read(html.replacing("Hat", with: "Welcome")).product?.price == "9.00 EUR")
  }
}
