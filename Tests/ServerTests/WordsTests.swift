import Catalog
import Foundation
import Server
import Support
import Testing
import VectorSearch
import Vision

/// Searches by words, with a picture and a text encoder whose vectors are known.
struct WordsTests {
  private func names(_ answer: Value) -> [String] {
    answer["levels"]?[0]?["hits"]?.array.map { $0["items"]?[0]?["name"]?.string ?? "" } ?? []
  }

  @Test func `words find what they name, in JSON, as a form and in the address`() async throws {
    let gallery = try await ColourGallery()
    try await withServer(gallery.catalog, embedder: gallery.embedder, words: gallery.words) {
      client in
      for (name, _) in ColourGallery.colours {
        let answer = try await client.get("/v1/search?text=a+\(name)+dress").json()
        #expect(names(answer).first == name)
        #expect(answer["query"]?["image"] == .null)
        #expect(names(try await client.search(#"{"text": "\#(name)"}"#).json()).first == name)
      }
      let form = Array(
        "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nblue\r\n--b--\r\n".utf8)
      let answer = try await client.post("/v1/search", "multipart/form-data; boundary=b", form)
      #expect(names(try answer.json()).first == "blue")
      #expect(try await client.get("/v1/stats").json()["text_model"] != .null)
    }
  }

  @Test func `words go with filters and with pictures beside them`() async throws {
    let gallery = try await ColourGallery()
    try await withServer(gallery.catalog, embedder: gallery.embedder, words: gallery.words) {
      client in
      let filtered = try await client.get("/v1/search?text=red&brand=Linden").json()
      #expect(Set(names(filtered)) == ["blue", "white"])
      // Red and a little of blue: the blue picture comes before the green one, and is no hit itself.
      let blue = try await client.get("/v1/search?text=blue&k=1").json()
      let image = try #require(blue["levels"]?[0]?["hits"]?[0]?["image"]?["id"]?.int)
      let beside = try await client.get("/v1/search?text=white&more=\(image):2&fold=0").json()
      #expect(names(beside).contains("blue") == false)
      #expect(beside["query"]?["more"]?[0]?["id"]?.int == image)
      let plain = try await client.get("/v1/search?text=white&fold=0").json()
      #expect(names(plain).first == "white")
    }
  }

  @Test func `a model without words says what it lacks, and other searches go on`() async throws {
    let gallery = try await ColourGallery()
    try await withServer(gallery.catalog, embedder: gallery.embedder) { client in
      let reply = try await client.get("/v1/search?text=red")
      #expect(reply.status == 422 && reply.code == "no_text_model")
      #expect(try reply.json()["detail"]?.string?.contains("text.yaml") == true)
      #expect(try await client.get("/v1/search?item=1").status == 200)
      #expect(try await client.get("/v1/stats").json()["text_model"] == .null)
    }
  }

  @Test func `words that cannot be searched by are refused with the bound`() async throws {
    let gallery = try await ColourGallery()
    try await withServer(gallery.catalog, embedder: gallery.embedder, words: gallery.words) {
      client in
      for query in [
        "text=\(String(repeating: "x", count: 1001))", "text=+%09", "text=red&crop=0,0,1,1",
        "text=red&item=1", "text=red&text=blue", "",
      ] {
        let reply = try await client.get("/v1/search?\(query)")
        #expect(reply.status == 422, "\(query.prefix(20))")
      }
      #expect(try await client.get("/v1/search?text=%F0%9F%91%97%00%ff").status == 400)
      #expect(try await client.get("/v1/search?text=%F0%9F%91%97%00").status == 200)
    }
  }
}
