internal import Foundation

/// Trains a head so that pictures whose labels agree come near each other.
///
/// Supervised contrastive learning (Khosla et al. 2020) with soft targets: within a batch, the
/// softmax of a picture's scores with the others is drawn towards its shares of agreement with them.
/// Noise on the input and dropped units stand in for the pictures that were never seen. AdamW with a
/// cosine schedule. One seed gives one head on one machine.
package struct HeadTraining: Sendable {
  package var hidden = 512
  package var outputs = 128
  package var batch = 256
  /// Steps of one batch; by default twelve rounds over all pictures within 400…6,000.
  package var steps: Int?
  package var temperature: Float = 0.3
  package var noise: Float = 0.04
  package var dropped: Float = 0.3
  package var rate: Float = 2e-3
  package var decay: Float = 0.01
  package var seed: UInt64 = 1

  package init() {}

  /// - Parameters:
  ///   - vectors: base vectors, unit length.
  ///   - labels: of as many pictures.
  ///   - rows: which pictures are trained on; at least two.
  func head(_ vectors: VectorTable, _ labels: WeakLabels, rows: [Int]) -> Head {
    precondition(rows.count >= 2 && vectors.count == labels.products.count)
    var random = SplitMix(seed: seed)
    var head = Head(
      inputs: vectors.dimension, hidden: hidden, outputs: outputs, weight: 1, random: &random)
    var first = Moments(count: head.first.count)
    var bias = Moments(count: head.bias.count)
    var second = Moments(count: head.second.count)
    let size = min(batch, rows.count)
    let steps = steps ?? min(max(12 * rows.count / size, 400), 6000)
    var order: [Int] = []
    for step in 1...steps {
      if order.count < size { order += shuffled(rows, labels, &random).reversed() }
      let places = (0..<size).map { _ in order.removeLast() }
      let gradient = gradient(of: head, vectors, labels, places, &random)
      let pace = rate * 0.5 * (1 + cos(Float.pi * Float(step) / Float(steps)))
      first.apply(gradient.first, to: &head.first, rate: pace, decay: decay, step: step)
      bias.apply(gradient.bias, to: &head.bias, rate: pace, decay: 0, step: step)
      second.apply(gradient.second, to: &head.second, rate: pace, decay: decay, step: step)
    }
    return head
  }

  /// Products in random order, their pictures together so that they meet in a batch.
  private func shuffled(_ rows: [Int], _ labels: WeakLabels, _ random: inout SplitMix) -> [Int] {
    var keys: [Int32: UInt64] = [:]
    for row in rows where keys[labels.products[row]] == nil {
      keys[labels.products[row]] = random.next()
    }
    return rows.map { (key: keys[labels.products[$0]] ?? 0, row: $0) }
      .sorted { ($0.key, $0.row) < ($1.key, $1.row) }.map(\.row)
  }

  private func gradient(
    of head: Head, _ vectors: VectorTable, _ labels: WeakLabels, _ places: [Int],
    _ random: inout SplitMix
  ) -> (first: [Float], bias: [Float], second: [Float]) {
    let (size, inputs) = (places.count, head.inputs)
    let scale = Float(inputs).squareRoot()
    var input = vectors.rows(places).values
    for i in input.indices { input[i] = scale * (input[i] + noise * random.normal()) }
    var middle = Matrix.product(
      input[...], head.first[...], rows: size, columns: hidden, inner: inputs)
    // What a unit passes on: nothing where it is off or dropped.
    var passes = [Float](repeating: 0, count: middle.count)
    let kept = UInt64((1 - dropped) * 65_536)
    var bits: UInt64 = 0
    for i in middle.indices {
      if i.isMultiple(of: 4) { bits = random.next() } else { bits >>= 16 }
      let value = middle[i] + head.bias[i % hidden]
      passes[i] = value > 0 && bits & 0xFFFF < kept ? 1 / (1 - dropped) : 0
      middle[i] = value * passes[i]
    }
    let raw = Matrix.product(
      middle[...], head.second[...], rows: size, columns: outputs, inner: hidden)
    let outer = outputGradient(raw, labels, places)
    let second = Matrix.product(
      middle[...], outer[...], rows: hidden, columns: outputs, inner: size, transposingA: true)
    var inner = Matrix.product(
      outer[...], head.second[...], rows: size, columns: hidden, inner: outputs,
      transposingB: true)
    var bias = [Float](repeating: 0, count: hidden)
    for i in inner.indices {
      inner[i] *= passes[i]
      bias[i % hidden] += inner[i]
    }
    let first = Matrix.product(
      input[...], inner[...], rows: inputs, columns: hidden, inner: size, transposingA: true)
    return (first, bias, second)
  }

  /// The gradient of the mean loss with respect to outputs that are not yet of unit length.
  private func outputGradient(_ raw: [Float], _ labels: WeakLabels, _ places: [Int]) -> [Float] {
    let size = places.count
    let lengths = (0..<size).map { row in
      max(
        raw[row * outputs..<(row + 1) * outputs].reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-6)
    }
    var unit = raw
    for i in unit.indices { unit[i] /= lengths[i / outputs] }
    var pull = Matrix.product(
      unit[...], unit[...], rows: size, columns: size, inner: outputs, transposingB: true)
    for row in 0..<size {
      let start = row * size
      var targets = [Float](repeating: 0, count: size)
      for other in 0..<size where other != row {
        targets[other] = labels.agreement(places[row], places[other])
      }
      let agreed = targets.reduce(0, +)
      guard agreed > 0 else {
        // Nothing to come near to: the row is only pushed by others.
        for other in 0..<size { pull[start + other] = 0 }
        continue
      }
      let top = (0..<size).reduce(-Float.infinity) { $1 == row ? $0 : max($0, pull[start + $1]) }
      var sum: Float = 0
      for other in 0..<size {
        let value = other == row ? 0 : exp((pull[start + other] - top) / temperature)
        pull[start + other] = value
        sum += value
      }
      for other in 0..<size {
        let share = pull[start + other] / sum - targets[other] / agreed
        pull[start + other] = share / (temperature * Float(size))
      }
    }
    for row in 0..<size {
      for other in 0..<row {
        let both = pull[row * size + other] + pull[other * size + row]
        pull[row * size + other] = both
        pull[other * size + row] = both
      }
    }
    var gradient = Matrix.product(
      pull[...], unit[...], rows: size, columns: outputs, inner: size)
    for row in 0..<size {
      let own = row * outputs..<(row + 1) * outputs
      let along = own.reduce(Float(0)) { $0 + gradient[$1] * unit[$1] }
      for i in own { gradient[i] = (gradient[i] - along * unit[i]) / lengths[row] }
    }
    return gradient
  }
}

/// Running moments of a gradient: AdamW (Loshchilov & Hutter 2019).
private struct Moments {
  private var mean: [Float]
  private var square: [Float]

  init(count: Int) {
    mean = Array(repeating: 0, count: count)
    square = mean
  }

  mutating func apply(
    _ gradient: [Float], to values: inout [Float], rate: Float, decay: Float, step: Int
  ) {
    let meanScale = 1 / (1 - pow(0.9 as Float, Float(step)))
    let squareScale = 1 / (1 - pow(0.999 as Float, Float(step)))
    for i in gradient.indices {
      mean[i] = 0.9 * mean[i] + 0.1 * gradient[i]
      square[i] = 0.999 * square[i] + 0.001 * gradient[i] * gradient[i]
      let change = mean[i] * meanScale / ((square[i] * squareScale).squareRoot() + 1e-8)
      values[i] -= rate * (change + decay * values[i])
    }
  }
}
