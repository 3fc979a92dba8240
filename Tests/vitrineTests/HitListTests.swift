import Foundation
import Testing

@testable import vitrine

@Suite struct HitListTests {
  @Test func `a hit that a second model ranked has that one's score first`() throws {
    let item = #"{"kind": "product", "name": "Coat", "brand": "Tarn", "price": "9", "url": "u"}"#
    func hit(_ more: String) -> String {
      #"{"score": 0.5, "folded": 1, "box": null, "image": {"url": "p"}, "items": [\#(item)]\#(more)}"#
    }
    let answer = #"""
      {"levels": [{"hits": [\#(hit(#", "rerank_score": 0.75"#)), \#(hit(#", "rerank_score": null"#)), \#(hit(""))]}]}
      """#
    let lines = try HitList(json: Data(answer.utf8)).lines
    #expect(
      lines == [
        "0.7500  0.5000  Coat, Tarn, 9  (+1)\n        u",
        "0.5000  Coat, Tarn, 9  (+1)\n        u",
        "0.5000  Coat, Tarn, 9  (+1)\n        u",
      ])
  }
}
