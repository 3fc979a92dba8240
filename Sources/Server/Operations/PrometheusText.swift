import Catalog
import Storage

/// Prometheus's text exposition format, version 0.0.4.
struct PrometheusText {
  private(set) var text = ""

  mutating func family(_ name: String, _ type: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: some Numeric) {
    let pairs = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
    text += name + (pairs.isEmpty ? "" : "{\(pairs)}") + " \(value)\n"
  }

  mutating func histogram(
    _ name: String, _ labels: [(String, String)] = [], _ histogram: Metrics.Histogram
  ) {
    var total = 0
    for (bound, count) in zip(Metrics.bounds.map(\.description) + ["+Inf"], histogram.counts) {
      total += count
      sample("\(name)_bucket", labels + [("le", bound)], total)
    }
    sample("\(name)_sum", labels, histogram.sum)
    sample("\(name)_count", labels, total)
  }

  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  /// Everything that `/metrics` tells.
  static func page(
    _ state: Metrics.State, catalog: CatalogStatistics?, vectors: Int, generation: UInt64,
    pending: (searches: Int, pictures: Int)
  ) -> String {
    var page = PrometheusText()
    page.family("vitrine_http_requests_total", "counter", "Requests by route and status.")
    for (series, count) in state.requests.sorted(by: {
      ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status)
    }) {
      page.sample(
        "vitrine_http_requests_total",
        [("route", series.route), ("status", String(series.status))], count)
    }
    page.family("vitrine_http_request_seconds", "histogram", "Time to answer, by route.")
    for (route, latency) in state.latency.sorted(by: { $0.key < $1.key }) {
      page.histogram("vitrine_http_request_seconds", [("route", route)], latency)
    }
    page.family("vitrine_search_seconds", "histogram", "Time of a search with all its levels.")
    page.histogram("vitrine_search_seconds", [], state.searching)
    page.family("vitrine_embedding_seconds", "histogram", "Time to decode and embed a picture.")
    page.histogram("vitrine_embedding_seconds", [], state.embedding)
    for (name, help, value) in [
      (
        "vitrine_search_abandoned_total", "Requests whose clients left before they were answered.",
        state.abandoned
      ),
      ("vitrine_search_scored_total", "Vectors scored by searches.", state.scored),
      ("vitrine_search_compared_total", "Pairs compared for near duplicates.", state.compared),
      ("vitrine_index_refresh_failures_total", "Failed looks at the index.", state.refreshFailures),
    ] {
      page.family(name, "counter", help)
      page.sample(name, [], value)
    }
    page.family("vitrine_pending", "gauge", "Work that runs or waits.")
    page.sample("vitrine_pending", [("work", "search")], pending.searches)
    page.sample("vitrine_pending", [("work", "picture")], pending.pictures)
    page.family("vitrine_index_vectors", "gauge", "Vectors that are searched.")
    page.sample("vitrine_index_vectors", [], vectors)
    page.family("vitrine_index_generation", "gauge", "Changes of the index since it was made.")
    page.sample("vitrine_index_generation", [], generation)
    page.family("vitrine_catalog_up", "gauge", "Whether the catalog can be read.")
    page.sample("vitrine_catalog_up", [], catalog == nil ? 0 : 1)
    if let catalog { page.add(catalog) }
    return page.text
  }

  private mutating func add(_ catalog: CatalogStatistics) {
    family("vitrine_catalog_items", "gauge", "Items by kind and state.")
    for kind in ItemKind.allCases {
      let (active, gone) = catalog.items[kind] ?? (0, 0)
      sample("vitrine_catalog_items", [("kind", kind.name), ("state", "active")], active)
      sample("vitrine_catalog_items", [("kind", kind.name), ("state", "gone")], gone)
    }
    family("vitrine_catalog_addresses", "gauge", "Addresses of the frontier by state.")
    for (state, count) in catalog.addresses.sorted(by: { $0.key < $1.key }) {
      sample("vitrine_catalog_addresses", [("state", state)], count)
    }
    family("vitrine_catalog_embeddings", "gauge", "Embedding jobs by model and state.")
    for (model, jobs) in catalog.embeddings.sorted(by: { $0.key < $1.key }) {
      for (state, count) in [("queued", jobs.queued), ("done", jobs.done), ("failed", jobs.failed)]
      {
        sample("vitrine_catalog_embeddings", [("model", model), ("state", state)], count)
      }
    }
    for (name, help, value) in [
      ("vitrine_catalog_images", "Pictures by their bytes.", catalog.images),
      ("vitrine_catalog_image_groups", "Pictures, duplicates counted once.", catalog.imageGroups),
      ("vitrine_catalog_image_bytes", "Bytes of all pictures.", catalog.imageBytes),
      ("vitrine_catalog_boxes", "Boxes that stand in pictures.", catalog.boxes.standing),
      ("vitrine_catalog_due_addresses", "Addresses that may be fetched now.", catalog.dueAddresses),
      ("vitrine_catalog_events", "Change events.", catalog.events),
    ] {
      family(name, "gauge", help)
      sample(name, [], value)
    }
    family(
      "vitrine_catalog_fill_alarm", "gauge",
      "1 for a field that far fewer pages of a site have in the last run than usual.")
    for alarm in catalog.alarms {
      sample("vitrine_catalog_fill_alarm", [("site", alarm.site), ("field", alarm.field)], 1)
    }
    if let times = catalog.fetchToSearchable {
      family(
        "vitrine_fetch_to_searchable_seconds", "gauge",
        "From a picture's fetch to its vector being durable, over the newest pictures.")
      sample(
        "vitrine_fetch_to_searchable_seconds", [("quantile", "0.5")], Double(times.median) / 1000)
      sample(
        "vitrine_fetch_to_searchable_seconds", [("quantile", "0.95")], Double(times.p95) / 1000)
    }
  }
}
