/// The colours that shops name. Raw values are stored.
package enum ColourName: Int, Sendable, CaseIterable, Encodable, CustomStringConvertible {
  case black, grey, silver, white, beige, brown, burgundy, red, orange, yellow, olive, green, teal
  case lightBlue, blue, navy, purple, pink

  package init?(name: String) {
    guard let colour = Self.allCases.first(where: { $0.description == name }) else { return nil }
    self = colour
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  package var description: String {
    switch self {
    case .black: "black"
    case .grey: "grey"
    case .silver: "silver"
    case .white: "white"
    case .beige: "beige"
    case .brown: "brown"
    case .burgundy: "burgundy"
    case .red: "red"
    case .orange: "orange"
    case .yellow: "yellow"
    case .olive: "olive"
    case .green: "green"
    case .teal: "teal"
    case .lightBlue: "light blue"
    case .blue: "blue"
    case .navy: "navy"
    case .purple: "purple"
    case .pink: "pink"
    }
  }
}

/// A few of the named colours.
package struct ColourSet: OptionSet, Hashable, Sendable, Codable {
  package let rawValue: Int

  package init(rawValue: Int) { self.rawValue = rawValue }

  package init(_ colours: some Sequence<ColourName>) {
    rawValue = colours.reduce(0) { $0 | 1 << $1.rawValue }
  }

  package var names: [ColourName] { ColourName.allCases.filter { contains(ColourSet([$0])) } }
}
