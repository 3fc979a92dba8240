import Foundation

/// Pieces of HTML that all hosts of the demo share.
enum DemoMarkup {
  static func escape(_ text: String) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }

  static func link(_ address: String, _ text: String, attributes: String = "") -> String {
    "<a href=\"\(escape(address))\"\(attributes)>\(escape(text))</a>"
  }

  static func property(_ name: String, _ content: String) -> String {
    "<meta property=\"\(name)\" content=\"\(escape(content))\">\n"
  }

  /// A picture that grows with the window, small for phones.
  static func picture(_ address: String, alt: String, isLazy: Bool = true) -> String {
    """
    <img src="\(escape(address))" srcset="\(escape(address))?w=320 320w, \(escape(address)) 640w" \
    sizes="(max-width: 40em) 45vw, 320px" alt="\(escape(alt))"\(isLazy ? " loading=\"lazy\"" : "")>
    """
  }

  /// The object as one line that is safe inside a script element.
  static func script(_ object: [String: Any]) -> String {
    guard
      let data = try? JSONSerialization.data(
        withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
    else { preconditionFailure("only strings, numbers, lists and objects are given") }
    let text = String(decoding: data, as: UTF8.self).replacingOccurrences(of: "</", with: "<\\/")
    return "<script type=\"application/ld+json\">\(text)</script>\n"
  }

  /// `1999` cents as `19.99`.
  static func amount(_ cents: Int) -> String {
    "\(cents / 100)." + (cents % 100 < 10 ? "0" : "") + "\(cents % 100)"
  }

  static func sitemap(_ entries: [(address: String, day: String, pictures: [String])]) -> String {
    let rows = entries.map { entry in
      let pictures = entry.pictures.map {
        "<image:image><image:loc>\(escape($0))</image:loc></image:image>"
      }
      return "<url><loc>\(escape(entry.address))</loc><lastmod>\(entry.day)</lastmod>"
        + pictures.joined() + "</url>\n"
    }
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" \
      xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
      \(rows.joined())</urlset>

      """
  }

  static func robots(_ rules: [String], sitemap: String) -> String {
    "User-agent: *\n" + rules.map { $0 + "\n" }.joined() + "\nSitemap: \(sitemap)\n"
  }

  /// - Parameters:
  ///   - menu: addresses with their words.
  ///   - tint: the site's colour in CSS.
  static func page(
    title: String, site: String, canonical: String, head: String, menu: [(String, String)],
    tint: String, body: String
  ) -> String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escape(title)) | \(escape(site))</title>
    <link rel="canonical" href="\(escape(canonical))">
    \(head)<style>
    body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #2b2926; background: #fbfaf8 }
    header, main, footer { max-width: 68rem; margin: auto; padding: 1rem }
    header b { font: 600 1.5rem Georgia, serif; color: \(tint); margin-right: 1.5rem }
    nav a, footer a { margin-right: 1rem; color: inherit }
    a { color: \(tint); text-decoration: none }
    img { width: 100%; border-radius: .5rem; display: block; background: #eee }
    .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 1.2rem; \
    list-style: none; padding: 0 }
    .two { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 2rem }
    .price { font-weight: 600 } s { color: #8a857d; font-weight: 400; margin-right: .5rem }
    .out { color: #a33 } .quiet { color: #8a857d }
    </style></head>
    <body><header><b>\(escape(site))</b><nav>\(menu.map { link($0.0, $0.1) }.joined(separator: "\n"))
    </nav></header>
    <main>
    \(body)
    </main>
    <footer class="quiet">A demonstration: nothing here is for sale, nobody here exists.</footer>
    </body></html>

    """
  }
}
