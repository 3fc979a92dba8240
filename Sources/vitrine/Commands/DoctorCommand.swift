import ArgumentParser
import Catalog
import Foundation
import Storage
import VectorSearch
import Vision

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check the installation and the data folder, with the fix for each finding.",
    discussion: """
      Examples:
        vitrine doctor
        vitrine doctor --json | jq '.[] | select(.ok | not)'
      """)

  @Flag(help: "Print the findings as JSON.")
  var json = false

  @OptionGroup var options: CommonOptions

  struct Finding: Encodable {
    var what: String
    var ok: Bool
    var detail: String
    var fix: String?
  }

  func run() async throws {
    var findings: [Finding] = []
    let configuration: Configuration
    do {
      configuration = try options.configuration()
      findings.append(
        Finding(what: "configuration", ok: true, detail: configuration.file ?? "no file, defaults"))
    } catch let error as ConfigurationError {
      findings.append(
        Finding(
          what: "configuration", ok: false, detail: error.description,
          fix: "correct the key; vitrine init writes a commented file elsewhere with -c"))
      return try report(findings)
    }
    findings.append(
      Finding(
        what: "contact", ok: configuration.contact != nil,
        detail: configuration.contact ?? "none: vitrine will not crawl",
        fix: "set contact in \(configuration.file ?? Configuration.fileName) or VITRINE_CONTACT"))
    findings.append(
      Finding(
        what: "sites", ok: !configuration.sites.isEmpty,
        detail: "\(configuration.sites.count) configured",
        fix: "add an entry with seeds under sites"))
    findings.append(await model(configuration))
    findings += detector(configuration)
    findings.append(disk(configuration))
    findings += await catalog(configuration)
    try report(findings)
  }

  private func report(_ findings: [Finding]) throws {
    let findings = findings.map { finding in
      var finding = finding
      if finding.ok { finding.fix = nil }
      return finding
    }
    if json {
      try Console.print(json: findings)
    } else {
      for finding in findings {
        try Console.print(
          "\(finding.ok ? "ok  " : "FAIL") \(finding.what): \(finding.detail)"
            + (finding.fix.map { "\n     fix: \($0)" } ?? ""))
      }
    }
    if findings.contains(where: { !$0.ok }) { throw Failure(.withFailures) }
  }

  /// Loads the model and embeds a grey picture: the libraries, the weights and the shapes at once.
  private func model(_ configuration: Configuration) async -> Finding {
    do {
      // What is wrong with the catalog is a finding of its own.
      let store = try? DataFolder(configuration).openForReadingIfThere()
      let embedder = try await Wiring.embedder(configuration, store)
      let grey = Picture(
        width: 64, height: 64, pixels: Array(repeating: 128, count: 64 * 64 * 3))
      let vector = try await embedder.embed([grey])[0]
      return Finding(
        what: "model", ok: vector.count == embedder.dimension,
        detail: "\(embedder.modelID), \(embedder.dimension) dimensions")
    } catch {
      return Finding(
        what: "model", ok: false, detail: "\(error)",
        fix: "run make setup, or point model at a folder with model.xml, model.bin and model.json")
    }
  }

  /// Loads the detector, which looks at a grey picture then; nothing where none is configured.
  private func detector(_ configuration: Configuration) -> [Finding] {
    do throws(EmbedError) {
      guard let detector = try Wiring.detector(configuration) else { return [] }
      return [Finding(what: "detector", ok: true, detail: detector.id)]
    } catch {
      return [
        Finding(
          what: "detector", ok: false, detail: error.description,
          fix: "point detector at a folder with detector.yaml, or take it out of the configuration")
      ]
    }
  }

  private func disk(_ configuration: Configuration) -> Finding {
    var folder = URL(filePath: configuration.data)
    while !FileManager.default.fileExists(atPath: folder.path), folder.path != "/" {
      folder = folder.deletingLastPathComponent()
    }
    var status = statvfs()
    guard statvfs(folder.path, &status) == 0 else {
      return Finding(
        what: "disk", ok: false, detail: "\(folder.path): \(Failure.systemReason())",
        fix: "choose another data folder")
    }
    let free = Int(status.f_bavail) * Int(status.f_frsize)
    let isWritable = access(folder.path, W_OK) == 0
    return Finding(
      what: "disk", ok: free > 1 << 30 && isWritable,
      detail: "\(Console.bytes(free)) free in \(folder.path)\(isWritable ? "" : ", not writable")",
      fix: isWritable ? "free some space, at least 1 GB" : "make the folder writable")
  }

  private func catalog(_ configuration: Configuration) async -> [Finding] {
    let data = DataFolder(configuration)
    var findings: [Finding] = []
    do {
      let store = try data.openForReading()
      let complaints = try await store.check()
      findings.append(
        Finding(
          what: "catalog", ok: complaints.isEmpty,
          detail: complaints.first ?? "\(data.catalog) is sound",
          fix: "restore the catalog from a backup; the pictures and the index are not touched"))
    } catch .absent {
      findings.append(
        Finding(
          what: "catalog", ok: false, detail: "none at \(data.catalog)", fix: "run vitrine init"))
    } catch .locked {
      findings.append(
        Finding(
          what: "catalog", ok: false,
          detail: "\(data.catalog) was written by an older vitrine and is being written to",
          fix: "try again when that has ended"))
    } catch {
      findings.append(
        Finding(
          what: "catalog", ok: false, detail: error.description,
          fix: "install the vitrine that wrote it, or restore a backup"))
    }
    do {
      let sizes = try data.indexSizes().sorted { $0.key < $1.key }
      let detail = sizes.map { "\(Console.count($0.value)) vectors of \($0.key)" }
      findings.append(
        Finding(
          what: "index", ok: true,
          detail: detail.isEmpty ? "none yet" : detail.joined(separator: ", ")))
    } catch {
      findings.append(
        Finding(
          what: "index", ok: false, detail: "\(error)", fix: "run vitrine index rebuild"))
    }
    findings.append(bodies(data, quota: configuration.crawl.keptBodies))
    let holder = WriterLock.holder(folder: data.path)
    findings.append(
      Finding(
        what: "lock", ok: true, detail: holder.map { "process \($0) is writing" } ?? "free"))
    return findings
  }

  private func bodies(_ data: DataFolder, quota: Int) -> Finding {
    do throws(StorageError) {
      let tally = try BodyStore.tally(at: data.bodies)
      let kept = tally.map { "\(Console.count($0.pages)) pages, \(Console.bytes($0.bytes))" }
      return Finding(
        what: "kept pages", ok: true,
        detail: "\(kept ?? "none yet") of at most \(Console.bytes(quota))")
    } catch {
      return Finding(
        what: "kept pages", ok: false, detail: error.description,
        fix: "delete \(data.bodies); it is a cache, and the next crawl makes it anew")
    }
  }
}
