import Catalog

/// How far each syntax is believed.
///
/// recipe > JSON-LD > microdata > RDFa > state > OpenGraph > visible > Twitter > meta. A value that
/// several syntaxes agree on gains for each of them, so that two that agree can outvote one a step
/// above.
enum Trust {
  static func of(_ syntax: Syntax) -> Int {
    switch syntax {
    case .recipe: 1_000
    case .jsonLD: 90
    case .microdata: 86
    case .rdfa: 82
    case .state: 74
    case .openGraph: 66
    case .visible: 58
    case .twitter: 40
    case .meta: 34
    }
  }

  /// One bit for each syntax.
  static func bit(_ syntax: Syntax) -> UInt16 {
    switch syntax {
    case .recipe: 1
    case .jsonLD: 2
    case .microdata: 4
    case .rdfa: 8
    case .state: 16
    case .openGraph: 32
    case .visible: 64
    case .twitter: 128
    case .meta: 256
    }
  }

  /// What each further syntax that says the same adds.
  static let agreement = 10

  /// What a price that a visitor plainly sees adds to data that says the same: data alone is often
  /// older than the page, or speaks of a minimum.
  static let seenPrice = 26
}
