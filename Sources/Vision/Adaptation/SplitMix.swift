/// Numbers from a seed (SplitMix64; Steele, Lea & Flood, "Fast splittable pseudorandom number generators",
/// 2014): the same seed gives the same ones on every machine.
package struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// Nearly normal, mean 0, variance 1: a sum of four uniform numbers of 16 bits.
  mutating func normal() -> Float {
    let bits = next()
    let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + bits >> 48
    return (Float(sum) / 65_536 - 2) * Float(3).squareRoot()
  }
}
