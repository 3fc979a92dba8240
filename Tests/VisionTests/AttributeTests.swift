import Catalog
import Support
import Testing

@testable import Vision

struct AttributeTests {
  /// A plain square of `colour` that takes up the middle of a plain ground.
  private func shot(_ colour: Drawing.Colour, on ground: Drawing.Colour) -> Picture {
    Drawing(width: 120, height: 160) { x, y in
      (20..<100).contains(x) && (20..<140).contains(y) ? colour : ground
    }.picture
  }

  @Test(arguments: [
    (ColourName.black, (20, 20, 22)), (.white, (250, 250, 248)), (.red, (205, 30, 35)),
    (.navy, (24, 32, 72)), (.blue, (40, 85, 190)), (.green, (40, 130, 60)),
    (.pink, (240, 170, 195)), (.yellow, (240, 215, 50)), (.brown, (110, 70, 40)),
    (.beige, (222, 205, 175)), (.purple, (100, 50, 140)), (.grey, (120, 120, 122)),
  ])
  func `a plain garment has the name of its colour`(name: ColourName, colour: (Int, Int, Int)) {
    let (white, lawn) = ((255, 255, 255), (60, 140, 60))
    let grounds: [Drawing.Colour] =
      name == .white ? [lawn] : name == .green ? [white] : [white, lawn]
    for ground in grounds {
      let attributes = PictureAttributes(of: shot(colour, on: ground))
      #expect(attributes.colours.first?.name == name, "on \(ground)")
      #expect((attributes.colours.first?.share ?? 0) > 0.9)
    }
  }

  @Test func `stripes have both colours, the wider first`() {
    let striped = Drawing(width: 120, height: 160) { x, y in
      guard (10..<110).contains(x), (10..<150).contains(y) else { return (255, 255, 255) }
      return y % 12 < 8 ? (24, 32, 72) : (205, 30, 35)
    }
    let colours = PictureAttributes(of: striped.picture).colours
    #expect(colours.prefix(2).map(\.name) == [.navy, .red])
    #expect(colours[0].share > colours[1].share)
  }

  @Test func `white on white is white`() {
    let plain = Drawing(width: 60, height: 60) { _, _ in (255, 255, 255) }.picture
    #expect(PictureAttributes(of: plain).colours == [.init(name: .white, share: 1)])
  }

  @Test func `a plain light ground is a product shot, a busy one a scene`() {
    #expect(PictureAttributes(of: shot((150, 60, 60), on: (250, 250, 250))).productShot > 0.9)
    var random = SeededGenerator(seed: 4)
    let noise = (0..<144).map { _ in Int.random(in: 0...255, using: &random) }
    let scene = Drawing(width: 120, height: 120) { x, y in
      let i = x / 10 + 12 * (y / 10)
      return (noise[i], noise[(i + 50) % 144], noise[(i + 99) % 144])
    }
    #expect(PictureAttributes(of: scene.picture).productShot < 0.1)
  }

  @Test func `OKLab gives the values of its paper`() {
    let white = OKLab(red: 255, green: 255, blue: 255)
    #expect(abs(white.lightness - 1) < 1e-4 && abs(white.a) < 1e-4 && abs(white.b) < 1e-4)
    let red = OKLab(red: 255, green: 0, blue: 0)
    #expect(abs(red.lightness - 0.628) < 1e-3 && abs(red.a - 0.225) < 1e-3)
    #expect(abs(red.b - 0.126) < 1e-3)
  }
}
