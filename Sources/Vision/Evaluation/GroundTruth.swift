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
  /// order of their paths; a class may be a link to a folder. A CSV names its files relative to itself;
  /// fields may be quoted as in RFC 4180 and parted by semicolons or tabs. A heading may name the columns
  /// (file, path, image and their like; class, label or category); otherwise they are the first two,
  /// and a first line whose file does not end as pictures do is a heading.
  package init(at place: URL) throws(GroundTruthError) {
    var isFolder = false
    do {
      isFolder =
        try FileManager.default.attributesOfItem(
          atPath: place.resolvingSymlinksInPath().path)[.type] as? FileAttributeType
        == .typeDirectory
    } catch {
      throw .unreadable(path: place.path, reason: error.fileFault)
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
        let part = folder.appending(path: name).resolvingSymlinksInPath()
        // A file beside the classes has none.
        guard let paths = FileManager.default.subpaths(atPath: part.path) else { continue }
        found += paths.sorted().map { part.appending(path: $0) }
          .filter { extensions.contains($0.pathExtension.lowercased()) }.map { ($0, name) }
      }
    } catch {
      throw .unreadable(path: folder.path, reason: error.fileFault)
    }
    return found
  }

  private static func inTable(_ table: URL) throws(GroundTruthError) -> [(URL, String)] {
    func refuse(_ reason: String) -> GroundTruthError {
      .unreadable(path: table.path, reason: "\(reason); want lines of file,class")
    }
    var text: String
    do {
      text = try String(contentsOf: table, encoding: .utf8)
    } catch {
      throw .unreadable(path: table.path, reason: error.fileFault)
    }
    if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
    let records = records(of: text)
    var columns = (file: 0, class: 1)
    var start = 0
    if let first = records.first {
      if let named = Self.columns(named: first) {
        (columns, start) = (named, 1)
      } else if !extensions.contains(URL(filePath: first[0]).pathExtension.lowercased()) {
        start = 1
      }
    }
    var found: [(URL, String)] = []
    for (number, record) in records.enumerated().dropFirst(start) {
      guard record.count > max(columns.file, columns.class), !record[columns.file].isEmpty,
        !record[columns.class].isEmpty
      else { throw refuse("record \(number + 1) has no file and class: \(record)") }
      let name = record[columns.file]
      let file = URL(filePath: name, relativeTo: table.deletingLastPathComponent()).absoluteURL
      guard FileManager.default.fileExists(atPath: file.path) else {
        throw refuse("record \(number + 1) names \(name), which is no file")
      }
      found.append((file, record[columns.class]))
    }
    return found
  }

  /// The columns that a heading names; `nil` where the record is none that is known.
  private static func columns(named heading: [String]) -> (file: Int, class: Int)? {
    let names = heading.map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
    func place(_ wanted: Set<String>) -> Int? { names.firstIndex(where: wanted.contains) }
    guard
      let file = place(["file", "filename", "file_name", "path", "image", "picture"]),
      let label = place(["class", "label", "category"])
    else { return nil }
    return (file, label)
  }

  /// The fields of records, by the first of comma, semicolon and tab that gives every record two.
  private static func records(of text: String) -> [[String]] {
    let readings = ([",", ";", "\t"] as [Unicode.Scalar]).lazy.map {
      records(of: text, separatedBy: $0)
    }
    return readings.first { $0.allSatisfy { $0.count > 1 } } ?? records(of: text, separatedBy: ",")
  }

  /// The fields of RFC 4180 records; empty lines are none.
  private static func records(of text: String, separatedBy separator: Unicode.Scalar)
    -> [[String]]
  {
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
      case separator where !isQuoted:
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
