/// A text with money in it that may be the page's price, and what speaks for it and against it.
struct PriceCandidate {
  var element: Int
  /// 30 and more where a visitor would take it for the price.
  var score = 0
  var fact: PriceFact
  /// A currency stands beside the number.
  var isSigned: Bool
  var isInButton = false
  var reasons = Reasons()

  mutating func count(_ points: Int, _ reason: Reason) {
    score += points
    reasons.append(reason)
  }

  /// What was said for or against a candidate; the text is what its evidence shows.
  enum Reason: UInt8 {
    case lowerOfTwo
    case priceClass
    case money
    case insidePrice
    case currency
    case sentence
    case current
    case alike
    case extraClass
    case frame
    case fee
    case hidden
    case insideExtras
    case insideCurrent
    case extraWords
    case large
    case near
    case link
    case button
    case twice
    case holdsAnother
    case choice
    case otherPage
    case priceLabel
    case perUnit
    case net

    var text: StaticString {
      switch self {
      case .lowerOfTwo: "the lower of two side by side"
      case .priceClass: "class of prices"
      case .money: "text with money"
      case .insidePrice: "inside a price"
      case .currency: "currency"
      case .sentence: "a sentence without currency"
      case .current: "current"
      case .alike: "one of many alike"
      case .extraClass: "class of extras"
      case .frame: "frame of the page"
      case .fee: "fee"
      case .hidden: "hidden"
      case .insideExtras: "inside extras"
      case .insideCurrent: "inside current"
      case .extraWords: "words of extras"
      case .large: "large type"
      case .near: "near the heading"
      case .link: "link"
      case .button: "button"
      case .twice: "said twice"
      case .holdsAnother: "holds another price"
      case .priceLabel: "behind a label of prices"
      case .perUnit: "for a unit"
      case .net: "without tax"
      case .otherPage: "leads to another page"
      case .choice: "one of several buttons with prices"
      }
    }
  }

  /// Reasons in order: the first twelve in one word, for hardly a candidate has more.
  struct Reasons {
    private var packed: UInt64 = 0
    private var count = 0
    private var others: [Reason] = []

    mutating func append(_ reason: Reason) {
      if count < 12 {
        packed |= UInt64(reason.rawValue) << UInt64(count * 5)
      } else {
        others.append(reason)
      }
      count += 1
    }

    func append(to bytes: inout [UInt8]) {
      for place in 0..<count {
        if place > 0 { bytes += ", ".utf8 }
        let reason =
          place < 12
          ? Reason(rawValue: UInt8(packed >> UInt64(place * 5) & 31))! : others[place - 12]
        reason.text.withUTF8Buffer { bytes += $0 }
      }
    }
  }
}
