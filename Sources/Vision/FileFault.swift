internal import Foundation

extension Error {
  /// Why a file could not be read, without what its path tells already.
  var fileFault: String {
    guard let error = self as? CocoaError else { return "\(self)" }
    return switch error.code {
    case .fileNoSuchFile, .fileReadNoSuchFile: "no such file"
    case .fileReadNoPermission: "no permission to read it"
    case .fileReadInapplicableStringEncoding, .fileReadCorruptFile: "not UTF-8"
    default: error.localizedDescription
    }
  }
}
