import Testing

@testable import Server

struct MetricsTests {
  /// Samples by name with labels, as a scraper reads them; anything unreadable is an issue.
  private func scrape(_ text: String) -> [String: Double] {
    var samples: [String: Double] = [:]
    var types: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 3).map(String.init)
      if line.hasPrefix("# TYPE ") {
        types[words[2]] = words[3]
      } else if !line.hasPrefix("# HELP ") {
        let match = line.wholeMatch(of: /([a-z_]+)(\{.*\})? (\S+)/)
        let value = match.flatMap { Double($0.3) }
        #expect(value != nil, "unreadable: \(line)")
        let family = match.map { String($0.1).replacing(/_(bucket|sum|count)$/, with: "") } ?? ""
        #expect(types[family] != nil, "no type before: \(line)")
        if let match { samples[String(match.1) + String(match.2 ?? "")] = value }
      }
    }
    return samples
  }

  @Test func `requests are counted by route and status, never by address`() async throws {
    let shop = try await SampleShop.shared.value
    try await withServer(shop.catalog) { client in
      for id in 1...3 { _ = try await client.get("/v1/items/\(id)") }
      _ = try await client.get("/v1/items/777777")
      _ = try await client.get("/nowhere/\(7)")
      _ = try await client.search(#"{"vector": [1,0,0,0,0,0,0,0]}"#)
      let page = try await client.get("/metrics")
      #expect(page["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
      let samples = scrape(page.text)
      let requests = "vitrine_http_requests_total"
      #expect(samples["\(requests){route=\"/v1/items/{id}\",status=\"200\"}"] == 3)
      #expect(samples["\(requests){route=\"/v1/items/{id}\",status=\"404\"}"] == 1)
      #expect(samples["\(requests){route=\"unmatched\",status=\"404\"}"] == 1)
      #expect(samples["vitrine_search_seconds_count"] == 1)
      #expect(samples["vitrine_search_scored_total"] == 6)
      #expect(samples["vitrine_index_vectors"] == 6)
      #expect(samples["vitrine_catalog_items{kind=\"product\",state=\"active\"}"] == 6)
      #expect(!page.text.contains("777777"))
    }
  }

  @Test func `a histogram's buckets add up`() {
    var histogram = Metrics.Histogram()
    for seconds in [0.0005, 0.001, 0.3, 60] { histogram.add(seconds) }
    var text = PrometheusText()
    text.family("x", "histogram", "A test.")
    text.histogram("x", [("route", "a\"\\\n")], histogram)
    #expect(text.text.contains(#"x_bucket{route="a\"\\\n",le="0.001"} 2"#))
    #expect(text.text.contains(#"le="0.25"} 2"#))
    #expect(text.text.contains(#"le="0.5"} 3"#))
    #expect(text.text.contains(#"le="10.0"} 3"#))
    #expect(text.text.contains(#"le="+Inf"} 4"#))
    #expect(text.text.contains(#"x_count{route="a\"\\\n"} 4"#))
  }
}
