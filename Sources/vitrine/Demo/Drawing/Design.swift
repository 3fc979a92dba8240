/// A thing to wear as a shop would design it: what it is, in which cloth, and in which colour.
///
/// The words that describe it agree with the picture that is drawn of it.
struct Design: Hashable, Sendable {
  enum Kind: String, CaseIterable, Sendable {
    case dress, shirt, tee, jumper, coat, trousers, skirt, sneakers, boots, hat, beanie, tote
    case handbag, scarf

    /// As a shop's menu calls it.
    var category: String {
      switch self {
      case .dress: "Dresses"
      case .shirt: "Shirts"
      case .tee: "T-shirts"
      case .jumper: "Knitwear"
      case .coat: "Jackets and coats"
      case .trousers: "Trousers"
      case .skirt: "Skirts"
      case .sneakers, .boots: "Shoes"
      case .hat, .beanie, .scarf: "Hats and scarves"
      case .tote, .handbag: "Bags"
      }
    }
  }

  struct Shade {
    let name: String
    let colour: Colour
    let partner: Colour

    init(_ name: String, _ colour: UInt32, with partner: UInt32) {
      self.name = name
      self.colour = Colour(colour)
      self.partner = Colour(partner)
    }
  }

  private static let shades = [
    Shade("Ivory", 0xF1EBDD, with: 0x35507A), Shade("Oat", 0xDCCDB2, with: 0x8C5A3C),
    Shade("Camel", 0xC0925E, with: 0x3C2A1E), Shade("Rust", 0xB4532A, with: 0xF4DFC2),
    Shade("Poppy", 0xD4493F, with: 0xFBEAD2), Shade("Blush", 0xE8B7AE, with: 0x9C3F4B),
    Shade("Plum", 0x6B3350, with: 0xE9C9A8), Shade("Ink", 0x27344F, with: 0xE8E2D4),
    Shade("Cornflower", 0x5F8EC4, with: 0xFFFFFF), Shade("Mist", 0xAEC6D4, with: 0x2F4A63),
    Shade("Teal", 0x22706E, with: 0xF2D9A2), Shade("Sage", 0x8FA98B, with: 0xF5F0DF),
    Shade("Olive", 0x6C6B3A, with: 0xE6D9A8), Shade("Forest", 0x2C5140, with: 0xE8D8B6),
    Shade("Graphite", 0x45474C, with: 0xD9D4CB), Shade("Butter", 0xEBD38A, with: 0xA34A34),
    Shade("Mustard", 0xCE9A2E, with: 0x2D3A56), Shade("Lilac", 0xB7A2CF, with: 0x51397A),
    Shade("Raspberry", 0xB02A5B, with: 0xF7D6D0), Shade("Chalk", 0xF6F5F1, with: 0x7C8A94),
  ]

  private static let washes = [
    Shade("Rinse", 0x2C3E5E, with: 0xD9A441), Shade("Mid Wash", 0x4E74A0, with: 0xD9A441),
    Shade("Light Wash", 0x86A8C8, with: 0xC98A3A), Shade("Washed Black", 0x3C3D42, with: 0x8A8A8A),
    Shade("Ecru", 0xE4DAC4, with: 0xB98A4A),
  ]

  let kind: Kind
  let seed: UInt64
  /// Which of its colours; 0 is the first.
  var colourway = 0

  /// The colours of one design differ by much, as a shop's do.
  var shade: Shade {
    var choice = chance("shade")
    let shades = isJeans ? Self.washes : Self.shades
    return shades[(Int(choice.next() % UInt64(shades.count)) + colourway * 7) % shades.count]
  }

  private func chance(_ name: String) -> SeededChoice { SeededChoice(seed: seed, name) }

  /// What it is cut like, without its cloth; the cut is the same in every colour.
  private var topCut: TopCut {
    var choice = chance("cut")
    var cut = TopCut()
    switch kind {
    case .tee:
      cut.neck = choice.one(of: [.round, .vee, .boat])
      cut.sleeves = choice.one(of: [.short, .short, .long])
    case .jumper:
      cut.neck = choice.one(of: [.round, .vee, .turtle])
      cut.sleeves = .long
    default: cut.sleeves = choice.one(of: [.long, .long, .short])
    }
    cut.ease = choice.between(0.98, 1.16)
    cut.length = choice.between(0.9, 1.04)
    return cut
  }

  private var dressCut: DressCut {
    var choice = chance("cut")
    var cut = DressCut()
    cut.neck = choice.one(of: DressCut.Neck.allCases)
    cut.sleeves = cut.neck == .straps ? .none : choice.one(of: TopCut.Sleeves.allCases)
    cut.hem = choice.one(of: [210, 320, 425])
    cut.flare = choice.between(150, 265)
    cut.tiers = cut.hem > 400 ? choice.one(of: [1, 3]) : 1
    cut.isBelted = cut.tiers == 1 && choice.happens(0.35)
    return cut
  }

  private var print: (word: String, pattern: Fabric.Pattern) {
    var choice = chance("print")
    switch kind {
    case .dress:
      return choice.one(of: [
        ("", .plain), ("Floral", .floral(cell: 68)), ("Meadow", .floral(cell: 40)),
        ("Dotted", .dots(cell: 34, radius: 6)), ("Gingham", .gingham(cell: 17)),
        ("Striped", .stripes(width: 12, gap: 22, isUpright: true)),
      ])
    case .shirt:
      return choice.one(of: [
        ("", .plain), ("Gingham", .gingham(cell: 20)), ("Checked", .tartan(cell: 40)),
        ("Pinstripe", .stripes(width: 3, gap: 17, isUpright: true)),
        ("Banker-Stripe", .stripes(width: 12, gap: 14, isUpright: true)),
      ])
    case .tee:
      return choice.one(of: [
        ("", .plain), ("Breton", .stripes(width: 13, gap: 27, isUpright: false)),
        ("Rugby-Stripe", .stripes(width: 46, gap: 46, isUpright: false)),
      ])
    case .jumper:
      return choice.one(of: [
        ("", .plain), ("Striped", .stripes(width: 36, gap: 36, isUpright: false)),
        ("Fair-Isle", .zigzag(width: 44, height: 22)), ("", .plain),
      ])
    case .coat:
      return choice.one(of: [("", .plain), ("Herringbone", .herringbone(cell: 20)), ("", .plain)])
    case .trousers: return ("", .plain)
    case .skirt:
      return choice.one(of: [
        ("", .plain), ("Tartan", .tartan(cell: 42)), ("Floral", .floral(cell: 52)),
        ("Dotted", .dots(cell: 30, radius: 5)),
      ])
    case .tote:
      return choice.one(of: [
        ("", .plain), ("Striped", .stripes(width: 38, gap: 38, isUpright: false)),
        ("Deckchair", .stripes(width: 24, gap: 24, isUpright: true)),
      ])
    case .scarf:
      return choice.one(of: [
        ("Tartan", .tartan(cell: 40)), ("Houndstooth", .herringbone(cell: 24)),
        ("Striped", .stripes(width: 30, gap: 54, isUpright: false)),
      ])
    case .sneakers, .boots, .hat, .beanie, .handbag: return ("", .plain)
    }
  }

  private var isJeans: Bool {
    var choice = chance("jeans")
    return kind == .trousers && choice.happens(0.45)
  }

  /// What it is made of, as the label says.
  var material: String {
    var choice = chance("material")
    switch kind {
    case .dress, .skirt: return choice.one(of: ["Linen", "Viscose", "Cotton Poplin", "Tencel"])
    case .shirt: return choice.one(of: ["Cotton", "Linen", "Flannel"])
    case .tee: return choice.one(of: ["Cotton Jersey", "Organic Cotton", "Hemp Blend"])
    case .jumper: return choice.one(of: ["Lambswool", "Merino", "Alpaca Blend"])
    case .coat: return choice.one(of: ["Wool", "Recycled Wool", "Cotton Drill"])
    case .trousers: return isJeans ? "Denim" : choice.one(of: ["Cotton Twill", "Linen", "Wool"])
    case .sneakers, .boots, .handbag: return choice.one(of: ["Leather", "Suede", "Grain Leather"])
    case .hat: return choice.one(of: ["Straw", "Raffia"])
    case .beanie, .scarf: return choice.one(of: ["Wool", "Cashmere Blend", "Lambswool"])
    case .tote: return choice.one(of: ["Canvas", "Heavy Cotton"])
    }
  }

  /// Its name without the colour, such as `Floral Midi Dress`.
  var name: String {
    let noun: String
    switch kind {
    case .dress:
      let cut = dressCut
      let length = cut.hem > 400 ? "Maxi" : cut.hem > 300 ? "Midi" : "Mini"
      let detail =
        cut.tiers > 1
        ? "Tiered " : cut.sleeves == .puffed ? "Puff-Sleeve " : cut.isBelted ? "Belted " : ""
      noun = detail + length + (cut.neck == .straps ? " Slip Dress" : " Dress")
    case .shirt: noun = topCut.sleeves == .short ? "Camp Shirt" : "Shirt"
    case .tee:
      let neck = topCut.neck == .vee ? "V-Neck " : topCut.neck == .boat ? "Boat-Neck " : ""
      noun = neck + (topCut.sleeves == .long ? "Long-Sleeve Top" : "T-Shirt")
    case .jumper:
      noun =
        topCut.neck == .turtle
        ? "Roll-Neck Jumper" : topCut.neck == .vee ? "V-Neck Jumper" : "Crew Jumper"
    case .coat:
      noun = coatCut.isLong ? "Overcoat" : coatCut.isDouble ? "Double-Breasted Blazer" : "Blazer"
    case .trousers:
      let fit = legWidth > 88 ? "Wide-Leg" : legWidth > 64 ? "Straight" : "Slim"
      noun = fit + (isJeans ? " Jeans" : " Trousers")
    case .skirt: noun = skirtCut.pleats > 2 ? "Pleated Skirt" : "A-Line Skirt"
    case .sneakers: noun = "Court Sneakers"
    case .boots: noun = "Chelsea Boots"
    case .hat: noun = "Sun Hat"
    case .beanie: noun = hasPompom ? "Bobble Hat" : "Beanie"
    case .tote: noun = "Tote"
    case .handbag: noun = "Saddle Bag"
    case .scarf: noun = "Scarf"
    }
    let print = print.word
    return [print, print.isEmpty ? material : "", noun].filter { !$0.isEmpty }.joined(
      separator: " ")
  }

  private var coatCut: (isLong: Bool, isDouble: Bool, ease: Double) {
    var choice = chance("cut")
    return (choice.happens(0.5), choice.happens(0.5), choice.between(1, 1.12))
  }

  private var legWidth: Double {
    var choice = chance("cut")
    return choice.between(50, 108)
  }

  private var skirtCut: (hem: Double, flare: Double, pleats: Double) {
    var choice = chance("cut")
    return (choice.between(120, 330), choice.between(170, 260), choice.between(1.2, 3))
  }

  private var hasPompom: Bool {
    var choice = chance("cut")
    return choice.happens(0.5)
  }

  private var fabric: Fabric {
    let shade = shade
    var fabric = Fabric(
      shade.colour, accent: shade.partner, third: shade.partner.mixed(with: Colour(0xF4CF6A), 0.5),
      print.pattern, seed: UInt32(truncatingIfNeeded: seed))
    switch kind {
    case .jumper, .beanie: fabric.surface = .knitted
    case .trousers: fabric.surface = isJeans ? .twill : .woven
    case .boots, .handbag, .sneakers:
      fabric.surface = .leather
      fabric.sheen = material == "Suede" ? 0.04 : 0.3
    case .hat:
      fabric.surface = .straw
      fabric.base = shade.colour.mixed(with: Colour(0xE3C68D), 0.72)
    case .dress: fabric.sheen = material == "Viscose" || material == "Tencel" ? 0.28 : 0.1
    case .shirt, .tee, .coat, .skirt, .tote, .scarf: break
    }
    if kind == .tote && fabric.base.luma < 0.5, case .stripes = fabric.pattern {
      swap(&fabric.base, &fabric.accent)
    }
    return fabric
  }

  var garment: Garment {
    let fabric = fabric
    let folds = UInt32(truncatingIfNeeded: seed >> 3)
    let partner = shade.partner
    var choice = chance("trim")
    let metal = choice.one(of: [Colour(0xC9A24B), Colour(0xB9B9BC), Colour(0x9C7440)])
    let leather = choice.one(of: [Colour(0x7A4A2B), Colour(0x3A2A22), Colour(0xA86B3C)])
    switch kind {
    case .dress: return .dress(fabric, dressCut, belt: leather, seed: folds)
    case .shirt:
      return .shirt(
        fabric, topCut, buttons: choice.one(of: [Colour(0xFAF8F2), leather]), seed: folds)
    case .tee: return .tee(fabric, topCut, seed: folds)
    case .jumper: return .jumper(fabric, topCut, seed: folds)
    case .coat:
      let cut = coatCut
      return .coat(
        fabric, length: cut.isLong ? 1.3 : 0.98, ease: cut.ease, isDoubleBreasted: cut.isDouble,
        buttons: leather.darker(0.3), lining: partner.mixed(with: Colour(0x5B4636), 0.5),
        seed: folds)
    case .trousers:
      return .trousers(
        fabric, taper: legWidth, hem: choice.between(370, 415), isJeans: isJeans, metal: metal,
        seed: folds)
    case .skirt:
      let cut = skirtCut
      return .skirt(
        fabric, hem: cut.hem, flare: cut.flare, pleats: cut.pleats, belt: metal, seed: folds)
    case .sneakers:
      let sole = choice.one(of: [Colour(0xFBFAF7), Colour(0xEFE4CC), Colour(0xC9A57A)])
      return .pair(
        .sneaker(fabric, sole: sole, lace: Colour(0xFDFCF8), seed: folds), dx: 90, dy: 150)
    case .boots:
      return .pair(
        .boot(
          fabric, heel: choice.between(30, 84), shaft: choice.between(140, 210),
          sole: Colour(0x2A1C14), seed: folds), dx: 120, dy: 110)
    case .hat:
      return .strawHat(
        fabric, brim: choice.between(260, 325), ribbon: luminous(partner), seed: folds)
    case .beanie: return .beanie(fabric, pompom: hasPompom ? partner : nil, seed: folds)
    case .tote: return .tote(fabric, handle: leather, seed: folds)
    case .handbag: return .handbag(fabric, metal: metal, seed: folds)
    case .scarf: return .scarf(fabric, seed: folds)
    }
  }

  /// A ribbon that shows on straw.
  private func luminous(_ colour: Colour) -> Colour {
    colour.luma > 0.6 ? colour.mixed(with: shade.colour, 0.8).darker(0.3) : colour
  }

  /// Where a close-up looks, in units below the middle of the packshot.
  var detail: Double {
    switch kind {
    case .handbag: 150
    case .tote: -40
    case .sneakers, .boots: 10
    case .hat, .beanie, .skirt: -40
    case .scarf: -110
    case .dress, .shirt, .tee, .jumper, .coat, .trousers: -170
    }
  }

  /// How much of a packshot's height it fills at scale 1, and where its middle is.
  var frame: (scale: Double, middle: Double) {
    switch kind {
    case .dress: (min(1.08, 840 / (dressCut.hem + 420)), (dressCut.hem - 400) / 2)
    case .trousers: (1.02, 0)
    case .coat: (1.06, coatCut.isLong ? 20 : -70)
    case .shirt, .tee: (1.12, -10)
    case .jumper: (1.04, 0)
    case .skirt: (min(1.3, 780 / (skirtCut.hem + 320)), (skirtCut.hem - 300) / 2)
    case .sneakers, .boots: (1.16, 0)
    case .hat: (1.15, 10)
    case .beanie: (1.35, -20)
    case .tote: (1.12, -20)
    case .handbag: (1.2, -74)
    case .scarf: (1.06, 10)
    }
  }
}
