import Catalog
import Testing

/// Names beyond ASCII; what they should become was worked out from RFC 3492, RFC 5892 and UTS #46.
struct DomainNameTests {
  private func host(_ name: String) throws -> String {
    String(try WebAddress("http://\(name)/").host)
  }

  @Test(arguments: [
    // RFC 3492, 7.1.
    ("ليهمابتكلموشعربي؟", "xn--egbpdaj6bu4bxfgehfvwxn"),
    ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
    ("Pročprostěnemluvíčesky", "xn--proprostnemluvesky-uyb24dma41a"),
    ("почемужеонинеговорятпорусски", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"),
    ("3年B組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"),
    ("安室奈美恵-with-SUPER-MONKEYS", "xn---with-super-monkeys-pc58ag80a8qai00g7n9n"),
    ("MajiでKoiする5秒前", "xn--majikoi5-783gue6qz075azm5e"),
    ("パフィーdeルンバ", "xn--de-jg4avhby1noc0d"),
    ("そのスピードで", "xn--d9juau41awczczp"),
  ])
  func `a label is encoded as Punycode`(name: String, expected: String) throws {
    #expect(try host(name) == expected)
  }

  @Test(arguments: [
    ("BÜCHER.Example", "xn--bcher-kva.example"),
    ("bu\u{308}cher.example", "xn--bcher-kva.example"),
    ("b%C3%BCcher.example", "xn--bcher-kva.example"),
    ("straße.example", "xn--strae-oqa.example"),
    ("ΒΌΛΟΣ.example", "xn--nxasmq6b.example"),
    ("ｓｈｏｐ。ｅｘａｍｐｌｅ", "shop.example"),
    ("shop｡example．com", "shop.example.com"),
    ("sh\u{AD}op\u{200B}.exam\u{2060}ple", "shop.example"),
    ("ﬁne.example", "fine.example"),
    ("①.example", "1.example"),
    ("İ.example", "xn--i-9bb.example"),
    ("☃.example", "xn--n3h.example"),
  ])
  func `a name is mapped before it is encoded`(name: String, expected: String) throws {
    #expect(try host(name) == expected)
  }

  @Test func `eszett and final sigma are letters of their own`() throws {
    #expect(try host("faß.de") == "xn--fa-hia.de")
    #expect(try host("fass.de") == "fass.de")
    #expect(try host("βόλος.com") != host("βόλοσ.com"))
    // The mathematical final sigma, however, is a sigma.
    #expect(try host("\u{1D6D3}.com") == host("σ.com"))
  }

  @Test(arguments: [
    "\u{301}a", "a\u{202E}b", "a\u{E000}", "a\u{FFFD}", "a\u{2FF0}", "a\u{200D}b", "a\u{200C}b",
    "xn--é", "é.xn--", "é.xn--a", "é.xn--99999999999", "a\u{2488}b.c", "é b", "é\u{FF0F}",
    "é\u{FF05}00", "é\u{3000}b",
  ])
  func `a name that is not valid is refused`(name: String) throws {
    #expect(throws: AddressError.self) { try host(name) }
  }

  @Test func `joiners are kept where scripts need them`() throws {
    // Behind a virama, and a non-joiner between Arabic letters.
    #expect(try host("क्\u{200D}ष") != host("क्ष"))
    #expect(try host("نامه\u{200C}ای.com") == "xn--mgba3gch31f060k.com")
  }

  @Test func `names in ASCII are only brought to lower case`() throws {
    #expect(try host("XN--N3H.Com") == "xn--n3h.com")
    #expect(try host("xn--a_b") == "xn--a_b")
    #expect(try host("a--b_c!d") == "a--b_c!d")
  }

  @Test func `a valid encoded label stands beside others beyond ASCII`() throws {
    #expect(try host("xn--n3h.é") == "xn--n3h.xn--9ca")
    #expect(throws: AddressError.self) { try host("xn--N3H\u{AD}x.é") }
  }

  @Test func `a long label neither overflows nor takes long`() throws {
    let long = String(repeating: "é", count: 900)
    #expect(try host(long).hasPrefix("xn--9ca"))
    #expect(throws: AddressError.self) { try host(String(repeating: "é", count: 2000)) }
    #expect(throws: AddressError.self) { try host("é.xn--" + String(repeating: "9", count: 900)) }
  }
}
