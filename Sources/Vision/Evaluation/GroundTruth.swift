internal import Catalog
package import Foundation

/// Why a folder or a table tells no ground truth.
package enum GroundTruthError: Error, Equatable, CustomStringConvertible {
  case unreadable(path: String, reason: String)
  case tooFew(pictures: Int, classes: Int, path: String)

  package var description: String {
    switch self {
    case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
    case .tooFew(let pictures, let classes, let path):
      "\(pictures) pictures of \(classes) classes in \(path); at least 2 pictures and 2 classes wanted"
    }
  }
}

/// Picture files and the class that each belongs to.
package struct GroundTruth: Sendable, Equatable {
  /// Ascending.
  package let classes: [String]
  package let files: [URL]
  /// Each file's place in `classes`.
  package let labels: [Int]

  /// Reads a folder whose folders are classes, or a CSV of `file,class` lines.
  ///
  /// Files of a folder are taken by their extension, the name of a format or jpg, at any depth, in the
  /// order of their paths. A CSV names its files relative to itself; fields may be quoted as in
  /// RFC 4180, and a first line whose file does not exist is a heading.
  package init(at place: URL) throws(GroundTruthError) {
    var isFolder = false
    do {
      isFolder =
        try FileManager.default.attributesOfItem(
          atPath: place.resolvingSymlinksInPath().path)[.type] as? FileAttributeType
        == .typeDirectory
    } catch {
      throw .unreadable(path: place.path, reason: "\(error)")
    }
    let found = isFolder ? try Self.inFolder(place) : try Self.inTable(place)
    classes = Set(found.map(\.1)).sorted()
    guard found.count >= 2, classes.count >= 2 else {
      throw .tooFew(pictures: found.count, classes: classes.count, path: place.path)
    }
    let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    files = found.map(\.0)
    labels = found.compactMap { places[$0.1] }
  }

  private static let extensions = Set(ImageFormat.allCases.map(\.rawValue) + ["jpg"])

  private static func inFolder(_ folder: URL) throws(GroundTruthError) -> [(URL, String)] {
    var found: [(URL, String)] = []
    do {
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
        let part = folder.appending(path: name)
        // A file beside the classes has none.
        guard let paths = FileManager.default.subpaths(atPath: part.path) else { continue }
        found += paths.sorted().map { part.appending(path: $0) }
          .filter { extensions.contains($0.pathExtension.lowercased()) }.map { ($0, name) }
      }
    } catch {
      throw .unreadable(path: folder.path, reason: "\(error)")
    }
    return found
  }

  private static func inTable(_ table: URL) throws(GroundTruthError) -> [(URL, String)] {
    let text: String
    do {
      text = try String(contentsOf: table, encoding: .utf8)
    } catch {
      throw .unreadable(path: table.path, reason: "\(error)")
    }
    var found: [(URL, String)] = []
    for (number, record) in records(of: text).enumerated() {
      guard record.count >= 2, !record[0].isEmpty, !record[1].isEmpty else {
        throw .unreadable(
          path: table.path, reason: "record \(number + 1) has no file and class: \(record)")
      }
      let file = URL(filePath: record[0], relativeTo: table.deletingLastPathComponent())
        .absoluteURL
      guard FileManager.default.fileExists(atPath: file.path) else {
        if number == 0 { continue }
        throw .unreadable(path: file.path, reason: "named by record \(number + 1) of the table")
      }
      found.append((file, record[1]))
    }
    return found
  }

  /// The fields of RFC 4180 records; empty lines are none.
  private static func records(of text: String) -> [[String]] {
    var records: [[String]] = []
    var record: [String] = []
    var field = ""
    var isQuoted = false
    var scalars = text.unicodeScalars.makeIterator()
    var next = scalars.next()
    func endRecord() {
      record.append(field)
      if record != [""] { records.append(record) }
      record = []
      field = ""
    }
    while let scalar = next {
      next = scalars.next()
      switch scalar {
      case "\"" where isQuoted && next == "\"":
        field.unicodeScalars.append("\"")
        next = scalars.next()
      case "\"": isQuoted.toggle()
      case "," where !isQuoted:
        record.append(field)
        field = ""
      case "\r" where !isQuoted: break
      case "\n" where !isQuoted: endRecord()
      default: field.unicodeScalars.append(scalar)
      }
    }
    endRecord()
    return records
  }
}
