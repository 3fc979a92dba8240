import Catalog
import Foundation
import Support
import Testing
import VectorSearch

@testable import vitrine

@Suite struct ConfigurationTests {
  let folder = TemporaryFolder()

  private func load(
    _ yaml: String, environment: [String: String] = [:], flags: [String: String] = [:]
  ) throws -> Configuration {
    let file = folder.file("vitrine.yaml")
    try Data(yaml.utf8).write(to: file)
    return try Configuration.load(path: file.path, environment: environment, flags: flags)
  }

  private func complaint(_ yaml: String) throws -> String {
    let error = #expect(throws: ConfigurationError.self) { try load(yaml) }
    return try #require(error).description.replacing(folder.path + "/", with: "")
  }

  @Test func `what init writes is a configuration with the defaults`() throws {
    let configuration = try load(ConfigurationTemplate.text)
    #expect(configuration.contact == nil)
    #expect(configuration.crawl.delay == .seconds(1))
    #expect(configuration.crawl.pageLimit == 16 << 20)
    #expect(configuration.crawl.keptBodies == 1 << 30)
    #expect(configuration.server.port == 8300)
    #expect(configuration.data == folder.path + "/vitrine-data")
  }

  @Test func `flags weigh more than the environment, and that more than the file`() throws {
    let yaml = "crawl:\n  delay: 1s\n  concurrency: 2\ncontact: a@example.com\n"
    let configuration = try load(
      yaml, environment: ["VITRINE_CRAWL_DELAY": "2s", "VITRINE_CONTACT": "b@example.com"],
      flags: ["crawl.delay": "3s"])
    #expect(configuration.crawl.delay == .seconds(3))
    #expect(configuration.crawl.concurrency == 2)
    #expect(configuration.contact == "b@example.com")
  }

  @Test func `no bodies may be kept, but a limit of nothing is a mistake`() throws {
    #expect(try load("crawl: {keep_bodies: 0}").crawl.keptBodies == 0)
    #expect(try load("crawl: {keep_bodies: 64MB}").crawl.keptBodies == 64 << 20)
    #expect(try complaint("crawl: {keep_bodies: much}").hasSuffix("or 0, not \"much\""))
    #expect(try complaint("crawl: {page_limit: 0}").hasSuffix("or 1GB, not \"0\""))
  }

  @Test func `paths in the file start at its folder, those of flags and variables here`() throws {
    let here = FileManager.default.currentDirectoryPath
    let yaml = "data: a\nrecipes: b\ndetector: /c\n"
    let plain = try load(yaml)
    #expect(plain.data == folder.path + "/a" && plain.recipes == folder.path + "/b")
    #expect(plain.detector == "/c" && plain.model == nil)
    let told = try load(yaml, environment: ["VITRINE_MODEL": "m"], flags: ["data": "d"])
    #expect(told.data == here + "/d" && told.recipes == folder.path + "/b")
    #expect(told.model == here + "/m")
    #expect(try load("").data == folder.path + "/vitrine-data")
    #expect(try load("data: ~/catalog\n").data == NSHomeDirectory() + "/catalog")
    #expect(try load("data: ~x\n").data == folder.path + "/~x")
  }

  @Test func `a key without a value is as if it were not there`() throws {
    let configuration = try load(
      "contact:\ndata: ~\ncrawl:\n  # delay: 2s\nserver: null\nindex: {vectors: }\nsites:\n")
    #expect(configuration.contact == nil && configuration.sites.isEmpty)
    #expect(configuration.data == folder.path + "/vitrine-data")
    #expect(configuration.crawl.delay == .seconds(1) && configuration.server.port == 8300)
    #expect(try complaint("contct:\n").contains("unknown key contct"))
    #expect(try complaint("crawl: 5\n").hasSuffix("crawl must hold keys"))
    #expect(try complaint("crawl: [1]\n").hasSuffix("crawl must hold keys"))
    #expect(try load("contact: \"~\"\n").contact == "~")
  }

  @Test func `names that others reach the server by are names of hosts`() throws {
    #expect(try load("").server.names == [])
    #expect(
      try load("server: {names: [Shop.Example.Net, büro.example]}").server.names
        == ["shop.example.net", "xn--bro-hoa.example"])
    #expect(
      try load("", environment: ["VITRINE_SERVER_NAMES": "a.example"]).server.names.count == 1)
    for wrong in [
      "http://a.example", "a.example:8300", "a.example/x", "a b", "user@a.example", "*.example",
    ] {
      #expect(
        try complaint("server: {names: [\"\(wrong)\"]}").hasSuffix(
          "server.names: \"\(wrong)\" is no host's name, such as shop.example.net"))
    }
  }

  @Test func `boxes are edited where only this machine asks, or as the settings say`() throws {
    #expect(try load("").server.isEditable)
    #expect(try !load("server: {host: 0.0.0.0}").server.isEditable)
    // Such a name is a proxy's, and what it passes on comes from anywhere.
    #expect(try !load("server: {names: [shop.example.net]}").server.isEditable)
    #expect(try load("server: {names: [shop.example.net], edits: true}").server.isEditable)
    #expect(try !load("server: {edits: false}").server.isEditable)
  }

  @Test func `vectors are stored as the settings say, and only as may be`() throws {
    #expect(try load("").index.vectors == .f32)
    #expect(try load("index: {vectors: f16}").index.vectors == .f16)
    #expect(try load("", environment: ["VITRINE_INDEX_VECTORS": "i8"]).index.vectors == .i8)
    #expect(
      try complaint("index: {vectors: i4}").hasSuffix(
        "index.vectors must be one of f32, f16, i8, not \"i4\""))
  }

  @Test func `a site has its seeds' hosts unless it names others`() throws {
    let sites = try load(
      """
      sites:
        - seeds: [https://a.example/]
        - name: b
          seeds: [https://b.example/shop]
          hosts: ["*.b.example"]
          exclude: [/account/*]
          allow_private: true
        - seeds: [https://c.example/]
          image_hosts: [cdn.c.example]
          delay: 250ms
      """
    ).sites
    #expect(sites.map(\.name) == ["a.example", "b", "c.example"])
    #expect(sites.map(\.delay) == [nil, nil, .milliseconds(250)])
    #expect(sites.map(\.imageHosts) == [["*"], [], ["cdn.c.example"]])
    #expect(sites.map(\.hosts) == [["a.example"], ["*.b.example"], ["c.example"]])
    #expect(sites.map(\.isPrivateAllowed) == [false, true, false])
  }

  @Test func `mistakes are told with their line`() throws {
    #expect(
      try complaint("contact: a\ncrawl:\n  dellay: 1s\n").hasPrefix(
        "vitrine.yaml, line 3: unknown key crawl.dellay"))
    #expect(
      try complaint("crawl:\n  delay: soon\n")
        == "vitrine.yaml, line 2: crawl.delay must be a duration such as 500ms, 2s, 5m or 1h, not \"soon\""
    )
    #expect(
      try complaint("sites:\n  - name: x\n").hasPrefix("vitrine.yaml, line 2: seeds is missing"))
    #expect(try complaint("sites:\n  - seeds: [ftp://x]\n").contains("line 2: seeds: \"ftp://x\""))
    #expect(try complaint("a: [\n").contains("is not YAML"))
    #expect(try complaint("server:\n  port: 70000\n").contains("from 0 to 65535"))
  }

  @Test func `durations are read exactly or not at all`() {
    #expect(Duration(parsing: "1.5s") == .milliseconds(1500))
    #expect(Duration(parsing: "250ms") == .milliseconds(250))
    #expect(Duration(parsing: "2h") == .seconds(7200))
    for text in ["", "s", "1", "-1s", "1 week", "400d"] { #expect(Duration(parsing: text) == nil) }
  }
}
