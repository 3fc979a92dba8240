import Foundation
import Server
import Storage
import Testing

/// What holds for every route: methods, hosts, limits, headers.
struct ProtocolTests {
  @Test func `another method is refused and the right ones are named`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let delete = try await client.send("DELETE", "/v1/search")
      #expect(delete.status == 405)
      #expect(delete["Allow"] == "POST, GET, HEAD")
      #expect(delete.code == "method_not_allowed")
      let put = try await client.send("PUT", "/v1/items", body: [1])
      #expect(put.status == 405)
      #expect(put["Allow"] == "GET, HEAD")
    }
  }

  @Test func `HEAD is GET without the body`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let target = "/v1/images/\(try shop.image("Red dress"))"
      let head = try await client.send("HEAD", target)
      #expect(head.status == 200)
      #expect(head["Content-Length"] == String(Drawing.jpeg(0).count))
      #expect(head["Content-Type"] == "image/jpeg")
    }
  }

  @Test func `only addresses, this machine's name and configured ones are answered`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog, settings: { $0.hostNames = ["Shop.Internal"] }) { client in
      for host in [
        "localhost", "localhost:\(client.port)", "LOCALHOST", "127.0.0.1:1", "[::1]:80",
        "shop.internal:443", "localhost.", "192.0.2.7:8300", "[2001:db8::2]",
      ] {
        #expect(try await client.get("/healthz", headers: [("Host", host)]).status == 200)
      }
      for host in [
        "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "[evil.example]",
        "[::2", "[]", "::2", "192.0.2", "0x7f000001",
      ] {
        let reply = try await client.get("/v1/items", headers: [("Host", host)])
        #expect(reply.status == 421, "\(host)")
        #expect(reply.code == "host_not_allowed")
      }
    }
  }

  @Test func `every answer forbids what the page does not need`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      for target in ["/", "/app.js", "/v1/items", "/nowhere", "/metrics"] {
        let reply = try await client.get(target, headers: [("Origin", "https://evil.example")])
        #expect(reply["X-Content-Type-Options"] == "nosniff")
        #expect(reply["Cross-Origin-Resource-Policy"] == "same-origin")
        #expect(reply["Referrer-Policy"] == "no-referrer")
        #expect(reply["Access-Control-Allow-Origin"] == nil)
        let policy = try #require(reply["Content-Security-Policy"])
        #expect(policy.contains("default-src 'none'"))
        #expect(policy.contains("script-src 'self';"))
        #expect(!policy.contains("unsafe"))
      }
    }
  }

  @Test func `the page is served whole, with no address of elsewhere in it`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let page = try await client.get("/?image=1&variety=3")
      #expect(page.status == 200)
      #expect(page["Content-Type"] == "text/html; charset=utf-8")
      #expect(page.text.contains("<noscript>"))
      let named = page.text.matches(of: /(?:src|href)="([^"#]+)"/).map { String($0.1) }
      #expect(named.contains("/app.js"))
      for address in Set(named) {
        #expect(address.hasPrefix("/"))
        let reply = try await client.get(address)
        #expect(reply.status == 200, "\(address)")
        let again = try await client.get(
          address, headers: reply["ETag"].map { [("If-None-Match", $0)] } ?? [])
        #expect(again.status == (reply["ETag"] == nil ? 200 : 304))
      }
    }
  }

  @Test func `a client that asks too much waits, another does not notice`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog, settings: { $0.admitThree() }) { client in
      for _ in 0..<3 { #expect(try await client.get("/v1/items?limit=1").status == 200) }
      let reply = try await client.get("/v1/items?limit=1")
      #expect(reply.status == 429)
      #expect(reply.code == "rate_limited")
      let wait = try #require(reply.retryAfter)
      #expect((1...100).contains(wait))
      // Pictures and the page are not metered.
      #expect(try await client.get("/v1/images/\(shop.image("Red dress"))").status == 200)
      #expect(try await client.get("/").status == 200)
    }
  }

  @Test func `a body over the limit is refused, announced or not`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(
      shop.catalog,
      settings: {
        $0.maxBodyBytes = 1000
        $0.maxJSONBytes = 100
      }
    ) { client in
      let announced = try await client.post(
        "/v1/search", "image/jpeg", Array(repeating: 0, count: 1001))
      #expect(announced.status == 413)
      #expect(announced.code == "body_too_large")
      let json = try await client.search("{" + String(repeating: " ", count: 200) + "}")
      #expect(json.status == 413)
      var chunked = Array(
        "POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n"
          .utf8)
      for _ in 0..<11 {
        chunked += Array("64\r\n".utf8) + Array(repeating: 7, count: 100) + [13, 10]
      }
      let reply = try await client.exchange(chunked + Array("0\r\n\r\n".utf8))
      #expect(reply.status == 413)
    }
  }

  @Test func `a body that does not come to its end is given up`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog, settings: { $0.bodyTimeout = .milliseconds(20) }) { client in
      let head =
        "POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: 9\r\n\r\nabc"
      let reply = try await client.exchange(Array(head.utf8))
      #expect(reply.status == 408)
      #expect(reply.code == "body_timed_out")
    }
  }

  @Test(arguments: [
    ("text/plain", "x", 415, "unsupported_media_type"),
    ("", "x", 415, "unsupported_media_type"),
    ("application/x-www-form-urlencoded", "item=1", 415, "unsupported_media_type"),
    ("multipart/form-data", "x", 400, "malformed_body"),
    ("multipart/form-data; boundary=b", "no boundary here", 400, "malformed_body"),
    ("multipart/form-data; boundary=b", "--b\r\nX: y\r\n\r\nz\r\n--b--", 400, "malformed_body"),
  ])
  func `a body of another kind is refused`(type: String, body: String, status: Int, code: String)
    async throws
  {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let reply = try await client.post("/v1/search", type, Array(body.utf8))
      #expect(reply.status == status)
      #expect(reply.code == code)
    }
  }

  @Test func `a form carries the same parameters as JSON`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let form = """
        --b\r\nContent-Disposition: form-data; name="image"\r\n\r\n\(try shop.image("Green shirt"))\r\n\
        --b\r\nContent-Disposition: form-data; name="category"\r\n\r\nShirts\r\n--b--\r\n
        """
      let reply = try await client.post(
        "/v1/search", "multipart/form-data; boundary=\"b\"", Array(form.utf8))
      #expect(reply.status == 200)
      let hits = try reply.json()["levels"]?[0]?["hits"]?.array
      #expect(hits?.map { $0["items"]?[0]?["brand"]?.string } == ["Norrsken"])
    }
  }

  @Test func `health, readiness and figures`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      #expect(try await client.get("/healthz").status == 200)
      let ready = try await client.get("/readyz")
      #expect(ready.status == 503)
      #expect(try ready.json()["catalog"]?.string == "ok")
      #expect(try ready.json()["index"]?.string == "ok")
      #expect(try ready.json()["model"]?.string == "no model is loaded")
      let figures = try await client.get("/v1/stats").json()
      #expect(figures["catalog"]?["items"]?["product"]?["active"]?.int == 6)
      #expect(figures["catalog"]?["image_groups"]?.int == 5)
      #expect(figures["index"]?["vectors"]?.int == 6)
      #expect(figures["index"]?["dimension"]?.int == 8)
    }
  }

  @Test func `a body that is announced is asked for, unless it is too large`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(
      shop.catalog,
      settings: { ($0.maxBodyBytes, $0.bodyTimeout) = (8 << 20, .seconds(3600)) }
    ) { client in
      let query = Array(#"{"vector": [1,0,0,0,0,0,0,0]}"#.utf8)
      let announced = ("Expect", "100-continue")
      let json = ("Content-Type", "application/json")
      let asked = try await client.send(
        "POST", "/v1/search", headers: [json, announced], body: query)
      #expect(asked.wasInvited && asked.status == 200)
      let plain = try await client.send("POST", "/v1/search", headers: [json], body: query)
      #expect(!plain.wasInvited && plain.status == 200)
      // It waits for the answer before it sends. Where the connection ends with the answer, the server
      // waited for the body meanwhile.
      for connection in ["keep-alive", "close"] {
        let large = try await client.exchange(
          Array(
            """
            POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n\
            Connection: \(connection)\r\nExpect: 100-continue\r\nContent-Length: 9000000\r\n\r\n
            """.utf8))
        #expect(!large.wasInvited && large.status == 413, "\(connection)")
      }
    }
  }

  @Test func `who sends all before looking for an answer has it though the body was not wanted`()
    async throws
  {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog, settings: { $0.maxBodyBytes = 1 << 20 }) { client in
      // More than the buffers of a connection hold. It was an end of the connection after a minute.
      let body = [UInt8](repeating: 0x61, count: 24 << 20)
      for (target, type, status) in [
        ("/v1/search?nonsense=1", "image/jpeg", 422), ("/v1/search", "image/jpeg", 413),
        ("/v1/search", "text/plain", 415), ("/v1/items", "image/jpeg", 405),
        ("/nowhere", "image/jpeg", 404),
      ] {
        #expect(try await client.post(target, type, body).status == status, "\(target)")
      }
      let chunk = Array("1800000\r\n".utf8) + body + Array("\r\n0\r\n\r\n".utf8)
      let chunked = try await client.send(
        "POST", "/v1/search",
        headers: [("Content-Type", "image/jpeg"), ("Transfer-Encoding", "chunked")], body: chunk)
      #expect(chunked.status == 413)
    }
  }

  @Test func `a catalog that is removed or replaced is no longer answered from`() async throws {
    let catalog = try await TestCatalog()
    try await catalog.addHat(1, tilt: 0)
    try await withServer(catalog) { client in
      #expect(try await client.get("/v1/items").status == 200)
      let (path, away) = (catalog.store.path, catalog.store.path + ".away")
      for isReplaced in [false, true] {
        try FileManager.default.moveItem(atPath: path, toPath: away)
        if isReplaced { try FileManager.default.copyItem(atPath: away, toPath: path) }
        for target in ["/v1/items", "/v1/items/1", "/v1/search?item=1", "/v1/images/1"] {
          let reply = try await client.get(target)
          #expect(reply.status == 503, "\(target)")
          #expect(reply.code == "catalog_not_ready", "\(target)")
          #expect(!reply.text.contains(path))
        }
        let ready = try await client.get("/readyz")
        #expect(ready.status == 503)
        #expect(try ready.json()["catalog"]?.string?.contains("removed or replaced") == true)
        if isReplaced { try FileManager.default.removeItem(atPath: path) }
        try FileManager.default.moveItem(atPath: away, toPath: path)
        #expect(try await client.get("/v1/items").status == 200)
      }
    }
  }

  @Test func `a server that is stopped frees its port`() async throws {
    let shop = try await SampleShop.shared.value
    // Another process may take the very port meanwhile, but hardly five.
    for isLast in [false, false, false, false, true] {
      let port = try await withServer(shop.catalog) { client in client.port }
      do {
        return try await withServer(
          shop.catalog, settings: { $0.address = .port(port, host: "127.0.0.1") }
        ) { client in
          let reply = try await client.get("/healthz")
          #expect(client.port == port)
          #expect(reply.status == 200)
        }
      } catch  where !isLast {
        continue
      }
    }
  }

  @Test func `an address that is taken is an error of the start`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      let error = await #expect(throws: ListenError.self) {
        try await withServer(
          shop.catalog, settings: { $0.address = .port(client.port, host: "127.0.0.1") }
        ) { _ in }
      }
      #expect(error?.address == .port(client.port, host: "127.0.0.1"))
    }
  }
}
