import Vision

/// A file of the image host: a scene in one size and quality.
struct DemoPicture: Hashable, Sendable {
  let scene: Scene
  /// Of the longer side, in pixels.
  let side: Int
  let quality: Int

  init(_ scene: Scene, side: Int, quality: Int) {
    self.scene = scene
    self.side = side
    self.quality = quality
  }

  /// The same narrower, as `?w=` asks for.
  func narrowed(to width: Int) -> DemoPicture {
    DemoPicture(
      scene, side: min(side, width * Scene.height / Scene.width), quality: min(quality, 78))
  }

  /// The file that all others of the scene are made of, as a shop keeps one original.
  var original: DemoPicture { DemoPicture(scene, side: Scene.height, quality: 92) }

  func drawn() -> [UInt8] { scene.drawn().jpeg(quality: quality) }

  /// Made of the original's file: encoded once more, and smaller where this is.
  func file(of original: [UInt8]) throws(PictureError) -> [UInt8] {
    try Picture(decoding: original).fitted(within: side).jpeg(quality: quality)
  }
}

/// Draws each picture once, off the cooperative pool, however many ask for it.
actor DemoPictures {
  private let lane = ComputeLane(name: "demo pictures")
  private var files: [DemoPicture: Task<[UInt8], any Error>] = [:]

  /// Draws one after the other, so that a core stays free for what is asked for, until cancelled.
  func prepare(_ pictures: [DemoPicture]) async {
    for picture in pictures {
      guard !Task.isCancelled else { return }
      _ = try? await file(picture)  // who asks for it is told what failed
    }
  }

  func file(_ picture: DemoPicture) async throws -> [UInt8] {
    if let known = files[picture] { return try await known.value }
    let original = picture.original
    let task = Task { [lane] () throws -> [UInt8] in
      guard picture != original else { return await lane.run { picture.drawn() } }
      let file = try await self.file(original)
      return try await lane.run { () throws(PictureError) in try picture.file(of: file) }
    }
    files[picture] = task
    return try await task.value
  }
}
