import Catalog
import Foundation
import Storage
import Support
import Testing
import Vision

@testable import Server

extension PageTests {
  /// The boxes of a picture, edited in a real browser.
  @Suite struct BoxPageTests {
    private let boxes = "[...document.querySelectorAll('.part')]"

    /// Opens the page on a picture with a blue corner, and its boxes to be edited.
    private func withEditor(
      mayComplain: Bool = false,
      _ body: (Tab, Client, TestCatalog, ID<ImageRecord>) async throws -> Void
    ) async throws {
      let gallery = try await ColourGallery()
      let added = try await gallery.catalog.add(
        .product(try .test("Corner", images: ["https://shop.example/corner.jpg"])),
        at: "https://shop.example/corner",
        shots: [.init(url: "https://shop.example/corner.jpg", bytes: BoxTests.corner)])
      let image = added.images[0]
      let tab = try await Tab(PageTests.browser.value)
      try await withServer(
        gallery.catalog, embedder: gallery.embedder, detector: try BoxTests.detector(),
        isEditable: true
      ) { client in
        try await tab.open("http://127.0.0.1:\(client.port)/?image=\(image)")
        try await tab.wait(for: "document.querySelector('.outline')")
        try await tab.click("#edit-boxes")
        try await tab.wait(for: "\(boxes).length === 1")
        try await body(tab, client, gallery.catalog, image)
        if !mayComplain { #expect(tab.complaints == []) }
      }
      try await tab.close()
    }

    private func standing(_ catalog: TestCatalog, _ image: ID<ImageRecord>) async throws
      -> [BoxRecord]
    {
      try await catalog.store.boxOverview(of: image).boxes
    }

    @Test func `a box is drawn, named and kept by pointer`() async throws {
      try await withEditor { tab, _, catalog, image in
        try await tab.drag(".frame.editing img", from: (0.1, 0.2), to: (0.5, 0.6))
        try await tab.wait(for: "\(boxes).length === 2")
        try await tab.click("#box-name")
        try await tab.call("Input.insertText", ["text": "hat"])
        try await tab.wait(for: "\(boxes)[1].textContent === 'hat'")
        // The blue one, by its lower right corner.
        try await tab.evaluate("\(boxes)[0].focus()")
        try await tab.drag(".part.chosen .grip.nw", from: (0.5, 0.5), to: (0.5, -1.5))
        try await tab.click("#box-save")
        try await tab.wait(for: "document.querySelectorAll('.outline').length === 2")
        #expect(try await tab.evaluate("document.activeElement.id").string == "edit-boxes")
        let kept = try await standing(catalog, image)
        let hat = try #require(kept.first { $0.name == "hat" }).region
        for (side, wanted) in [(hat.x, 0.1), (hat.y, 0.2), (hat.width, 0.4), (hat.height, 0.4)] {
          #expect(abs(side - wanted) < 0.03)
        }
        let blue = try #require(kept.first { $0.name == "blue" })
        #expect(blue.isEdited && blue.region.y < 0.74 && abs(blue.region.x - 0.75) < 0.01)
        try await tab.wait(for: "document.querySelectorAll('[id^=box-]').length === 2")
      }
    }

    @Test func `a box is moved, resized, added and taken away by keyboard`() async throws {
      try await withEditor { tab, _, catalog, image in
        try await tab.evaluate("\(boxes)[0].focus()")
        for _ in 0..<5 { try await tab.press("ArrowLeft", code: 37) }
        let label = try await tab.evaluate("document.activeElement.getAttribute('aria-label')")
        let place = "blue, 1 of 1: 70 % from the left, 75 % from the top"
        #expect(label.string?.hasPrefix(place) == true)
        try await tab.press("ArrowUp", code: 38, modifiers: 8)
        try await tab.click("#box-add")
        try await tab.wait(for: "\(boxes).length === 2 && \(boxes)[1] === document.activeElement")
        try await tab.press("Delete", code: 46)
        try await tab.wait(for: "\(boxes).length === 1 && \(boxes)[0] === document.activeElement")
        try await tab.evaluate(
          "(e => { e.value = '10'; e.dispatchEvent(new Event('change')); })(document.getElementById('box-side-0'))"
        )
        try await tab.click("#box-save")
        try await tab.wait(for: "document.querySelector('#edit-boxes')")
        let box = try #require(try await standing(catalog, image).first)
        #expect(box.region.x == 0.1 && box.region.height == 0.24)
        // Escape leaves everything as it was.
        try await tab.click("#edit-boxes")
        try await tab.wait(for: "\(boxes).length === 1")
        try await tab.evaluate("\(boxes)[0].focus()")
        try await tab.press("Delete", code: 46)
        try await tab.wait(for: "\(boxes).length === 0")
        try await tab.click("#box-cancel")
        try await tab.wait(for: "document.querySelectorAll('.outline').length === 1")
        #expect(try await standing(catalog, image) == [box])
      }
    }

    @Test func `what somebody else has changed meanwhile is not overwritten`() async throws {
      try await withEditor(mayComplain: true) { tab, _, catalog, image in
        let region = try #require(Region(x: 0, y: 0, width: 0.5, height: 0.5))
        try await catalog.look(at: image, [("coat", region, nil)])
        try await tab.evaluate("\(boxes)[0].focus()")
        try await tab.press("Delete", code: 46)
        try await tab.click("#box-save")
        try await tab.wait(for: "!document.getElementById('box-problem').hidden")
        #expect(
          try await tab.evaluate("document.getElementById('box-problem').textContent").string?
            .contains("meanwhile") == true)
        #expect(try await standing(catalog, image).map(\.name) == ["coat"])
      }
    }

    @Test func `the editor fits a phone in the dark, and everything in it has a name`()
      async throws
    {
      try await withEditor { tab, _, _, _ in
        for (width, height, scheme) in [(1280, 900, "light"), (390, 844, "dark")] {
          try await tab.resize(to: width, height, scheme: scheme)
          #expect(
            try await tab.evaluate("document.documentElement.scrollWidth <= innerWidth").bool
              == true)
          let shot = try await tab.call("Page.captureScreenshot", ["format": "png"])
          let bytes = try #require(Data(base64Encoded: shot["data"]?.string ?? ""))
          #expect(try Picture(decoding: Array(bytes)).width == width)
        }
        let unnamed = try await tab.evaluate(
          """
          [...document.querySelectorAll('#query button, #query input, #query [tabindex="0"]')]
            .filter(e => !(e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent).trim()).length
          """)
        #expect(unnamed.int == 0)
      }
    }
  }
}
