import Catalog
import Testing

@testable import Extract

@Suite struct CalledFunctionTests {
  private static let product =
    #"{product:{sku:"V-1",name:a,price:{value:39,currency:"EUR"},inStock:b,images:["/a.jpg"]}}"#
  private static let plain = product.replacing("name:a", with: "name:`Vest`")
    .replacing("inStock:b", with: "inStock:!0")

  @Test(arguments: [
    // Nuxt 2 and its minifiers.
    #"window.__NUXT__=(function(a,b){return {data:[\#(product)]}}("Vest",!0));"#,
    #"window.__NUXT__=(function(a,b){return {data:[\#(product)]}})("Vest",!0);"#,
    #"window.__NUXT__=function(a,b){return {data:[\#(product)]}}("Vest",!0)"#,
    #"window.__NUXT__=((a,b)=>({data:[\#(product)]}))("Vest",!0);"#,
    #"window.__NUXT__=((a,b)=>{return {data:[\#(product)]};})("Vest",!0)"#,
    #"__NUXT_JSONP__("/p/1",(function(a,b){return {data:[\#(product)]}}("Vest",true)));"#,
    #"window.__NUXT__=(function(a,b,c){c.set("k",b).set("l",a);return {data:[\#(product)]}}("Vest",true,new Map));"#,
    // SvelteKit: the call stands inside the literal.
    #"const data=[null,{type:"data",data:(function(a,b){return \#(product)}("Vest",true)),uses:{}}];"#,
    #"kit.start(app,element,{data:[{type:"data",data:((a,b)=>(\#(product)))("Vest",true)}],form:null})"#,
    // A name means the innermost function's, then the outer one's again.
    #"window.__NUXT__=(function(a,b){return {x:(function(a){return {y:a}}(1)),data:[\#(product)]}}("Vest",true));"#,
    #"window.__NUXT__=(function(a){return {data:[(function(b){return \#(product)}(!0))]}}("Vest"));"#,
    // Values in brackets and in functions that only pass them on.
    #"window.__D=(\#(plain))"#, #"window.__D={p:Object.freeze(\#(plain))}"#,
  ])
  func `what a called function returns is read without running it`(script: String) throws {
    let product = try #require(try read("<h1>Vest</h1><script>\(script)</script>").product)
    #expect(product.name == "Vest")
    #expect(product.sku == "V-1")
    #expect(product.price == "39.00 EUR")
    #expect(product.offer.availability == .inStock)
    #expect(product.pictures == ["/a.jpg"])
  }

  @Test func `what a function assigns to an argument is not said of what stands around the call`()
    throws
  {
    let script = #"""
      const data=[{name:"Shop",related:(function(a){a.price=1;a.sku="X";return {a}}({})),
      product:{sku:"V-1",name:"Vest",price:39,currency:"EUR"}}];
      """#
    let product = try read("<h1>Vest</h1><script>\(script)</script>").product
    #expect(product?.sku == "V-1")
    #expect(product?.price == "39.00 EUR")
  }

  @Test(arguments: [
    "(a=>(", "((a)=>({x:", "(function(a){return {x:", "(a=>{b.c=", "({x:(", "f({},",
  ])
  func `functions nested without end stay linear`(part: String) throws {
    let script = "window.__NUXT__=" + String(repeating: part, count: 40_000)
    let page = "<h1>A</h1><script>\(script)</script>" + linked(#"{"@type":"Product","name":"A"}"#)
    #expect(try read(page).product?.name == "A")
  }
}
