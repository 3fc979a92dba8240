internal import Catalog
package import Foundation

/// All that a head is learnt from, so that the same is not learnt twice.
///
/// Base vectors that are read back from an adapted index differ from the base's by rounding, and the heads
/// that are trained on them differ too: only what went in tells whether a head is a new one.
package struct Lesson: Sendable, Equatable {
  private static let fileName = "lesson.txt"
  /// A digest of everything.
  private let text: String

  /// - Parameters:
  ///   - base: the model whose vectors are trained on.
  ///   - keys: of these vectors, in the labels' order.
  package init(base: String, keys: [UInt64], labels: WeakLabels, training: HeadTraining) {
    var bytes = Array("\(base)\n\(training)\n".utf8)
    func add(_ numbers: some Sequence<some FixedWidthInteger>) {
      for number in numbers {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
    add([UInt64(keys.count)])
    add(keys)
    add(labels.products)
    for facet in labels.facets {
      bytes += Array("\(facet.name)\n\(facet.weight)\n".utf8)
      for values in facet.values {
        add([UInt64(values.count)])
        add(values)
      }
    }
    text = ContentHash(of: bytes).description
  }

  /// Whether the head of the model in `folder` was learnt from this.
  package func isLearnt(byModelIn folder: URL) -> Bool {
    // A folder without the file holds a model without a head, or one that anyone may have made.
    (try? Data(contentsOf: folder.appending(path: Self.fileName))) == Data(text.utf8)
  }

  /// Notes in a model's folder what its head was learnt from.
  ///
  /// - Returns: the file.
  func write(besideModelIn folder: URL) throws -> URL {
    let file = folder.appending(path: Self.fileName)
    try Data(text.utf8).write(to: file)
    return file
  }
}
