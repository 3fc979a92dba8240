import Catalog
import Foundation
import Support
import Testing
import Vision

@testable import Server

/// The page in a real browser.
@Suite(.serialized) struct PageTests {
  /// Seventy drawn garments; vectors are the model's for the first, random for the others.
  private static let gallery = Task {
    let embedder = try TestModel.embedder.get()
    let catalog = try await TestCatalog(model: embedder.modelID, dimension: embedder.dimension)
    ForTheWholeRun.keep(catalog.folder)
    var random = SeededGenerator(seed: 11)
    let first = Drawing.jpeg(1000)
    let real = try await embedder.embed([Picture(decoding: first, atLeast: 300)])[0]
    for n in 0..<70 {
      let url = "https://shop.example/\(n)"
      let noise = real.map { _ in Float.random(in: -1...1, using: &random) }
      let product = try Product.test(
        n == 69 ? "<b>Bold</b> <img src=x onerror=alert(1)>" : "Garment \(n)",
        brand: n % 10 == 0 ? "Aster" : "Norrsken", price: "\(n + 10).50",
        listPrice: n == 68 ? "99.00" : nil, availability: n % 7 == 0 ? .soldOut : .inStock,
        images: [url + ".jpg"])
      let shot = TestCatalog.Shot(
        url: url + ".jpg", bytes: n == 0 ? first : Drawing.jpeg(n, width: 48, height: 60),
        vector: n == 0 ? real : noise)
      try await catalog.add(.product(product), at: url, shots: [shot], hours: Double(n) / 10)
    }
    return (catalog, embedder)
  }

  static let browser = Task { try Browser() }

  /// Opens the page and holds it to what must always hold.
  private func withPage(
    _ path: String = "/", mayComplain: Bool = false,
    settings: (inout ServerSettings) -> Void = { _ in },
    _ body: (Tab, Client) async throws -> Void
  ) async throws {
    let (catalog, embedder) = try await Self.gallery.value
    let tab = try await Tab(Self.browser.value)
    try await withServer(catalog, embedder: embedder, settings: settings) { client in
      let origin = "http://127.0.0.1:\(client.port)"
      try await tab.open(origin + path)
      try await tab.wait(for: "document.readyState === 'complete'")
      try await body(tab, client)
      let outside = tab.requests.filter { !$0.hasPrefix(origin + "/") && !$0.hasPrefix("blob:") }
      #expect(outside.isEmpty)
      if !mayComplain { #expect(tab.complaints == []) }
    }
    try await tab.close()
  }

  private let names = "[...document.querySelectorAll('.tile .name')].map(e => e.textContent)"
  private let tiles = "document.querySelectorAll('.tile').length"

  @Test func `fresh items come first, and more of them on demand`() async throws {
    try await withPage { tab, _ in
      try await tab.wait(for: "\(tiles) === 48")
      let shown = try await tab.evaluate(names).array.compactMap(\.string)
      #expect(
        shown.prefix(3) == ["<b>Bold</b> <img src=x onerror=alert(1)>", "Garment 68", "Garment 67"])
      #expect(
        try await tab.evaluate("document.querySelectorAll('.name b, .name img').length").int == 0)
      let text = try await tab.evaluate("document.querySelectorAll('.tile')[1].innerText").string
      #expect(text?.contains("$") == false)
      #expect(text?.contains("€78.50") == true)
      #expect(text?.contains("€99.00") == true)
      #expect(text?.contains("seen") == true)
      try await tab.click("#more")
      try await tab.wait(for: "\(tiles) === 70")
      #expect(try await tab.evaluate("document.getElementById('more').hidden").bool == true)
      let link = try await tab.evaluate(
        "(e => [e.href, e.rel, e.target])(document.querySelector('.tile .meta a'))")
      #expect(link[0]?.string == "https://shop.example/69")
      #expect(link[1]?.string?.contains("noopener noreferrer") == true)
    }
  }

  @Test func `a tile leads to its neighbours and Back to its place`() async throws {
    try await withPage { tab, _ in
      try await tab.wait(for: "\(tiles) === 48")
      let fresh = try await tab.evaluate(names)
      try await tab.click(".tile:nth-child(20) .shot")
      try await tab.wait(for: "document.title.startsWith('Looks') && \(tiles) > 0")
      #expect(try await tab.evaluate("location.search").string?.hasPrefix("?image=") == true)
      #expect(
        try await tab.evaluate("document.querySelector('#query h2').textContent").string
          == "Garment 50")
      let like = try await tab.evaluate(names)
      #expect(like != fresh)
      #expect(!like.array.contains(.string("Garment 50")))
      try await tab.evaluate("history.back()")
      try await tab.wait(for: "document.title === 'Vitrine'")
      #expect(try await tab.evaluate(names) == fresh)
      #expect(try await tab.evaluate("scrollY > 200").bool == true)
      #expect(
        try await tab.evaluate(
          "document.activeElement === document.querySelector('.tile:nth-child(20) .shot')"
        ).bool
          == true)
      try await tab.evaluate("history.forward()")
      try await tab.wait(for: "document.title.startsWith('Looks')")
      #expect(try await tab.evaluate(names) == like)
      // The address alone leads there too.
      try await tab.call("Page.reload")
      try await tab.wait(for: "document.title.startsWith('Looks') && \(tiles) > 0")
      #expect(try await tab.evaluate(names) == like)
    }
  }

  @Test func `the variety slider switches without a request`() async throws {
    try await withPage("/?image=1") { tab, _ in
      try await tab.wait(for: "\(tiles) === 48")
      let closest = try await tab.evaluate(names)
      let before = tab.requests.filter { $0.contains("/v1/search") || $0.contains("/v1/items") }
      try await tab.evaluate("document.getElementById('variety').focus()")
      try await tab.press("ArrowRight", code: 39)
      try await tab.wait(for: "\(tiles) === 1")
      #expect(try await tab.evaluate("location.search").string == "?image=1&variety=2")
      #expect(
        try await tab.evaluate("document.getElementById('lead').textContent").string?.contains(
          "64th") == true)
      try await tab.press("ArrowRight", code: 39)
      try await tab.wait(for: "\(tiles) === 0 && !document.getElementById('notice').hidden")
      try await tab.press("Home", code: 36)
      try await tab.wait(for: "\(tiles) === 48")
      #expect(try await tab.evaluate(names) == closest)
      let after = tab.requests.filter { $0.contains("/v1/search") || $0.contains("/v1/items") }
      #expect(after == before)
    }
  }

  @Test func `a hit becomes an example, and is taken away again`() async throws {
    try await withPage("/?image=1") { tab, _ in
      try await tab.wait(for: "\(tiles) === 48")
      let alone = try await tab.evaluate(names)
      let example =
        try await tab.evaluate(
          "document.querySelector('.tile:nth-child(5)').dataset.image"
        ).string ?? ""
      try await tab.evaluate(
        "document.querySelector('.tile:nth-child(5) [data-steer=more]').click()")
      try await tab.wait(for: "document.querySelectorAll('.example').length === 1")
      #expect(try await tab.evaluate("location.search").string == "?image=1&more=\(example)")
      #expect(try await tab.evaluate(names) != alone)
      try await tab.evaluate(
        "document.querySelector('.tile:nth-child(2) [data-steer=less]').click()")
      try await tab.wait(for: "document.querySelectorAll('.example.less').length === 1")
      try await tab.evaluate("document.querySelector('.example.less').click()")
      try await tab.wait(for: "document.querySelectorAll('.example').length === 1")
      try await tab.evaluate("document.querySelector('.example').click()")
      try await tab.wait(
        for: "location.search === '?image=1' && !document.querySelector('[aria-busy]')")
      #expect(try await tab.evaluate(names) == alone)
    }
  }

  @Test func `further hits join those that are shown`() async throws {
    try await withPage("/?image=1") { tab, _ in
      try await tab.wait(for: "\(tiles) === 48")
      let first = try await tab.evaluate(names)
      try await tab.click("#more")
      try await tab.wait(for: "\(tiles) === 69")
      let all = try await tab.evaluate(names).array
      #expect(Array(all.prefix(48)) == first.array)
      #expect(Set(all.compactMap(\.string)).count == 69)
      #expect(try await tab.evaluate("document.getElementById('more').hidden").bool == true)
      try await tab.click("#per-product")
      try await tab.wait(for: "location.search === '?image=1&one_per=product'")
      try await tab.wait(
        for: "document.querySelector('#per-product')?.getAttribute('aria-pressed') === 'true'")
    }
  }

  @Test func `a filter narrows, stands in the address and can be taken away`() async throws {
    try await withPage { tab, _ in
      try await tab.wait(for: "\(tiles) === 48")
      let label = "#filters input[name=brand][value=Aster]"
      #expect(
        try await tab.evaluate(
          "document.querySelector('\(label)').parentElement.querySelector('small').textContent"
        ).string
          == "7 items")
      try await tab.click(label)
      try await tab.wait(for: "\(tiles) === 7")
      #expect(try await tab.evaluate("location.search").string == "?brand=Aster")
      try await tab.click("#filters input[name=availability][value=sold_out]")
      try await tab.wait(for: "\(tiles) === 1")
      #expect(try await tab.evaluate(names) == .array([.string("Garment 0")]))
      try await tab.call("Page.reload")
      try await tab.wait(for: "\(tiles) === 1 && document.querySelector('\(label)')?.checked")
      try await tab.click(".chip")
      try await tab.wait(for: "\(tiles) === 10")
      #expect(try await tab.evaluate("location.search").string == "?availability=sold_out")
      try await tab.evaluate("history.back()")
      try await tab.wait(for: "\(tiles) === 1")
    }
  }

  @Test func `a colour and a kind of picture are chosen among those there are`() async throws {
    try await withPage { tab, _ in
      try await tab.wait(for: "\(tiles) === 48")
      let input = "#filters input[name=colour]"
      let said = try await tab.evaluate(
        "document.querySelector('\(input)').parentElement.querySelector('small').firstChild.textContent"
      ).string
      let count = try #require(Int(said ?? ""))
      try await tab.click(input)
      try await tab.wait(for: "location.search.startsWith('?colour=')")
      try await tab.wait(for: "\(tiles) === \(min(48, count))")
      let kinds = try await tab.evaluate(
        "[...document.querySelectorAll('#filters input[name=shot]')].map(e => e.value)")
      #expect(kinds == .array([.string(""), .string("product"), .string("scene")]))
      try await tab.click("#filters input[name=shot][value=scene]")
      try await tab.wait(for: "location.search.endsWith('&shot=scene')")
      try await tab.wait(for: "document.querySelectorAll('.chip').length === 2")
    }
  }

  @Test func `words find what they name, and a reload finds it again`() async throws {
    let gallery = try await ColourGallery()
    let tab = try await Tab(Self.browser.value)
    try await withServer(gallery.catalog, embedder: gallery.embedder, words: gallery.words) {
      client in
      try await tab.open("http://127.0.0.1:\(client.port)/")
      try await tab.wait(for: "document.getElementById('link')?.placeholder.startsWith('Describe')")
      try await tab.evaluate("document.getElementById('link').value = ' a blue dress '")
      try await tab.evaluate("document.getElementById('find').requestSubmit()")
      try await tab.wait(for: "location.search === '?text=a+blue+dress' && \(tiles) === 4")
      #expect(try await tab.evaluate(names)[0]?.string == "blue")
      #expect(
        try await tab.evaluate("document.getElementById('title').textContent").string
          == "“a blue dress”")
      #expect(try await tab.evaluate("document.querySelectorAll('.crop').length").int == 0)
      try await tab.call("Page.reload")
      try await tab.wait(for: "\(tiles) === 4")
      #expect(
        try await tab.evaluate("document.getElementById('link').value").string == "a blue dress")
      #expect(tab.complaints == [])
    }
    try await tab.close()
  }

  @Test func `what a detector sees is searched by on a click`() async throws {
    let gallery = try await ColourGallery()
    let added = try await gallery.catalog.add(
      .product(try .test("Corner", images: ["https://shop.example/corner.jpg"])),
      at: "https://shop.example/corner",
      shots: [.init(url: "https://shop.example/corner.jpg", bytes: BoxTests.corner)])
    let tab = try await Tab(Self.browser.value)
    try await withServer(
      gallery.catalog, embedder: gallery.embedder, detector: try BoxTests.detector()
    ) { client in
      try await tab.open("http://127.0.0.1:\(client.port)/?image=\(added.images[0])")
      try await tab.wait(for: "document.querySelector('#box-0')?.textContent === 'blue'")
      try await tab.click("#box-0")
      try await tab.wait(for: "location.search.endsWith('&crop=0.75%2C0.75%2C0.25%2C0.25')")
      try await tab.wait(
        for: "document.querySelector('#box-0')?.getAttribute('aria-pressed') === 'true'")
      #expect(try await tab.evaluate(names)[0]?.string == "blue")
      #expect(tab.complaints == [])
    }
    try await tab.close()
  }

  @Test func `a chosen picture finds itself, a box on it searches again`() async throws {
    let file = TemporaryFolder()
    try Data(Drawing.jpeg(1000)).write(to: file.file("mine.jpg"))
    try await withPage { tab, _ in
      try await tab.wait(for: "\(tiles) === 48")
      let document = try await tab.call("DOM.getDocument")
      let input = try await tab.call(
        "DOM.querySelector",
        ["nodeId": .integer(document["root"]?["nodeId"]?.int ?? 0), "selector": "#file"])
      try await tab.call(
        "DOM.setFileInputFiles",
        [
          "nodeId": .integer(input["nodeId"]?.int ?? 0),
          "files": [.string(file.file("mine.jpg").path)],
        ])
      try await tab.wait(for: "document.title.startsWith('Looks') && \(tiles) > 0")
      #expect(try await tab.evaluate(names)[0]?.string == "Garment 0")
      #expect(
        try await tab.evaluate("document.querySelector('.tile .score').textContent").string
          == "Likeness 1.00")
      // A reload still has the picture.
      try await tab.call("Page.reload")
      try await tab.wait(for: "document.title.startsWith('Looks') && \(tiles) > 0")
      try await tab.wait(for: "document.querySelector('.frame img').naturalWidth === 120")
      try await tab.drag(".frame", from: (0.2, 0.2), to: (0.7, 0.6))
      try await tab.wait(
        for: "location.search.includes('crop=') && !document.querySelector('[aria-busy]')")
      let crop = try await tab.evaluate("new URLSearchParams(location.search).get('crop')").string
      let numbers = crop?.split(separator: ",").compactMap { Double($0) } ?? []
      try #require(numbers.count == 4)
      for (number, wanted) in zip(numbers, [0.2, 0.2, 0.5, 0.4]) {
        #expect(abs(number - wanted) < 0.02)
      }
      #expect(
        try await tab.evaluate("document.querySelector('.tile .score').textContent").string
          != "Likeness 1.00")
      // The same by keyboard.
      try await tab.evaluate("document.querySelector('.grip.se').focus()")
      try await tab.press("ArrowLeft", code: 37)
      try await tab.wait(
        for: "new URLSearchParams(location.search).get('crop') !== '\(crop ?? "")'")
      try await tab.evaluate("document.querySelector('.crop').focus()")
      try await tab.press("Escape", code: 27)
      try await tab.wait(
        for:
          "!location.search.includes('crop=') && document.querySelector('.tile .score')?.textContent === 'Likeness 1.00'"
      )
    }
  }

  @Test func `an item's details open over the pictures and close with Escape`() async throws {
    try await withPage { tab, _ in
      try await tab.wait(for: "\(tiles) === 48")
      try await tab.click(".tile:nth-child(2) .name")
      try await tab.wait(for: "document.getElementById('detail').open")
      let text = try await tab.evaluate("document.getElementById('detail').innerText").string ?? ""
      for part in ["Garment 68", "€78.50", "Changes", "More like this", "Where this was read"] {
        #expect(text.contains(part), "\(part)")
      }
      #expect(try await tab.evaluate("location.search").string?.contains("show=") == true)
      try await tab.press("Escape", code: 27)
      try await tab.wait(for: "!document.getElementById('detail').open && location.search === ''")
      try await tab.evaluate("history.back()")
      try await tab.wait(for: "document.getElementById('detail').open")
      try await tab.click("#detail .button.primary")
      try await tab.wait(
        for: "!document.getElementById('detail').open && location.search.includes('item=')")
    }
  }

  @Test func `arrow keys walk the pictures, which are one stop of the Tab key`() async throws {
    try await withPage { tab, _ in
      try await tab.wait(for: "\(tiles) === 48")
      let at =
        "[...document.querySelectorAll('.tile')].indexOf(document.activeElement.closest('.tile'))"
      try await tab.evaluate("document.querySelector('.tile .shot').focus()")
      try await tab.press("ArrowRight", code: 39)
      #expect(try await tab.evaluate(at).int == 1)
      try await tab.press("ArrowDown", code: 40)
      let below = try await tab.evaluate(at).int ?? 0
      #expect(below > 2)
      try await tab.press("ArrowUp", code: 38)
      #expect(try await tab.evaluate(at).int == 1)
      try await tab.press("End", code: 35)
      #expect(try await tab.evaluate(at).int == 47)
      #expect(
        try await tab.evaluate("document.querySelectorAll('.tile .shot[tabindex=\"0\"]').length")
          .int == 1)
      try await tab.press("Home", code: 36)
      try await tab.press("Enter", code: 13)
      try await tab.wait(
        for: "document.title.startsWith('Looks') && document.activeElement.id === 'title'")
    }
  }

  @Test func `everything that can be used has a name, and results are announced`() async throws {
    try await withPage("/?image=3") { tab, _ in
      try await tab.wait(for: "\(tiles) === 48")
      let tree = try await tab.call("Accessibility.getFullAXTree")
      let nodes = tree["nodes"]?.array.filter { $0["ignored"]?.bool != true } ?? []
      func role(_ node: Value) -> String { node["role"]?["value"]?.string ?? "" }
      let used: Set = [
        "link", "button", "checkbox", "radio", "slider", "textbox", "combobox", "image", "img",
        "spinbutton", "dialog", "list", "group",
      ]
      let nameless = nodes.filter {
        used.contains(role($0)) && ($0["name"]?["value"]?.string ?? "").isEmpty
      }
      #expect(
        nameless.isEmpty, "\(nameless.map { "\(role($0)) \($0["backendDOMNodeId"]?.int ?? 0)" })")
      let roles = Set(nodes.map(role))
      for landmark in ["banner", "search", "main", "slider", "status"] {
        #expect(roles.contains(landmark), "\(landmark)")
      }
      let said = try await tab.evaluate("document.getElementById('status').textContent").string
      #expect(said?.hasPrefix("48 pictures of 70") == true)
      let alts = try await tab.evaluate(
        "[...document.querySelectorAll('.tile img')].map(e => e.alt)")
      #expect(alts.array.allSatisfy { $0.string?.contains(" by ") == true })
    }
  }

  @Test func `what goes wrong is told in place, with a way on`() async throws {
    try await withPage("/?url=https://elsewhere.example/x.jpg", mayComplain: true) { tab, _ in
      try await tab.wait(for: "!document.getElementById('notice').hidden")
      let text = try await tab.evaluate("document.getElementById('notice').innerText").string ?? ""
      #expect(text.contains("The catalog has no picture of this address"))
      #expect(text.contains("Try again"))
      // No other request of the page works from now on.
      try await tab.call("Network.setBlockedURLs", ["urls": ["*/v1/*"]])
      try await tab.click("#home")
      try await tab.wait(
        for: "document.getElementById('notice').innerText.includes('does not answer')")
      try await tab.call("Network.setBlockedURLs", ["urls": []])
      try await tab.click("#notice .button")
      try await tab.wait(for: "\(tiles) === 48 && document.getElementById('notice').hidden")
    }
  }

  @Test func `dark, on a phone, and printed to a picture it is not blank`() async throws {
    try await withPage { tab, _ in
      try await tab.wait(for: "\(tiles) === 48")
      for (width, height, scheme) in [
        (1280, 900, "light"), (1280, 900, "dark"), (390, 844, "dark"),
      ] {
        try await tab.resize(to: width, height, scheme: scheme)
        try await tab.wait(for: "[...document.images].slice(0, 2).every(e => e.complete)")
        #expect(
          try await tab.evaluate("document.documentElement.scrollWidth <= innerWidth").bool == true)
        let ground = try await tab.evaluate("getComputedStyle(document.body).backgroundColor")
          .string
        let channels = ground?.matches(of: /\d+/).compactMap { Int($0.output) } ?? []
        #expect(channels.allSatisfy { scheme == "dark" ? $0 < 60 : $0 > 200 })
        let shot = try await tab.call("Page.captureScreenshot", ["format": "png"])
        let bytes = try #require(Data(base64Encoded: shot["data"]?.string ?? ""))
        let picture = try Picture(decoding: Array(bytes))
        #expect(picture.width == width)
        let small = picture.resized(width: 64, height: 64).pixels.map(Int.init)
        #expect((small.max() ?? 0) - (small.min() ?? 0) > 120)
        #expect(Set(small).count > 40)
      }
      // On a phone the filters are a sheet.
      #expect(try await tab.evaluate("document.getElementById('filters').open").bool == false)
      try await tab.click("#filters-open")
      try await tab.wait(for: "document.getElementById('filters').matches(':modal')")
      try await tab.press("Escape", code: 27)
      try await tab.wait(for: "!document.getElementById('filters').open")
    }
  }

  @Test func `an empty window fills by itself`() async throws {
    let catalog = try await TestCatalog()
    let tab = try await Tab(Self.browser.value)
    try await withServer(catalog) { client in
      try await tab.open("http://127.0.0.1:\(client.port)/")
      try await tab.wait(for: "document.getElementById('notice').innerText.includes('still empty')")
      try await catalog.addHat(1, tilt: 0)
      // The figures are counted every two seconds.
      for _ in 0..<1000 {
        let figures = try await client.get("/v1/stats").json()
        if figures["catalog"]?["cursor"]?.int ?? 0 > 0 { break }
        try await Task.sleep(for: .milliseconds(20))
      }
      // As when one comes back to the tab; else within twenty seconds.
      _ = try await tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
      try await tab.wait(for: "\(tiles) === 1")
      try await tab.wait(for: "document.getElementById('notice').hidden")
    }
    try await tab.close()
  }

  @Test func `without its script the page says what to do`() async throws {
    let (catalog, _) = try await Self.gallery.value
    let tab = try await Tab(Self.browser.value)
    try await withServer(catalog) { client in
      try await tab.call("Emulation.setScriptExecutionDisabled", ["value": true])
      try await tab.open("http://127.0.0.1:\(client.port)/")
      try await tab.wait(for: "document.readyState === 'complete'")
      let text = try await tab.evaluate("document.querySelector('main').innerText").string
      #expect(text?.contains("This page needs JavaScript") == true)
    }
    try await tab.close()
  }
}
