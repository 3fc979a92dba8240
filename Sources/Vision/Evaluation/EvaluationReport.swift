internal import Foundation

/// An evaluation as one HTML file that needs nothing beside it.
package struct EvaluationReport: Sendable {
  package let html: String

  /// Points of the map; more would be slow to look at and large to send.
  private static let mapLimit = 1000
  private static let sheetLimit = 24
  private static let neighboursShown = 8
  private static let thumbnailSide = 72

  /// Decodes what is shown again, for its thumbnails, and computes the map.
  package init(of evaluation: Evaluation, lane: ComputeLane) async {
    let shown = Evaluation.evenly(Self.mapLimit, of: evaluation.files.count)
    let queries = Evaluation.evenly(Self.sheetLimit, of: evaluation.files.count)
    var wanted = Set(shown).union(queries)
    for query in queries {
      wanted.formUnion(evaluation.retrieval.neighbours[query].prefix(Self.neighboursShown))
    }
    let thumbnails = await Self.thumbnails(wanted.sorted(), of: evaluation.files, lane)
    let vectors = evaluation.vectors.rows(shown)
    let points = await lane.run { NeighbourMap().points(of: vectors) }
    html = Self.page(evaluation, shown, points, queries, thumbnails)
  }

  private static func thumbnails(_ places: [Int], of files: [URL], _ lane: ComputeLane) async
    -> [Int: String]
  {
    let texts = await lane.map(places) { place -> String? in
      // A file that has gone since has no thumbnail.
      guard let data = try? Data(contentsOf: files[place]),
        let picture = try? Picture(decoding: [UInt8](data), atLeast: thumbnailSide)
      else { return nil }
      let jpeg = picture.fitted(within: thumbnailSide).jpeg(quality: 70)
      return Data(jpeg).base64EncodedString()
    }
    return Dictionary(uniqueKeysWithValues: zip(places, texts)).compactMapValues { $0 }
  }

  private static func page(
    _ evaluation: Evaluation, _ shown: [Int], _ points: [SIMD2<Float>], _ queries: [Int],
    _ thumbnails: [Int: String]
  ) -> String {
    let scores = evaluation.retrieval
    let classes = scores.classes
    let colours = classes.indices.map {
      "oklch(0.68 0.16 \(Int(360 * Double($0) / Double(classes.count))))"
    }
    var page = HTMLText()
    page.raw(
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
        + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        + "<meta name=\"color-scheme\" content=\"light dark\"><title>Evaluation of ")
    page.text(evaluation.model)
    page.raw("</title><style>\(ReportPage.style)</style><main><h1>")
    page.text(evaluation.model)
    page.raw("</h1><p>\(evaluation.pictures) pictures, \(classes.count) classes; each asks for all")
    page.raw(" the others.")
    if !evaluation.refused.isEmpty {
      page.raw(" \(evaluation.refused.count) files could not be read and are left out.")
    }
    page.raw("</p><dl class=\"figures\">")
    for (name, value) in [
      ("mAP", three(scores.overall.meanAveragePrecision)),
      ("mAP@10", three(scores.overall.meanAveragePrecisionAt10)),
      ("recall@1", three(scores.overall.recallAt1)),
      ("precision@10", three(scores.overall.precisionAt10)),
      ("edited copy found first", three(evaluation.meanRobustness)),
      ("ms a picture", String(format: "%.0f", evaluation.latency.median)),
      ("pictures a second", String(format: "%.1f", evaluation.latency.perSecond)),
    ] {
      page.raw("<div><dt>\(name)</dt><dd>\(value)</dd></div>")
    }
    page.raw("</dl>")
    page.map(shown, points, evaluation, colours)
    page.classTable(scores, colours)
    page.confusion(scores)
    page.robustness(evaluation.robustness)
    page.sheets(queries, evaluation, thumbnails, limit: neighboursShown)
    page.data(shown, evaluation, thumbnails)
    page.raw("</main><script>\(ReportPage.script)</script></html>\n")
    return page.result
  }

  fileprivate static func three(_ value: Double) -> String { String(format: "%.3f", value) }
}

/// HTML under construction; `text` escapes.
private struct HTMLText {
  var result = ""

  mutating func raw(_ html: String) { result += html }

  mutating func text(_ text: String) {
    for character in text.unicodeScalars {
      switch character {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      default: result.unicodeScalars.append(character)
      }
    }
  }

  /// - Parameter scope: "col" or "row".
  private mutating func heading(_ title: String, of scope: String) {
    raw("<th scope=\"\(scope)\">")
    text(title)
    raw("</th>")
  }

  mutating func map(
    _ shown: [Int], _ points: [SIMD2<Float>], _ evaluation: Evaluation, _ colours: [String]
  ) {
    raw(
      "<section><h2>Map</h2><p>Pictures that are near each other have like vectors (t-SNE). Point,")
    raw(" or focus the map and use the arrow keys.</p><div class=\"legend\">")
    for (place, name) in evaluation.retrieval.classes.enumerated() {
      raw("<button type=\"button\" aria-pressed=\"true\" data-class=\"\(place)\">")
      raw("<i style=\"background:\(colours[place])\"></i>")
      text(name)
      raw("</button>")
    }
    raw("</div><div class=\"map\"><svg id=\"map\" viewBox=\"-520 -520 1040 1040\" tabindex=\"0\"")
    raw(" role=\"img\" aria-label=\"Map of \(shown.count) pictures\" aria-describedby=\"spot\">")
    for (place, point) in zip(shown, points) {
      let label = evaluation.labels[place]
      raw("<circle cx=\"\(Int(point.x * 500))\" cy=\"\(Int(point.y * 500))\" r=\"6\"")
      raw(" data-class=\"\(label)\" fill=\"\(colours[label])\"/>")
    }
    raw("</svg><figure id=\"spot\" aria-live=\"polite\"><img alt=\"\" hidden><figcaption>")
    raw("No picture chosen</figcaption></figure></div></section>")
  }

  mutating func classTable(_ scores: RetrievalScores, _ colours: [String]) {
    raw("<section><h2>Classes</h2><div class=\"wide\"><table><thead><tr>")
    for title in ["Class", "Queries", "mAP", "mAP@10", "recall@1", "precision@10"] {
      heading(title, of: "col")
    }
    raw("</tr></thead><tbody>")
    for (place, measures) in scores.perClass.enumerated() {
      raw("<tr>")
      heading(scores.classes[place], of: "row")
      raw("<td>\(measures.queries)</td>")
      guard measures.queries > 0 else {
        raw(String(repeating: "<td>–</td>", count: 4) + "</tr>")
        continue
      }
      for value in [
        measures.meanAveragePrecision, measures.meanAveragePrecisionAt10, measures.recallAt1,
        measures.precisionAt10,
      ] {
        bar(value, colours[place])
      }
      raw("</tr>")
    }
    raw("</tbody></table></div></section>")
  }

  private mutating func bar(_ value: Double, _ colour: String) {
    raw("<td>\(EvaluationReport.three(value)) <svg class=\"bar\" viewBox=\"0 0 100 8\"")
    raw(" aria-hidden=\"true\" preserveAspectRatio=\"none\"><rect width=\"100\" height=\"8\"/>")
    raw("<rect width=\"\(Int(value * 100))\" height=\"8\" style=\"fill:\(colour)\"/></svg></td>")
  }

  mutating func confusion(_ scores: RetrievalScores) {
    raw("<section><h2>Confusion</h2><p>Row: the class that asks. Column: the class of its nearest")
    raw(
      " neighbour, in per cent of the row.</p><div class=\"wide\"><table class=\"confusion\"><thead>"
    )
    raw("<tr><td></td>")
    for name in scores.classes { heading(name, of: "col") }
    raw("</tr></thead><tbody>")
    for (row, counts) in scores.confusion.enumerated() {
      raw("<tr>")
      heading(scores.classes[row], of: "row")
      let total = max(1, counts.reduce(0, +))
      for (column, count) in counts.enumerated() {
        let share = Int((100 * Double(count) / Double(total)).rounded())
        let kind = row == column ? "right" : "wrong"
        raw(
          "<td class=\"\(kind)\" style=\"--share:\(share)%\">\(count == 0 ? "·" : "\(share)")</td>")
      }
      raw("</tr>")
    }
    raw("</tbody></table></div></section>")
  }

  mutating func robustness(_ results: [Evaluation.Robustness]) {
    guard let queries = results.first?.queries else { return }
    raw(
      "<section><h2>Edited copies</h2><p>\(queries) pictures are edited; the share whose original")
    raw(" is the nearest of all.</p><div class=\"wide\"><table><thead><tr>")
    for title in ["Edit", "As shipped", "Half-whitened"] { heading(title, of: "col") }
    raw("</tr></thead><tbody>")
    for result in results {
      raw("<tr>")
      heading(result.edit.title, of: "row")
      bar(result.recallAt1, "var(--accent)")
      bar(result.recallAt1HalfWhitened, "var(--accent)")
      raw("</tr>")
    }
    raw("</tbody></table></div></section>")
  }

  mutating func sheets(
    _ queries: [Int], _ evaluation: Evaluation, _ thumbnails: [Int: String], limit: Int
  ) {
    raw("<section><h2>Nearest neighbours</h2><p>The first picture of a row asks; a cross marks an")
    raw(" answer of another class.</p>")
    for query in queries {
      raw("<ol class=\"sheet\">")
      let own = evaluation.labels[query]
      picture(query, "asks", evaluation, thumbnails)
      for neighbour in evaluation.retrieval.neighbours[query].prefix(limit) {
        let kind = evaluation.labels[neighbour] == own ? "right" : "wrong"
        picture(neighbour, kind, evaluation, thumbnails)
      }
      raw("</ol>")
    }
    raw("</section>")
  }

  private mutating func picture(
    _ place: Int, _ kind: String, _ evaluation: Evaluation, _ thumbnails: [Int: String]
  ) {
    raw("<li class=\"\(kind)\">")
    if let thumbnail = thumbnails[place] {
      raw("<img loading=\"lazy\" alt=\"\" src=\"data:image/jpeg;base64,\(thumbnail)\">")
    }
    raw("<span>")
    text(evaluation.retrieval.classes[evaluation.labels[place]])
    raw(kind == "wrong" ? " ✗</span></li>" : "</span></li>")
  }

  /// What the script shows of a point: its class, its file and its thumbnail.
  mutating func data(_ shown: [Int], _ evaluation: Evaluation, _ thumbnails: [Int: String]) {
    let rows = shown.map { place in
      [
        evaluation.retrieval.classes[evaluation.labels[place]],
        evaluation.files[place].lastPathComponent, thumbnails[place] ?? "",
      ]
    }
    let encoded: Data
    do {
      encoded = try JSONEncoder().encode(rows)
    } catch {
      preconditionFailure("strings have a JSON form: \(error)")
    }
    // A name with "</script>" must not end the block.
    let json = String(decoding: encoded, as: UTF8.self).replacing("<", with: "\\u003c")
    raw("<script type=\"application/json\" id=\"points\">\(json)</script>")
  }
}
