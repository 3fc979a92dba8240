import CKernels
import Glibc

extension SegmentCodes {
  /// Rows that a basis is fitted to.
  private static let basisSample = 4096
  /// Rows of a cell that its middle is fitted to.
  private static let cellSample = 48
  /// Rows that are decoded at a time.
  private static let block = 1024

  /// Writes the codes of a sealed segment of an index of `all` rows; the file appears whole or not at
  /// all.
  static func build(
    _ segment: Segment, of all: Int, folder: String, manifest: Manifest, disk: Disk
  ) throws(IndexError) {
    let path = folder + "/" + name(segment.id)
    let file = CodesFile(
      Layout(dimension: manifest.identity.dimension, rows: segment.count, of: all))
    guard file.fill(segment) else { throw .io(call: "malloc", path: path, code: ENOMEM) }
    try file.calibrate(segment, manifest.identity)
    seal(file.bytes, file.layout, segmentID: segment.id, indexID: manifest.indexID)
    let next = try disk.create(path + ".next")
    try disk.write(UnsafeRawBufferPointer(file.bytes), to: next, at: 0)
    try disk.sync(next)
    try disk.rename(path + ".next", to: path)
  }

  /// A file of codes while it is being made.
  private final class CodesFile {
    let layout: Layout
    let bytes: UnsafeMutableRawBufferPointer

    init(_ layout: Layout) {
      self.layout = layout
      bytes = .allocate(byteCount: layout.length, alignment: SegmentFormat.alignment)
      bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { bytes.deallocate() }

    private func block<T>(_ offset: Int, as type: T.Type) -> UnsafeMutablePointer<T> {
      (bytes.baseAddress! + offset).assumingMemoryBound(to: type)
    }

    /// False where memory does not suffice.
    func fill(_ segment: Segment) -> Bool {
      let mean = block(layout.mean, as: Float.self)
      let basis = block(layout.basis, as: Float.self)
      let gram = block(layout.gram, as: Double.self)
      let sample = Array(
        stride(from: 0, to: segment.count, by: max(1, segment.count / SegmentCodes.basisSample)))
      let isFitted = segment.withFloats(of: sample) { floats, offsets in
        vitrine_fit_basis(
          floats, offsets, offsets.count, layout.dimension, layout.width, mean, basis) == 1
      }
      guard isFitted else { return false }
      vitrine_gram(basis, layout.width, layout.dimension, gram)
      guard order(segment) else { return false }
      let rowNumbers = block(layout.rowNumbers, as: UInt32.self)
      let table = SegmentCodes.table(bytes.baseAddress!, layout)
      for first in stride(from: 0, to: layout.rows, by: SegmentCodes.block) {
        let rows = (first..<min(first + SegmentCodes.block, layout.rows)).map {
          Int(rowNumbers[$0])
        }
        let isEncoded = segment.withFloats(of: rows) { floats, offsets in
          vitrine_encode_rows(
            floats, offsets, offsets.count, layout.dimension, layout.width, mean, basis, gram,
            table.from(first, layout)) == 1
        }
        guard isEncoded else { return false }
      }
      let limits = vitrine_find_code_limits(table, layout.rows, layout.dimension, layout.width)
      for (offset, value) in [
        (48, limits.code), (52, limits.error), (56, limits.tail), (64, limits.rest),
        (68, limits.rest_error), (72, 1),
      ] {
        bytes.storeBytes(of: value, toByteOffset: offset, as: Float.self)
      }
      return true
    }

    /// Divides the rows into cells, and puts them in that order.
    private func order(_ segment: Segment) -> Bool {
      let step = max(1, segment.count / (layout.cells * SegmentCodes.cellSample))
      let sample = Array(stride(from: 0, to: segment.count, by: step))
      var points: [Float] = []
      points.reserveCapacity(sample.count * layout.width)
      for first in stride(from: 0, to: sample.count, by: SegmentCodes.block) {
        points += project(
          sample[first..<min(first + SegmentCodes.block, sample.count)], segment)
      }
      guard
        let cells = vitrine_make_cells(points, sample.count, layout.width, layout.cells)
      else { return false }
      defer { vitrine_free_cells(cells) }
      var cellOf: [UInt32] = []
      cellOf.reserveCapacity(segment.count)
      for first in stride(from: 0, to: segment.count, by: SegmentCodes.block) {
        let rows = first..<min(first + SegmentCodes.block, segment.count)
        project(rows, segment).withUnsafeBufferPointer { points in
          for i in 0..<rows.count {
            cellOf.append(vitrine_cell_of(cells, points.baseAddress! + i * layout.width))
          }
        }
      }
      let starts = block(layout.cellStarts, as: UInt32.self)
      for cell in cellOf { starts[Int(cell) + 1] += 1 }
      for cell in 0..<layout.cells { starts[cell + 1] += starts[cell] }
      var next = Array(UnsafeBufferPointer(start: starts, count: layout.cells))
      let rowNumbers = block(layout.rowNumbers, as: UInt32.self)
      for (row, cell) in cellOf.enumerated() {
        rowNumbers[Int(next[Int(cell)])] = UInt32(row)
        next[Int(cell)] += 1
      }
      encodeCentroids(
        UnsafeBufferPointer(
          start: vitrine_cell_centroids(cells), count: layout.cells * layout.width))
      return true
    }

    private func project(_ rows: some Collection<Int>, _ segment: Segment) -> [Float] {
      [Float](unsafeUninitializedCapacity: rows.count * layout.width) { points, count in
        segment.withFloats(of: rows) { floats, offsets in
          vitrine_project_rows(
            floats, offsets, offsets.count, layout.dimension, layout.width,
            block(layout.mean, as: Float.self), block(layout.basis, as: Float.self),
            points.baseAddress)
        }
        count = rows.count * layout.width
      }
    }

    /// A cell with middle c is the nearer to a query q the larger B(q − m)·c − |c|²/2 is. The query
    /// brings Bq; the rest is the cell's offset.
    private func encodeCentroids(_ centroids: UnsafeBufferPointer<Float>) {
      let mean = block(layout.mean, as: Float.self)
      let basis = block(layout.basis, as: Float.self)
      let middle = (0..<layout.width).map {
        Float(vitrine_dot(mean, basis + $0 * layout.dimension, layout.dimension))
      }
      let scales = block(layout.cellScales, as: Float.self)
      let offsets = block(layout.cellOffsets, as: Float.self)
      let codes = block(layout.cellCodes, as: Int8.self)
      for cell in 0..<layout.cells {
        let centroid = centroids[cell * layout.width..<(cell + 1) * layout.width]
        let scale = centroid.reduce(0) { max($0, $1.magnitude) } / 127
        scales[cell] = scale
        var offset: Float = 0
        for (k, value) in centroid.enumerated() {
          codes[cell * layout.width + k] = scale > 0 ? Int8((value / scale).rounded()) : 0
          offset += value * (value / 2 + middle[k])
        }
        offsets[cell] = offset
      }
    }

    /// Measures how far to look for what, and how much of the tails' bounds hits use up.
    func calibrate(_ segment: Segment, _ identity: IndexIdentity) throws(IndexError) {
      var coded = segment
      coded.codes = SegmentCodes(owner: self, UnsafeRawBufferPointer(bytes), layout)
      let measured = try Calibration([coded], identity: identity)
      measured.probes.encode(into: bytes, at: Layout.probes)
      bytes.storeBytes(of: measured.offsets[0], toByteOffset: Layout.offset, as: Float.self)
      bytes.storeBytes(of: measured.tailShare, toByteOffset: 72, as: Float.self)
    }
  }
}
