import COpenVINO
internal import Foundation

/// The opened runtime, once a process.
struct OpenVINOLibrary: @unchecked Sendable {
  // The library is never closed and its functions may be called from any thread.
  let handle: OpaquePointer

  /// `VITRINE_OPENVINO`, `lib/openvino` beside the executable, `.deps/openvino` in the folder that
  /// holds the model's folder and upwards from the executable and from the working folder.
  static func folders(near model: URL) -> [URL] {
    if let told = ProcessInfo.processInfo.environment["VITRINE_OPENVINO"], !told.isEmpty {
      return [URL(filePath: told)]
    }
    var folders: [URL] = []
    let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent()
    folders.append(executable.appending(path: "lib/openvino"))
    folders.append(model.deletingLastPathComponent().appending(path: "openvino"))
    for start in [executable, URL(filePath: FileManager.default.currentDirectoryPath)] {
      var folder = start
      while folder.path != "/" {
        folders.append(folder.appending(path: ".deps/openvino"))
        folder.deleteLastPathComponent()
      }
    }
    return folders
  }

  init(near model: URL) throws(EmbedError) {
    let folders = Self.folders(near: model.standardizedFileURL)
    guard
      let found = folders.first(where: { folder in
        FileManager.default.fileExists(atPath: folder.path)
      })
    else { throw .libraryMissing(searched: folders.map(\.path)) }
    var message = vt_openvino_message()
    guard let handle = vt_openvino_open(found.path, &message) else {
      throw .modelUnusable(path: found.path, reason: message.string)
    }
    self.handle = handle
  }
}

extension vt_openvino_message {
  var string: String {
    withUnsafeBytes(of: text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
