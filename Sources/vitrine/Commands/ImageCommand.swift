import ArgumentParser
import Catalog
import Foundation
import Pipeline
import Storage
import Vision

struct ImageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "image",
    abstract:
      "Ask why two pictures are the same picture, or are not; say so; and which boxes a picture has.",
    discussion: """
      Recognition can be wrong. What apart and together say of two pictures counts from then on, whatever \
      recognition says; retract takes it back.
      """,
    subcommands: [
      Explain.self, Apart.self, Together.self, Retract.self, Judgements.self, Regroup.self,
      Boxes.self,
    ])

  struct Boxes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "boxes", abstract: "The boxes in a picture that have vectors of their own.",
      discussion: """
        Each with its number, what it shows, how sure the detector was and where it is, in fractions of \
        the picture's sides. The page of vitrine serve edits them.

        Examples:
          vitrine image boxes 17
          vitrine image boxes https://shop.example.com/i/17-large.jpg --json
        """)
    @Argument(help: "A picture of the catalog: its number, its address or its content hash.")
    var picture: String
    @Flag(help: "Print as JSON.") var json = false
    @OptionGroup var options: CommonOptions

    struct Line: Encodable {
      var id: Int64
      var x: Double
      var y: Double
      var width: Double
      var height: Double
      var name: String
      var score: Double?
      var edited: Bool
    }

    func run() async throws {
      let store = try DataFolder(try options.configuration()).openForReading()
      let image = try await store.picture(named: picture)
      let lines = try await store.boxOverview(of: image.id).boxes.map { box in
        Line(
          id: box.id.rawValue, x: box.region.x, y: box.region.y, width: box.region.width,
          height: box.region.height, name: box.name, score: box.score, edited: box.isEdited)
      }
      if json { return try Console.print(json: lines) }
      for line in lines {
        let place = [line.x, line.y, line.width, line.height]
          .map { String(format: "%.3f", $0) }.joined(separator: ",")
        let origin = line.score.map { String(format: "%.2f", $0) } ?? "by hand"
        try Console.print("\(line.id)  \(place)  \(origin)  \(line.name)")
      }
      if lines.isEmpty { Console.say("no box stands in picture \(image.id)") }
    }
  }

  struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "explain",
      abstract: "Lay one picture over another: the distances, the verdict and what decided it.",
      discussion: """
        Each is a file, the number of a picture in the catalog, a picture's known address, or the \
        beginning of its content hash, 8 digits or more. Where a person has judged the two, that counts; \
        what recognition says is told all the same.

        Examples:
          vitrine image explain a.jpg b.jpg
          vitrine image explain 17 https://shop.example.com/i/17-large.jpg --json
        """)
    @Argument(help: "A picture.") var first: String
    @Argument(help: "Another picture.") var second: String
    @Flag(help: "Print as JSON.") var json = false
    @OptionGroup var options: CommonOptions

    struct Answer: Encodable {
      /// Recognition's verdict.
      var isSamePicture: Bool
      var likeness: Likeness
      /// How near they are to being two pictures, 0…1, where recognition takes them for one; whichever is
      /// laid over the other, while `likeness` is of the second over the first.
      var doubt: Float?
      /// What a person says.
      var judgement: JudgedPair?
      /// Of pictures of the catalog: whether they stand in one group.
      var areGrouped: Bool?
      /// Where recognition takes them for one and their groups are two: who of these was told apart.
      var keptApartBy: [JudgedPair]?
    }

    func run() async throws {
      let data = DataFolder(try options.configuration())
      let store = try data.openForReadingIfThere()
      let a = try await Shown(first, data, store)
      let b = try await Shown(second, data, store)
      let likeness = Likeness(a.fingerprint, b.fingerprint)
      var answer = Answer(
        isSamePicture: likeness.isSamePicture, likeness: likeness,
        doubt: Likeness.doubt(a.fingerprint, b.fingerprint))
      if let store {
        let judgement = try await store.judgements().first { $0.isOf(a.hash, b.hash) }
        answer.judgement = try await store.pairs([judgement].compactMap(\.self)).first
        if let group = a.known?.group, let other = b.known?.group {
          answer.areGrouped = group == other
          if group != other, likeness.isSamePicture, judgement == nil {
            answer.keptApartBy = try await store.pairs(
              store.judgements(between: group, and: other))
          }
        }
      }
      if json { return try Console.print(json: answer) }
      for line in answer.lines { try Console.print(line) }
    }

    /// What a text on the command line stands for.
    private struct Shown {
      let hash: ContentHash
      let fingerprint: Fingerprint
      /// `nil` of a file that the catalog does not have.
      let known: GroupedPicture?

      init(_ text: String, _ data: DataFolder, _ store: CatalogStore?) async throws {
        if let bytes = try InputFile.readIfThere(text) {
          hash = ContentHash(of: bytes)
          do throws(PictureError) {
            fingerprint = Fingerprint(of: try PictureAnalysis.picture(of: bytes))
          } catch {
            throw Failure(.usage, "\(text): \(error)")
          }
          known = try await store?.groupedPictures([hash])[hash]
          return
        }
        let store = try store ?? data.openForReading()
        let picture = try await store.picture(named: text)
        guard let print = try await store.fingerprints(of: [picture.id])[picture.id] else {
          throw Failure(
            .withFailures,
            "this program cannot read picture \(text)'s print; `vitrine image regroup` "
              + "measures it again")
        }
        hash = picture.hash
        fingerprint = print
        known = picture
      }
    }
  }

  struct Regroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "regroup",
      abstract: "Make the groups of equal pictures anew.",
      discussion: """
        After an update whose measure is another one: prints of an older version are measured again \
        from the kept pictures, and exactly those stand together that the present measure joins and that \
        nobody told apart. No request is sent and no event told.

        Example:
          vitrine image regroup
        """)
    @Flag(help: "Print the outcome as JSON.") var json = false
    @OptionGroup var options: CommonOptions

    func run() async throws {
      let configuration = try options.configuration()
      let report = try await Interruption.guarding {
        let data = DataFolder(configuration)
        let (store, lock) = try data.openForWriting()
        let regrouping = Regrouping(
          store: store, lock: lock, blobs: try data.blobs(), lane: ComputeLane())
        return try await regrouping.run {
          Console.progress("\(Console.count($0)) pictures compared")
        }
      }
      if json { return try Console.print(json: report) }
      try Console.print(
        "\(Console.count(report.pictures)) pictures, \(Console.count(report.measured)) measured again: "
          + "\(Console.count(report.groupsBefore)) groups before, \(Console.count(report.groups)) now, "
          + "\(Console.count(report.moved)) pictures stand elsewhere")
      if report.unreadable > 0 {
        Console.say(
          "\(Console.count(report.unreadable)) pictures could not be read and were compared by their "
            + "older prints")
      }
    }
  }
}

extension ImageCommand.Explain.Answer {
  var lines: [String] {
    let verdict = isSamePicture ? "the same picture" : "two pictures"
    var lines: [String]
    if let judgement {
      lines = [
        judgement.verdict == .together ? "the same picture" : "two pictures",
        "  judged      \(judgement.verdict.rawValue) by a person at \(judgement.at)",
        "  recognised  as \(verdict)",
      ]
    } else {
      lines = [verdict]
    }
    lines += likeness.lines.map { "  " + $0 }
    if let doubt { lines.append("  doubt       \(String(format: "%.2f", doubt)) of 1") }
    if let areGrouped {
      lines.append("  the catalog has them in \(areGrouped ? "one group" : "two groups")")
    }
    for pair in keptApartBy ?? [] {
      lines.append("  \(pair.first.name) and \(pair.second.name), one in each, were told apart")
    }
    return lines
  }
}

extension Likeness {
  /// The measures with their bounds, and what was done to one picture to have the other.
  fileprivate var lines: [String] {
    func figure(_ value: Float?, _ digits: Int = 4) -> String {
      value.map { String(format: "%.\(digits)f", $0) } ?? "not looked at"
    }
    var lines = [
      "decided by  \(decision == .same ? "nothing: all within their bounds" : decision.rawValue)",
      "structure   \(figure(structure)) of \(figure(Self.maxStructure))",
      "detail      \(figure(detail)) of \(figure(maxDetail))",
      "texture     \(figure(texture)) of \(figure(maxTexture))",
      "colour      \(figure(colour, 2)) of \(figure(maxColour, 2)) levels",
      "hash        \(hamming) of 64 bits differ",
    ]
    switch look {
    case .whole: break
    case .lit: lines.append("compared    in one light, in which bright parts clip")
    case .withoutTop: lines.append("compared    without the highest fifth, a caption's")
    case .withoutBottom: lines.append("compared    without the lowest fifth, a caption's")
    }
    if let edit {
      lines.append(
        "fits        "
          + [
            edit.isMirrored ? "mirrored" : nil, "scale \(figure(edit.scale, 3))",
            "turned by \(figure(edit.turned, 1))°",
            "shifted by \(edit.shift.map { figure($0 * 100, 1) + " %" }.joined(separator: ", "))",
            "\(figure(edit.overlap * 100, 0)) % shared", "contrast × \(figure(edit.gain, 2))",
          ].compactMap { $0 }.joined(separator: ", "))
    }
    return lines
  }
}
