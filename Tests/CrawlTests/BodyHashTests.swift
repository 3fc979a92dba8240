import Crawl
import Support
import Testing

struct BodyHashTests {
  @Test func `every byte and the length count`() {
    var generator = SeededGenerator(seed: 7)
    var seen: Set<UInt64> = []
    var count = 0
    for length in 0..<70 {
      let body = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
      seen.insert(BodyHash.of(body))
      count += 1
      for place in body.indices {
        var changed = body
        changed[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
        seen.insert(BodyHash.of(changed))
        count += 1
      }
    }
    #expect(seen.count == count)
    #expect(BodyHash.of([0]) != BodyHash.of([0, 0]))
  }

  // The numbers are those of an implementation of the same definition in Python.
  @Test func `a hash is the same for ever, since the catalog keeps it`() {
    #expect(BodyHash.of([]) == 9_860_130_200_543_560_822)
    #expect(BodyHash.of(Array("vitrine keeps what it finds".utf8)) == 14_284_152_577_214_247_389)
  }
}
