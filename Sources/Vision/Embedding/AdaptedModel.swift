package import Foundation

/// A folder that holds all of a base model and, in `head.bin`, a head for its vectors.
///
/// The base's files are copies: what becomes of the folder they came from changes no vector. Without
/// `head.bin` the folder is the base model.
package enum AdaptedModel {
  static let headName = "head.bin"

  /// Writes the model in `base` with `head` to `folder`, which must not exist.
  ///
  /// It is made beside `folder` and renamed when every file is on the disk and the whole was loaded
  /// once: `folder` is whole or not there.
  ///
  /// - Parameter lesson: what the head was learnt from, where that is to be known.
  /// - Returns: the ID of the new model.
  @discardableResult
  package static func write(
    _ head: Head, learntFrom lesson: Lesson? = nil, to base: URL, as folder: URL
  ) throws -> String {
    let files = FileManager.default
    let aside = aside(folder)
    try files.createDirectory(
      at: folder.deletingLastPathComponent(), withIntermediateDirectories: true)
    if files.fileExists(atPath: aside.path) { try files.removeItem(at: aside) }
    try files.createDirectory(at: aside, withIntermediateDirectories: false)
    do {
      for path in try parts(of: base) {
        let copy = aside.appending(path: path)
        try files.createDirectory(
          at: copy.deletingLastPathComponent(), withIntermediateDirectories: true)
        try files.copyItem(at: base.appending(path: path).resolvingSymlinksInPath(), to: copy)
        try sync(copy)
      }
      let headFile = aside.appending(path: headName)
      try Data(head.bytes).write(to: headFile)
      try sync(headFile)
      if let note = try lesson?.write(besideModelIn: aside) { try sync(note) }
      let model = try OpenVINOEmbedder(model: aside, streams: 1).modelID
      try files.moveItem(at: aside, to: folder)
      return model
    } catch {
      try? files.removeItem(at: aside)
      throw error
    }
  }

  /// Where `folder` is made: a name that no model has.
  private static func aside(_ folder: URL) -> URL {
    folder.deletingLastPathComponent().appending(path: ".\(folder.lastPathComponent).new")
  }

  /// The cards and what they name, with every file of the models, as paths within the folder.
  private static func parts(of base: URL) throws(EmbedError) -> [String] {
    var parts: Set = [try ModelCard.place(in: base).lastPathComponent]
    parts.formUnion(
      try ModelFiles.paths(of: base.appending(path: ModelCard(readingFrom: base).file)))
    for file in try TextCard.files(in: base) {
      parts.formUnion(try ModelFiles.paths(of: file))
    }
    return parts.sorted()
  }

  private static func sync(_ file: URL) throws {
    let handle = try FileHandle(forUpdating: file)
    try handle.synchronize()
    try handle.close()
  }
}

extension Head {
  /// A head of more bytes is none of ours.
  private static let fileLimit = 256 << 20

  /// The head in a model's folder; `nil` where the model has none.
  ///
  /// - Parameter inputs: length of the model's own vectors.
  init?(besideModelIn folder: URL, inputs: Int) throws(EmbedError) {
    let file = folder.appending(path: AdaptedModel.headName)
    func refuse(_ reason: String) -> EmbedError { .modelUnusable(path: file.path, reason: reason) }
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    do {
      let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
      guard size <= Self.fileLimit else {
        throw refuse("\(size) bytes, at most \(Self.fileLimit) wanted")
      }
      self = try Head(bytes: [UInt8](try Data(contentsOf: file)))
    } catch let error as EmbedError {
      throw error
    } catch {
      throw refuse("\(error)")
    }
    guard self.inputs == inputs else {
      throw refuse("a head for vectors of \(self.inputs), the model's have \(inputs)")
    }
  }
}
