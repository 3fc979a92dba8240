import Catalog
import Testing

struct URLRulesTests {
  private func query(_ text: String, _ rules: URLRules = .standard) throws -> String? {
    try CanonicalURL("http://h/p?\(text)", rules: rules).query.map(String.init)
  }

  @Test(arguments: [
    "utm_source=a", "UTM_Anything=b", "gclid=1", "fbclid=", "fbclid", "msclkid=x&yclid=y",
    "mc_cid=1&mc_eid=2", "utm%5Fsource=a", "aff=77", "PHPSESSID=abc", "jsessionid=1",
    "ASPSESSIONIDQADBCTTA=X", "sid=8f3a21", "sid=12345678901", "sid=", "ref=homepage", "ref",
  ])
  func `what names a visit is dropped, and the question mark with it`(text: String) throws {
    #expect(try query(text) == nil)
  }

  @Test(arguments: [
    "utm=1", "xutm_source=1", "id=utm_source", "preference=a", "reference=1", "side=a", "s=1",
    "affix=1", "page=2&sort=price", "sid=12", "ref=AB-123", "ref=12345", "variant=394823",
    "utm-source=1", "=x", "session=spring",
  ])
  func `what may name a page is kept`(text: String) throws {
    #expect(try query(text) == text)
  }

  @Test func `other parameters keep their order and bytes`() throws {
    #expect(try query("b=1&utm_source=x&a=%5B2%5D&gclid=y&c") == "b=1&a=%5B2%5D&c")
    #expect(try query("gclid=y&b=1") == "b=1")
    #expect(try query("b=1&gclid=y") == "b=1")
    #expect(try query("b=1&gclid=y&") == "b=1&")
    #expect(try query("a=b=utm_x&utm_x=a=b") == "a=b=utm_x")
  }

  @Test(arguments: [
    ("/a;jsessionid=0A1B", "/a"), ("/a;JSESSIONID=0A1B!1/b;c=d", "/a/b;c=d"),
    ("/a;x=1;jsessionid=2;y=3", "/a;x=1;y=3"), ("/;jsessionid=1", "/"), ("/a;sid=17", "/a;sid=17"),
    ("/a;utm_source=x", "/a;utm_source=x"), ("/..;jsessionid=1/b", "/..;jsessionid=1/b"),
    ("/%2E;jsessionid=1", "/.;jsessionid=1"), ("/(S(abc123))/a", "/(S(abc123))/a"),
  ])
  func `session identifiers are dropped from paths`(path: String, expected: String) throws {
    #expect(try CanonicalURL("http://h\(path)").path == expected)
  }

  @Test func `a site has rules of its own`() throws {
    let rules = URLRules.standard.changed(
      dropping: ["color", "x_*"], keeping: ["ref", "utm_id", "x_1"])
    #expect(
      try query("color=red&ref=home&utm_id=1&utm_source=2&x_1=1&x_2=2", rules)
        == "ref=home&utm_id=1&x_1=1")
    // The last word counts, and keeping before dropping.
    #expect(try query("color=red", rules.changed(keeping: ["color"])) == "color=red")
    #expect(
      try query("gclid=1", .standard.changed(dropping: ["gclid"], keeping: ["gclid"]))
        == "gclid=1")
  }

  @Test func `a site may keep nothing but what it names`() throws {
    let rules = URLRules.keepingAll.changed(dropping: ["*"], keeping: ["id", "p*"])
    #expect(try query("a=1&id=2&page=3&ID=4&b", rules) == "id=2&page=3&ID=4")
    #expect(try query("utm_source=1", .keepingAll) == "utm_source=1")
  }

  @Test func `a long prefix decides before a short one`() throws {
    let rules = URLRules.keepingAll.changed(dropping: ["a*", "abc*"], keeping: ["ab*"])
    #expect(try query("a=1&ab=2&abc=3&abd=4", rules) == "ab=2&abd=4")
  }
}
