import Support
import Testing

@testable import Extract

@Suite struct DocumentTests {
  /// The tree as `html(head(title"…")…)`: names with their nesting.
  private func shape(_ markup: String, isXML: Bool = false) -> String {
    let bytes = Array(markup.utf8)
    let document =
      isXML
      ? Document.xml(bytes, elementLimit: 1_000) : Document.html(bytes, elementLimit: 1_000)
    func shape(_ range: Range<Int>) -> String {
      var parts: [String] = []
      var element = range.lowerBound
      while element < range.upperBound {
        let end = Int(document.elements[element].end)
        let inner = shape(element + 1..<end)
        parts.append(
          document.nameText(document.name(element)) + (inner.isEmpty ? "" : "(\(inner))"))
        element = end
      }
      return parts.joined(separator: " ")
    }
    return shape(0..<document.count)
  }

  private func html(_ markup: String) -> Document {
    Document.html(Array(markup.utf8), elementLimit: 1_000)
  }

  private func texts(_ markup: String, _ name: Name) -> [String?] {
    let document = html(markup)
    return document.all(name).map { document.textString(Int($0)) }
  }

  @Test(arguments: [
    ("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>", "ul(li li(ul(li)) li)"),
    ("<p>a<p>b<div>c</div>", "p p div"),
    ("<p><span>a<div>b</div>", "p(span) div"),
    ("<p><a href=x><div><img></div></a></p>", "p(a(div(img)))"),
    ("<dl><dt>a<dd>b<dt>c</dl><i>x</i>", "dl(dt dd dt) i"),
    ("<table><tr><td>a<td>b<tr><th>c</table>", "table(tr(td td) tr(th))"),
    (
      "<table><thead><tr><td>a<tbody><tr><td><table><tr><td>b</table>c</table>",
      "table(thead(tr(td)) tbody(tr(td(table(tr(td))))))"
    ),
    (
      "<select><option>a<option>b<optgroup><option>c</select>",
      "select(option option optgroup(option))"
    ),
    ("<h1>a<h2>b</h3><p>c", "h1 h2 p"),
    ("<a href=1>x<a href=2>y</a>", "a a"),
    ("<br>a</br><img/><p/>b", "br br img p"),
    ("<div><b><i>a</div>b", "div(b(i))"),
    ("<div><span>a</b></div></div></span>b<p>", "div(span) p"),
    ("<td><p>a</table></td><p>b", "td(p) p"),
    ("<svg><path d=1 /><title>a</title><g/></svg><p>b", "svg(path title g) p"),
    ("<svg><path><div>a</div>", "svg(path) div"),
    ("<svg><foreignObject><div>a</div></foreignObject></svg>", "svg(foreignobject(div))"),
    ("<button>a<button>b", "button button"),
    (
      "<html><head><title>t</title><body class=a><body class=b>x</body></html><p>y",
      "html(head(title) body(p))"
    ),
    ("<head><noscript><img></noscript><link></head><p>", "head(noscript(img) link) p"),
    ("<head><meta><div>a</div><meta>", "head(meta) div meta"),
    ("<UL><LI>A</Li></uL>", "ul(li)"),
  ])
  func `end tags are implied where the standard implies them`(markup: String, tree: String) {
    #expect(shape(markup) == tree)
  }

  @Test(arguments: [
    ("<!-- a > <p> --><i>", "i"), ("<!--><i>", "i"), ("<!---><i>", "i"), ("<!-- a --!><i>", "i"),
    ("<!-- <i>", ""), ("<!doctype html><i>", "i"), ("<?php echo '<p>' ?><i>", "i"),
    ("</><i>", "i"), ("</ p><i>", "i"), ("<![CDATA[<p>]]><i>", "i"), ("a < b <i>", "i"),
    ("<i", ""), ("<i a='", ""), ("<i a", ""), ("<", ""), ("</", ""), ("<!", ""), ("<!-", ""),
  ])
  func `what is no tag is passed over`(markup: String, tree: String) {
    #expect(shape(markup) == tree)
  }

  @Test func `scripts and styles are kept as they are, titles without tags`() {
    let document = html(
      "<title>a &amp; <b></title><script>if (a</b) x='</scripty>&amp;'</SCRIPT ><style><p></style><p>b"
    )
    #expect(document.textString(document.first(.title)!) == "a & <b>")
    let script = document.source[document.rawRange(document.first(.script)!)]
    #expect(String(decoding: script, as: UTF8.self) == "if (a</b) x='</scripty>&amp;'")
    #expect(document.all(.p).count == 1)
    #expect(document.all(.b).isEmpty)
    #expect(document.textBytes(document.first(.script)!).isEmpty)
  }

  @Test(arguments: [
    ("<script><!-- <script>a</script> --></script><p>", 1, 1),
    ("<script><!-- a </script><p>", 1, 1),
    ("<script><!-- <script> a </script><p>", 1, 1),
    ("<script>a", 1, 0), ("<title>a<p>b", 0, 1), ("<textarea>a<p>b", 0, 1),
    ("<iframe><p></iframe><p>", 0, 1),
  ])
  func `raw text ends where a browser ends it, or at once where it never would`(
    markup: String, scripts: Int, paragraphs: Int
  ) {
    let document = html(markup)
    #expect(document.all(.script).count == scripts)
    #expect(document.all(.p).count == paragraphs)
  }

  @Test(arguments: [
    ("&amp;&lt;&#65;&#x42;&#X43;", "&<ABC"), ("&nbsp;a&nbsp;", "a"),
    ("&copy &copyright", "© ©right"),
    ("&notit; &notin;", "¬it; ∉"), ("&unknown; &; & &#; &#x; &#xZ", "&unknown; &; & &#; &#x; &#xZ"),
    ("&#128;&#0;&#xD800;&#99999999999;", "€\u{FFFD}\u{FFFD}\u{FFFD}"), ("&nGt;", "≫⃒"),
    ("&CounterClockwiseContourIntegral;", "∳"), ("&am", "&am"), ("&amp", "&"), ("&AMP;", "&"),
  ])
  func `character references are the standard's`(markup: String, text: String) {
    #expect(texts("<p>\(markup)</p>", .p) == [text])
  }

  @Test func `in an address an ampersand is no reference`() {
    let document = html("<a href='?a=1&copy=2&amp;b=3&lt;4&notx'>")
    #expect(document.attribute(0, .href) == "?a=1&copy=2&b=3<4&notx")
  }

  @Test func `attributes are read quoted, bare, empty, twice and glued together`() {
    let document = html(
      "<a HREF = 'x y' class=b/c id=\"d\"title=e checked alt='' href=second =odd ><p>")
    #expect(document.attribute(0, .href) == "x y")
    #expect(document.attribute(0, .class) == "b/c")
    #expect(document.attribute(0, .id) == "d")
    #expect(document.attribute(0, .title) == "e")
    #expect(document.value(0, .checked)?.isEmpty == true)
    #expect(document.value(0, .alt)?.isEmpty == true)
    #expect(document.value(0, .src) == nil)
    #expect(document.nameText(document.attributes(0).last!.name) == "odd")
  }

  @Test func `every byte may stand anywhere in a tag`() {
    for byte in UInt8(1)...255 {
      for markup in ["<a# href=x>", "<a #href=x>", "<a href#=x>", "<a href=#x>", "<a href=x#>"] {
        let bytes = Array("\(markup)</a#><p>".utf8).map { $0 == 0x23 ? byte : $0 }
        #expect(Document.html(bytes, elementLimit: 9).count <= 2)
        #expect(Document.xml(bytes, elementLimit: 9).count <= 2)
      }
    }
  }

  @Test func `text is one run of words, blocks apart`() {
    #expect(
      texts("<div> a <b>b</b>c\n\t<i> d</i><p>e</p>f<br>g </div>", .div) == ["a bc d e f g"])
    let document = html("<div>a<p>b</p></div>")
    #expect(String(decoding: document.textBytes(0), as: UTF8.self) == "a\nb\n")
  }

  @Test func `XML keeps case, closes what it says, and reads CDATA`() {
    #expect(
      shape("<?xml version='1.0'?><a><B/><link>x</link><p><p>y</p></p></a>", isXML: true)
        == "a(B link p(p))")
    let document = Document.xml(
      Array(
        "<!DOCTYPE a [<!ENTITY x 'y>'>]><url><loc>a&amp;b<![CDATA[<c>&amp;]]>&x;&eacute;</loc></url>"
          .utf8), elementLimit: 10)
    #expect(document.textString(document.first(.loc)!) == "a&b<c>&amp;&x;é")
  }

  @Test func `elements past the limit are not read`() {
    #expect(
      Document.html(Array(String(repeating: "<p>", count: 50).utf8), elementLimit: 20).count == 20)
  }

  @Test func `nesting is cut at 512`() {
    let document = Document.html(
      Array(String(repeating: "<div>", count: 2_000).utf8), elementLimit: 5_000)
    var depth = 0
    var next: Int? = document.count - 1
    while let current = next {
      depth += 1
      next = document.parent(current)
    }
    #expect(document.count == 2_000)
    #expect(depth == DocumentBuilder.depthLimit)
  }

  @Test func `names beyond the known ones are told apart, as many as there are`() {
    let markup = (0..<2_000).map { "<x-\($0) data-\($0)=\($0)>" }.joined()
    let document = Document.html(Array(markup.utf8), elementLimit: 5_000)
    for index in stride(from: 0, to: 2_000, by: 97) {
      #expect(document.nameText(document.name(index)) == "x-\(index)")
      #expect(document.nameText(document.attributes(index).first!.name) == "data-\(index)")
    }
  }

  @Test func `names of every length are told apart, and those past 128 bytes are harmless`() throws
  {
    let names = (1...140).map { String(repeating: "q", count: $0) }
    let markup = names.map { "<\($0) \($0)=yes X-\($0)=no>" }.joined()
    let document = Document.html(Array(markup.utf8), elementLimit: 5_000)
    for (index, name) in names.enumerated() {
      #expect(document.nameText(document.name(index)) == (name.utf8.count <= 128 ? name : ""))
      let attributes = document.attributes(index).map { document.nameText($0.name) }
      #expect(attributes.first == (name.utf8.count <= 128 ? name : ""))
      #expect(attributes.last == (name.utf8.count <= 126 ? "x-" + name : ""))
    }
    #expect(Outline(document).words.count == document.count)
  }

  @Test func `a value ends at its quote and is decoded, wherever they stand`() {
    for count in 0..<80 {
      let plain = String(repeating: "x", count: count)
      for (quote, other) in [("\"", "'"), ("'", "\"")] {
        let open = "<a href=\(quote)"
        let document = html(
          "\(open)\(plain)\(quote) id=\(quote)&lt;\(quote)>\(open)\(plain)&amp;\(other)&\(quote)>"
            + "\(open)&gt;\(plain)\(quote)>\(open)\(plain)")
        #expect(document.count == 3)
        #expect(document.attribute(0, .href) ?? "" == plain)
        #expect(document.attribute(0, .id) == "<")
        #expect(document.attribute(1, .href) == plain + "&" + other + "&")
        #expect(document.attribute(2, .href) == ">" + plain)
      }
    }
  }

  @Test func `white space is one space, however it stands among words`() {
    var random = SeededGenerator(seed: 7)
    let parts = [
      "a", "word", "longer-word", "\u{1}", "é", " ", " ", "  ", "\n\t ", "&amp;", "&#32;",
    ]
    for _ in 0..<2_000 {
      let chosen = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
        parts.randomElement(using: &random)!
      }
      let plain = chosen.map { $0 == "&amp;" ? "&" : $0 == "&#32;" ? " " : $0 }.joined()
      let expected = plain.split { $0 == " " || $0 == "\n" || $0 == "\t" }.joined(separator: " ")
      let document = html("<p>" + chosen.joined() + "</p>")
      #expect(document.textString(0) ?? "" == expected)
      #expect(!String(decoding: document.text, as: UTF8.self).contains("  "))
    }
  }

  @Test func `an end tag ends the start tag of its name, however both are written`() {
    #expect(shape("<div><b>x</b ></b><i a>y</i a></div/><p>") == "div(b i) p")
    #expect(shape("<div><B>x</b><i>y</I></DIV><p>") == "div(b i) p")
    #expect(shape("<div><bb>x</b><em>y</emm></div><p>") == "div(bb(em)) p")
    #expect(shape("<div></div") == "div")
    #expect(shape("<abcdefgh><abcdefghi></abcdefgh><p>") == "abcdefgh(abcdefghi) p")
    #expect(shape("<body><p>a</body></html><p>b") == "body(p p)")
  }
}
