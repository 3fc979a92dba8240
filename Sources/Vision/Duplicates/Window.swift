import CKernels
internal import Foundation

/// What part of a picture another one may show.
///
/// A picture stands in the index under the code of its middle: the window that leaves a tenth off
/// each side. A copy that is cropped, or of which the other was cropped, by up to a tenth a side
/// shows that middle under some window of its own. Of those 97 are tried, and all of them mirrored:
/// 81 leave 2, 10 or 18 % off each side, and 16 leave 6 or 14 %, the middles between those. The
/// cosines under a window keep near the right ones while its edges do within four hundredths of a
/// side; without the 16 a picture that is cropped alike on all sides has all four that far.
struct Window {
  /// Edges of either axis in 0…1.
  let left: Double
  let right: Double
  let top: Double
  let bottom: Double

  static let middle = Window(left: 0.1, right: 0.9, top: 0.1, bottom: 0.9)
  static let all = lattices.flatMap { intervals in
    intervals.flatMap { down in
      intervals.map { Window(left: $0.0, right: $0.1, top: down.0, bottom: down.1) }
    }
  }
  /// Where `all` has the middle.
  static let middlePlace = 40

  private static let lattices = [[0.02, 0.1, 0.18], [0.06, 0.14]].map { margins in
    margins.flatMap { low in margins.map { (low, 1 - $0) } }
  }
  /// Intervals of each lattice of `all`.
  static let sets = lattices.map { Int32($0.count) }
  /// `[13 × 8 × 32]`: of those intervals.
  static let bases = lattices.joined().flatMap { base(from: $0.0, to: $0.1) }
  /// `[8 × 32]`.
  static let middleBase = base(from: middle.left, to: middle.right)
  /// `[8 × 32]`: the whole picture's cosines, sampled, as the perceptual hash has them.
  static let plainBase: [Float] = (0..<8 * 32).map { i in
    let angle: Double = Double(i / 32) * (Double(i % 32) + 0.5) * Double.pi / 32
    return Float(cos(angle))
  }

  /// `[8 × 32]`: cosines between two edges, integrated over each cell's share.
  private static func base(from low: Double, to high: Double) -> [Float] {
    (0..<8 * 32).map { i in
      func part(_ cell: Int) -> Double {
        let at: Double = (Double(cell) / 32 - low) / (high - low)
        return min(1, max(0, at))
      }
      let frequency = Double.pi * Double(i / 32)
      let (start, end) = (part(i % 32), part(i % 32 + 1))
      guard frequency > 0 else { return Float(end - start) }
      let area: Double = (sin(frequency * end) - sin(frequency * start)) / frequency
      return Float(2.0.squareRoot() * area)
    }
  }

  var mirrored: Window { Window(left: 1 - right, right: 1 - left, top: top, bottom: bottom) }

  /// Lays the middle of a picture of ratio `fixed` over this part of one of ratio `moving`.
  func placement(moving: Float, fixed: Float, isMirrored: Bool) -> vt_placement {
    let share = Self.middle.right - Self.middle.left
    let across = (right - left) / share * Double(moving / fixed)
    let down = (bottom - top) / share
    return vt_placement(
      logScale: Float(log(across * down) / 2), angle: 0, x: Float(left + right - 1),
      y: Float(top + bottom - 1), mirrored: isMirrored ? 1 : 0)
  }
}

/// The low cosines of a picture under some windows, and the codes of their signs.
struct Sketches {
  /// `[count × 64]`, each of unit length.
  private let cosines: [Float]
  let codes: [UInt64]
  /// Of each code the bits that another file of the picture is likeliest to have otherwise.
  let loose: [UInt64]
  /// Windows that are not mirrored; they come first.
  private let upright: Int

  /// - Parameter luma: `[32 × 32]`.
  private init(_ luma: UnsafePointer<UInt8>, _ bases: [Float], _ sets: [Int32], mirrored: Bool) {
    let upright = sets.reduce(0) { $0 + Int($1 * $1) }
    let count = mirrored ? 2 * upright : upright
    var codes = [UInt64](repeating: 0, count: count)
    var loose = codes
    cosines = [Float](unsafeUninitializedCapacity: 64 * count) { buffer, written in
      vt_sketches(
        luma, bases, sets, Int32(sets.count), mirrored ? 1 : 0, buffer.baseAddress, &codes, &loose)
      written = 64 * count
    }
    self.codes = codes
    self.loose = loose
    self.upright = upright
  }

  /// Under `Window.all`, then the same mirrored.
  static func all(of luma: UnsafePointer<UInt8>) -> Sketches {
    Sketches(luma, Window.bases, Window.sets, mirrored: true)
  }

  /// Under `Window.middle`.
  static func middle(of luma: UnsafePointer<UInt8>) -> Sketches {
    Sketches(luma, Window.middleBase, [1], mirrored: false)
  }

  /// `[count × 64]`: the cosines of the upright windows in 127ths.
  var rounded: [Int8] {
    [Int8](unsafeUninitializedCapacity: 64 * upright) { buffer, written in
      vt_rounded(cosines, upright, buffer.baseAddress)
      written = 64 * upright
    }
  }

  /// Those of `places` whose middle some window may show as likely as `least`, in their order.
  ///
  /// A rounded vector is wrong by at most the length of 64 half 127ths. Of two, one of unit length and
  /// the other longer by that at most, the product is wrong by twice that and its square (Cauchy and
  /// Schwarz).
  ///
  /// - Parameter middles: `[… × 64]`, ``rounded``.
  /// - Precondition: the sketches are of all windows.
  func likely(_ places: [UInt32], among middles: [Int8], atLeast least: Float) -> [UInt32] {
    let wrong: Float = 0.5 / 127 * 8
    let bound = Int32((127 * 127 * (least - 2 * wrong - wrong * wrong - 0.0001)).rounded(.down))
    var kept = places
    kept.removeLast(
      places.count - vt_likely(rounded, upright, middles, bound, &kept, places.count))
    return kept
  }

  /// The upright and the mirrored window that show most likely what `middle` shows, and how alike
  /// they are, −1…1.
  func likest(to middle: Sketches) -> [(window: Window, isMirrored: Bool, likeness: Float)] {
    cosines.withUnsafeBufferPointer { cosines in
      [false, true].map { isMirrored in
        var likeness: Float = 0
        let start = cosines.baseAddress.map { $0 + (isMirrored ? 64 * upright : 0) }
        var window = Window.all[vt_likest(start, upright, middle.cosines, &likeness)]
        // Of stripes many windows are as alike; the picture itself comes first.
        var itself: Float = 0
        let place = Window.middlePlace
        _ = vt_likest(start.map { $0 + 64 * place }, 1, middle.cosines, &itself)
        if itself > likeness - 0.001 { window = Window.all[place] }
        return (isMirrored ? window.mirrored : window, isMirrored, likeness)
      }
    }
  }
}
