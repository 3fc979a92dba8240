import Catalog
import Foundation
import VectorSearch

/// What `vitrine.yaml`, the environment and the flags say, in that order of growing weight.
struct Configuration {
  /// The folder of catalog, blobs and index.
  var data: String
  /// How a site's owner reaches whoever crawls; an address or URL. Needed to crawl.
  var contact: String?
  /// Where the model is set: a line of the file, a variable or a flag.
  var modelPlace: String?
  /// The folder of the model; `nil` for the one that the catalog was told to use (`vitrine model`).
  var model: String?
  /// The folder of the detector that finds boxes in pictures; `nil` for none.
  var detector: String?
  var recipes: String
  var crawl: CrawlSettings
  var index: IndexSettings
  var server: ServerAddress
  var sites: [SiteSettings]
  /// Where the file was found; relative paths in it start at its folder.
  var file: String?

  struct CrawlSettings {
    var delay: Duration
    var maximumDelay: Duration
    var concurrency: Int
    var connections: Int
    var patience: Duration
    var timeout: Duration
    var pageLimit: Int
    var imageLimit: Int
    /// Compressed bytes of page bodies that are kept to be read again; 0 keeps none.
    var keptBodies: Int
  }

  struct ServerAddress {
    var host: String
    var port: Int
    /// Names by which others reach it; its addresses need none.
    var names: [String]
    var requestsPerMinute: Int
    /// Bytes of the index's codes that are read into memory before searches come by them.
    var memoryBudget: Int
    /// Whether boxes may be edited; `nil` lets this machine alone edit them.
    var edits: Bool?

    var isEditable: Bool {
      edits ?? (names.isEmpty && ["127.0.0.1", "::1", "localhost"].contains(host.lowercased()))
    }
  }

  struct IndexSettings {
    /// What an index that is made from now on stores of vectors.
    var vectors: VectorElement
  }

  struct SiteSettings {
    var name: String
    var seeds: [CanonicalURL]
    var hosts: [String]
    /// Where pictures may come from besides.
    var imageHosts: [String]
    var include: [String]
    var exclude: [String]
    /// Instead of `crawl.delay`.
    var delay: Duration?
    var depth: Int
    var budget: Int
    var isPrivateAllowed: Bool
  }

  static let fileName = "vitrine.yaml"

  /// Reads the file at `path` (or `vitrine.yaml` here, if there is one), then `VITRINE_…` variables,
  /// then `flags` (dotted key to text).
  static func load(
    path: String?, environment: [String: String], flags: [String: String]
  ) throws(ConfigurationError) -> Configuration {
    var reader = try ConfigurationReader(
      path: path ?? (FileManager.default.fileExists(atPath: fileName) ? fileName : nil))
    reader.overlay(environment: environment)
    reader.overlay(flags: flags)
    let configuration = Configuration(
      data: try reader.path("data", or: "vitrine-data"),
      contact: try reader.text("contact"),
      modelPlace: reader.origin(of: "model"),
      model: try reader.path("model"),
      detector: try reader.path("detector"),
      recipes: try reader.path("recipes", or: "crawlers"),
      crawl: CrawlSettings(
        delay: try reader.duration("crawl.delay") ?? .seconds(1),
        maximumDelay: try reader.duration("crawl.max_delay") ?? .seconds(30),
        concurrency: try reader.integer("crawl.concurrency", in: 1...16) ?? 1,
        connections: try reader.integer("crawl.connections", in: 1...512) ?? 64,
        patience: try reader.duration("crawl.patience") ?? .seconds(120),
        timeout: try reader.duration("crawl.timeout") ?? .seconds(60),
        pageLimit: try reader.bytes("crawl.page_limit") ?? 16 << 20,
        imageLimit: try reader.bytes("crawl.image_limit") ?? 32 << 20,
        keptBodies: try reader.bytes("crawl.keep_bodies", orNone: true) ?? 1 << 30),
      index: IndexSettings(
        vectors: try reader.choice("index.vectors", of: VectorElement.self) ?? .f32),
      server: ServerAddress(
        host: try reader.text("server.host") ?? "127.0.0.1",
        port: try reader.integer("server.port", in: 0...65_535) ?? 8300,
        names: try reader.hostNames("server.names"),
        requestsPerMinute: try reader.integer("server.requests_per_minute", in: 1...1_000_000)
          ?? 1200,
        memoryBudget: try reader.bytes("server.memory_budget", orNone: true) ?? 1 << 30,
        edits: try reader.flag("server.edits")),
      sites: try reader.each("sites") { site throws(ConfigurationError) in
        let seeds = try site.addresses("seeds")
        guard !seeds.isEmpty else { throw site.missing("seeds", "a list of addresses to start at") }
        // Who names hosts means just these; else pages come from where they began, and pictures from
        // wherever those pages show them.
        let hosts = try site.list("hosts")
        let imageHosts = try site.list("image_hosts")
        return SiteSettings(
          name: try site.text("name") ?? seeds[0].host, seeds: seeds,
          hosts: hosts.isEmpty ? Array(Set(seeds.map(\.authority))).sorted() : hosts,
          imageHosts: hosts.isEmpty && imageHosts.isEmpty ? ["*"] : imageHosts,
          include: try site.list("include"), exclude: try site.list("exclude"),
          delay: try site.duration("delay"),
          depth: try site.integer("depth", in: 0...1000) ?? 20,
          budget: try site.integer("budget", in: 1...10_000_000) ?? 50_000,
          isPrivateAllowed: try site.flag("allow_private") ?? false)
      },
      file: reader.file)
    try reader.finish()
    let names = configuration.sites.map(\.name)
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw ConfigurationError(
        place: reader.file ?? "sites", detail: "two sites are called \(twice); give each a name")
    }
    return configuration
  }
}

/// A key or value that the configuration may not have.
struct ConfigurationError: Error, CustomStringConvertible {
  /// `vitrine.yaml, line 12`, a variable's name or a flag.
  var place: String
  var detail: String

  var description: String { "\(place): \(detail)" }
}

/// What `vitrine init` writes.
enum ConfigurationTemplate {
  static let text = """
    # Vitrine's settings. Each key can be given in the environment too, as VITRINE_ and the key in upper
    # case with _ for the dot (VITRINE_CRAWL_DELAY=2s); flags weigh most. Relative paths in this file start at
    # its folder.

    # How a site's owner reaches you: an e-mail address or a web page. Crawling needs it.
    contact: ""

    # Catalog, pictures and index.
    data: vitrine-data

    # Recipes for sites that need one: a folder a site.
    # recipes: crawlers

    crawl:
      # Between two requests to one host, at least; a Crawl-delay in robots.txt may ask for more.
      delay: 1s
      # The longest that a slow host makes the crawler wait by itself.
      max_delay: 30s
      # Requests at a time to one host.
      concurrency: 1
      # Connections in all.
      connections: 64
      # A host that asks for more patience than this (Retry-After) is left to a later run.
      patience: 2m
      timeout: 60s
      page_limit: 16MB
      image_limit: 32MB
      # Bodies of pages, compressed, for vitrine reextract; the oldest go first, 0 keeps none.
      keep_bodies: 1GB

    index:
      # What is stored of each vector: f32, f16 (half the space) or i8 (a quarter). An index that is there
      # stays what it is until vitrine index rebuild.
      vectors: f32

    server:
      host: 127.0.0.1         # 0.0.0.0 lets other machines ask, by this one's addresses
      port: 8300
      # Names by which they may ask too, as a proxy that passes Host on does.
      # names: [shop.example.net]
      requests_per_minute: 1200
      memory_budget: 1GB      # of the indexes, read ahead and kept in memory
      # Whether the boxes in pictures may be edited by whoever reaches the server. Without it: only where
      # that is this machine alone, by no other name.
      # edits: true

    # The folder of a detector that finds garments in pictures (docs/pictures.md).
    # detector: models/garments

    # One entry a site.
    sites: []
    #  - name: example
    #    seeds: [https://www.example.com/]
    #    # Hosts that may be asked, and no others. *.example.com holds the subdomains. Without it pages come
    #    # from the seeds' hosts, and pictures from wherever these pages show them.
    #    hosts: [www.example.com, cdn.example.com]
    #    # Hosts that pictures may come from besides; "*" is every one.
    #    image_hosts: [cdn.shopify.com]
    #    # Patterns of paths with *: only these / not these.
    #    include: []
    #    exclude: [/account/*]
    #    # Between two requests to one of its hosts, instead of crawl.delay.
    #    delay: 500ms
    #    # Links from a seed, and requests in one run, at the most.
    #    depth: 20
    #    budget: 50000
    #    # Loopback and private addresses are refused unless a site allows them.
    #    allow_private: false

    """
}

extension Configuration {
  /// A model that is set goes before what a verb would choose.
  func requireNoModel() throws(Failure) {
    guard model != nil, let modelPlace else { return }
    throw Failure(
      .usage,
      "model is set by \(modelPlace), which goes before what is chosen here; remove it there")
  }
}
