import Catalog
import Testing

@testable import Vision

struct PictureAnalysisTests {
  @Test func `one decode gives record, thumbnail and picture`() throws {
    let file = Drawing.garment(seed: 4, tint: (150, 100, 60)).picture
      .resized(width: 1200, height: 1600).jpeg(quality: 90)
    let analysis = try PictureAnalysis(of: file)
    #expect(analysis.record.hash == ContentHash(of: file))
    #expect(analysis.record.format == .jpeg)
    #expect(analysis.record.byteCount == file.count)
    #expect(analysis.record.width == 1200 && analysis.record.height == 1600)
    #expect(analysis.picture.width == 300 && analysis.picture.height == 400)
    let thumbnail = try Picture(decoding: analysis.thumbnail)
    #expect(thumbnail.width == 240 && thumbnail.height == 320)
    let whole = Fingerprint(of: try Picture(decoding: file))
    #expect(Likeness(analysis.record.fingerprint, whole).isSamePicture)
  }

  @Test(arguments: [300, 337, 518, 800])
  func `a model that wants more gets a larger picture`(side: Int) throws {
    let file = Drawing.garment(seed: 4, tint: (150, 100, 60)).picture
      .resized(width: 1200, height: 1600).jpeg(quality: 90)
    let width = try PictureAnalysis.picture(of: file, atLeast: side).width
    #expect((side..<2 * side).contains(width))
    let part = try #require(Region(x: 0.25, y: 0.25, width: 0.5, height: 0.5))
    let cut = try part.decoded(from: file, atLeast: side)
    #expect(min(cut.width, cut.height) >= min(side, 600))
  }

  @Test func `a small picture is neither blown up nor changed in size`() throws {
    let analysis = try PictureAnalysis(of: Fixture.png)
    #expect(analysis.picture.width == 24)
    let thumbnail = try Picture(decoding: analysis.thumbnail)
    #expect(thumbnail.width == 24 && thumbnail.height == 16)
  }

  @Test func `a broken file is refused with its reason`() {
    #expect(throws: PictureError.notAPicture) { try PictureAnalysis(of: Array("<html>".utf8)) }
    #expect(throws: PictureError.truncated(.png)) {
      try PictureAnalysis(of: Array(Fixture.png.dropLast(20)))
    }
  }
}
