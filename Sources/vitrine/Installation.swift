import Foundation

/// Where the program's own files are: beside the executable, or in the checkout it was built in.
enum Installation {
  /// The folder of the model that `make setup` prepares.
  static var defaultModel: String { model("model") }

  /// The folder of the smaller one, of about three times the pictures a second.
  static var fastModel: String { model("model-fast") }

  private static func model(_ name: String) -> String {
    candidates(name).first { FileManager.default.fileExists(atPath: $0 + "/model.xml") }
      ?? ".deps/\(name)"
  }

  /// `lib/NAME` beside the executable's folder, then `.deps/NAME` in each folder above it, then here.
  static func candidates(_ name: String) -> [String] {
    let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    var folder = executable.deletingLastPathComponent()
    var found = [folder.appending(path: "lib/\(name)").path]
    found.append(folder.deletingLastPathComponent().appending(path: "lib/\(name)").path)
    while folder.path != "/" {
      found.append(folder.appending(path: ".deps/\(name)").path)
      folder = folder.deletingLastPathComponent()
    }
    found.append(".deps/\(name)")
    return found
  }
}
