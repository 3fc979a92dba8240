import Catalog
import Foundation
import Testing

@testable import Extract

@Suite struct SitemapTests {
  private let urlset = """
    <?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
    xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
    <url><loc> https://shop.example/p/1?a=1&amp;b=2 </loc><lastmod>2025-06-02</lastmod>
    <image:image><image:loc>https://shop.example/1.jpg</image:loc></image:image></url>
    <url><lastmod>2025-06-02T05:00:00+02:00</lastmod><loc><![CDATA[https://shop.example/c/dress]]></loc></url>
    </urlset>
    """

  @Test func `a urlset gives pages with their dates and no pictures`() throws {
    let extraction = try read(urlset, url: "https://shop.example/sitemap.xml", type: "text/xml")
    #expect(extraction.kind == .sitemap)
    #expect(
      extraction.links.map { $0.url.string } == [
        "https://shop.example/p/1?a=1&b=2", "https://shop.example/c/dress",
      ])
    #expect(extraction.links.map(\.lastModified) == [1_748_822_400, 1_748_833_200])
    #expect(extraction.links.map(\.kind) == [.page, .listing])
  }

  @Test func `an index gives sitemaps`() throws {
    let extraction = try read(
      "<sitemapindex><sitemap><loc>https://shop.example/s/1.xml.gz</loc></sitemap></sitemapindex>",
      url: "https://shop.example/sitemap.xml", type: "application/xml")
    #expect(extraction.links.map(\.kind) == [.sitemap])
  }

  @Test func `a plain list is a sitemap where one was expected`() throws {
    let extraction = try read(
      "https://shop.example/a\r\nhttps://shop.example/b\n", url: "https://shop.example/list.txt",
      type: "text/plain", kind: .sitemap)
    #expect(extraction.links.count == 2)
  }

  @Test func `feeds give their entries`() throws {
    let rss = try read(
      "<rss><channel><link>https://shop.example/</link><item><link>https://shop.example/p</link></item></channel></rss>",
      type: "application/rss+xml")
    #expect(rss.links.map { $0.url.string } == ["https://shop.example/p"])
    let atom = try read(
      "<feed xmlns='http://www.w3.org/2005/Atom'><entry><link href='/q'/><updated>2025-06-02T00:00:00Z</updated></entry></feed>"
    )
    #expect(atom.links.map { $0.url.string } == ["https://shop.example/q"])
    #expect(atom.links.first?.lastModified == 1_748_822_400)
  }

  @Test func `declared entities are not expanded`() throws {
    let bomb = """
      <?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "https://shop.example/aaaaaaaaaa">
      <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
      <urlset><url><loc>&c;</loc></url><url><loc>https://shop.example/ok</loc></url></urlset>
      """
    let extraction = try read(bomb, type: "text/xml")
    #expect(!extraction.links.contains { $0.url.string.contains("aaaa") })
  }

  /// A fixed Huffman block: `<urlset><url><loc>https://shop.example/z</loc></url></urlset>`.
  private let fixedBlock: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 179, 41, 45, 202, 41, 78, 45, 177, 179, 1, 210, 118, 54, 57,
    249, 201, 118, 25, 37, 37, 5, 197, 86, 250, 250, 197, 25, 249, 5, 122, 169, 21, 137, 185, 5,
    57, 169, 250, 85, 54, 250, 32, 57, 27, 125, 176, 50, 125, 168, 38, 0, 49, 22, 93, 67, 61, 0,
    0, 0,
  ]

  /// Dynamic Huffman blocks: 40 addresses.
  private let dynamicBlock = """
    H4sIAAAAAAACA5WVS2rEMBBEbxT1/xOM7xKCYRYOY2IHcvxohmyyCrXSRo9WVXW3lq/P/dyudZnnuuz39/V2Xcf5OsZ5\
    ux8v2/fbx7Fv4xjhyt7LeFxZxvP2f4hEliuEZGYJQYimtzOElCpaJUW7HEK6ShSr8iCqQMe8FMslSpMM0xLJkhDi7lkY\
    omRsoGHMgRlm02QDY2ENsMW6movBcWF2ApMkayx8N03BpJhFYAiHWWJSmCsJGzCtRveLzVQcbH2mUDBJLweT1G4BtXgS\
    J6ZlSmlwjIMY3ZWzkc3AhplbHPM4I6Z+7F2S4ph6k+zEEGklx1YSNzXocQcVqGUW8Y4/yPj9/X8Ap7CGdgYIAAA=
    """

  private func sitemap(_ body: [UInt8]) throws -> Extraction {
    try PageReader().read(
      FetchedPage(
        url: try CanonicalURL("https://shop.example/s.xml.gz"), body: body,
        contentType: "application/gzip"))
  }

  @Test func `packed sitemaps are read, with codes fixed or their own`() throws {
    #expect(try sitemap(fixedBlock).links.map { $0.url.string } == ["https://shop.example/z"])
    let dynamic = try #require(Data(base64Encoded: dynamicBlock))
    #expect(try sitemap(Array(dynamic)).links.count == 40)
  }

  @Test func `a stored block is unpacked, and its sum and size are checked`() throws {
    let plain = Array("hello hello hello hello".utf8)
    let head: [UInt8] = [31, 139, 8, 0, 0, 0, 0, 0, 0, 255, 1, 23, 0, 232, 255]
    let sum: [UInt8] = [227, 81, 61, 141]
    let body = head + plain + sum + [23, 0, 0, 0]
    #expect(try Inflate.gunzip(body, limit: 100) == plain)
    #expect(throws: Inflate.Failure.tooLarge) { try Inflate.gunzip(body, limit: 10) }
    var broken = body
    broken[20] ^= 1
    #expect(throws: Inflate.Failure.corrupt) { try Inflate.gunzip(broken, limit: 100) }
    for count in 0..<body.count {
      _ = try? Inflate.gunzip(Array(body[..<count]), limit: 100)
    }
  }

  @Test func `a bomb is refused at the limit`() throws {
    let limits = ExtractLimits(sitemapBytes: 1_000)
    let dynamic = try #require(Data(base64Encoded: dynamicBlock))
    #expect(throws: ExtractError.tooLarge(bytes: 1_001, limit: 1_000)) {
      try PageReader(limits: limits).read(
        FetchedPage(url: try CanonicalURL("https://shop.example/s.gz"), body: Array(dynamic)))
    }
  }

  /// Its codes are longer than the table's nine bits while the bit buffer is full to the last bit.
  @Test func `a gzip body with long codes is undone to the last byte`() throws {
    let text = """
      H4sIAAAAAAACAy1Uy24bRxD8mOpGz+wO98EVKUt+0IwjPyDEsGFYJ/vgBnxSgsBJnC/ILTB8yi/mD3LRKVVLkVxy \
      d6anq7q6mo++/vbz75//eFLCMy1hmQm/s84MiSsDFmthgQ5wvmEeDzABhVv8cLUffUB77m7ec9uwR4VVFJ7p3b75 \
      x0hjutIz2trAY9Vx14GhBk8eVNryE7ao7ZdiNb1LxY55rZ/BZkd6WcgKHuSHH2GLlasV7swstehK2POhizjLsKz5 \
      kjV0LpbvUZmyKZ3vVE+ygpHottEamQTPF9UlOoOl18qEQbCqQucsAtA189jGpdRj+KiIyS/tB5ZLiHpINwumqTzt \
      7aSSIawIhq+7demMgnCpnVs5azdi4dKY8YWcw1c+fIgvzCl+fFOywbFwN5HH3rYsRrm4HTu1oszEpgLGzJSecvgJ \
      nsReC7tTdF4U/9sn3yGEemBJuXIyfC+Y1SZgw6fSxFvgieNf2NunFI8slITUeFEi73ss//E+Lmq8nZimn/5sw0VS \
      h7Yofmm2PC8E67b/4t41l5sDtXerEjcRvhJleWb+RrlpCxyz2u15FSgtI5aUWjWTAx8+YFsbfRjDFXAg0MRe3x7x \
      Vd5lBHxv1lF2p0V8fprWCTp0Gpcm7+EZBMyMVYamf5cpc6tBKANOvQ/0STspLn3sC4kNv5okA27kUtvYZX3BoHSc \
      rz0e78ucw9k7Cuq+E0rEqfovcuU5Vs8Wfhe8RDykx6z7gGmdHabPQULRi+S1lQsgh/Or2tD8oUWwNs4W2YcaQhPp \
      nhDv8i41UirOebrnYDnteXC5ew6cdOAoHufVEWg91oI4m2zGrPoVW2Qu21HGDpw+qiHtNqkbs7qmCY7KP2572yvR \
      U44OlGwIk9R6dXTRKEJrA4g+rP8lTH577VvuDwK2x0zd6ifdvlIdbSqqVax66gC1v0RMWcYnj8b7P67/AWmXBm3B \
      BAAA
      """
    let body = try #require(
      Data(base64Encoded: text.split(separator: " ").joined()).map { Array($0) })
    let plain = try Inflate.gunzip(body, limit: 1 << 20)
    #expect(plain.count == 1217)
    #expect(plain.starts(with: "<urlset>".utf8))
    #expect(plain.suffix(9).elementsEqual("</urlset>".utf8))
  }
}
