/// How an element's tags behave in HTML; the standard's names where it has some (13.1.2, 13.2.4.2).
struct ElementRule: OptionSet {
  let rawValue: UInt16

  /// Has no content and no end tag.
  static let void = Self(rawValue: 1)
  /// Its boundary separates words.
  static let block = Self(rawValue: 2)
  /// "Special": a stray end tag of an ordinary element does not reach past it.
  static let special = Self(rawValue: 4)
  /// Ends "has an element in scope".
  static let scope = Self(rawValue: 8)
  /// Its start tag closes an open `p`.
  static let closesParagraph = Self(rawValue: 16)
  /// `td`, `th`.
  static let cell = Self(rawValue: 32)
  /// May stand in `head`.
  static let metadata = Self(rawValue: 64)
  /// Content is text up to the end tag: kept as it is.
  static let raw = Self(rawValue: 128)
  /// Content is text up to the end tag: character references are read.
  static let escapable = Self(rawValue: 256)
  /// Content is text up to the end tag, for browsers of old: not read.
  static let dropped = Self(rawValue: 512)
  /// Its start tag needs more than the flags say.
  static let ownStart = Self(rawValue: 1024)

  /// By number of a name, `Name.count` of them.
  // Written here, once a process, and only read from then on.
  nonisolated(unsafe) static let table: UnsafePointer<ElementRule> = {
    let rules = UnsafeMutablePointer<ElementRule>.allocate(capacity: Int(Name.count))
    rules.initialize(repeating: [], count: Int(Name.count))
    func add(_ rule: ElementRule, _ names: [Name]) {
      for name in names { rules[Int(name.rawValue)].insert(rule) }
    }
    let headings: [Name] = [.h1, .h2, .h3, .h4, .h5, .h6]
    let cells: [Name] = [.td, .th]
    let rowGroups: [Name] = [.tbody, .thead, .tfoot]
    add(
      .void,
      [
        .area, .base, .basefont, .bgsound, .br, .col, .embed, .frame, .hr, .img, .input, .keygen,
        .link, .meta, .param, .source, .track, .wbr,
      ])
    add(
      .block,
      headings + cells + rowGroups + [
        .address, .article, .aside, .blockquote, .body, .br, .button, .caption, .center, .dd,
        .details, .dialog, .div, .dl, .dt, .fieldset, .figcaption, .figure, .footer, .form, .head,
        .header, .hr, .html, .iframe, .img, .input, .legend, .li, .main, .menu, .nav, .ol,
        .optgroup, .option, .p, .pre, .section, .select, .summary, .table, .template, .textarea,
        .title, .tr, .ul, .video, .loc, .url, .item,
      ])
    let paragraphClosers: [Name] =
      headings + [
        .address, .article, .aside, .blockquote, .center, .dd, .details, .dialog, .dir, .div, .dl,
        .dt, .fieldset, .figcaption, .figure, .footer, .form, .header, .hgroup, .hr, .li, .listing,
        .main, .menu, .nav, .ol, .p, .plaintext, .pre, .search, .section, .summary, .table, .ul,
        .xmp,
      ]
    add(.closesParagraph, paragraphClosers)
    add(
      .special,
      paragraphClosers + cells + rowGroups + [
        .applet, .body, .button, .caption, .colgroup, .foreignobject, .frameset, .head, .html,
        .iframe, .marquee, .noembed, .noframes, .noscript, .object, .script, .select, .style,
        .template, .textarea, .title, .tr,
      ])
    add(.scope, cells + [.applet, .caption, .html, .marquee, .object, .table, .template])
    add(.cell, cells)
    add(
      .metadata,
      [
        .base, .basefont, .bgsound, .head, .html, .link, .meta, .noframes, .noscript, .script,
        .style, .template, .title,
      ])
    add(.raw, [.script, .style])
    add(.escapable, [.textarea, .title])
    add(.dropped, [.iframe, .noembed, .noframes])
    add(
      .ownStart,
      headings + cells + rowGroups + [
        .a, .body, .button, .caption, .colgroup, .dd, .dt, .head, .html, .li, .optgroup, .option,
        .tr,
      ])
    return UnsafePointer(rules)
  }()
}
