/// Models that stand in the catalog beside the one in use, loaded when a search asks for them.
actor SecondModels {
  private let load: VitrineServer.LoadModel
  /// What was asked for last stands last.
  private var entries: [(name: String, task: Task<SearchModel?, any Error>)] = []

  /// Compiled networks take hundreds of megabytes.
  private static let limit = 2

  init(load: @escaping VitrineServer.LoadModel) { self.load = load }

  /// Several callers that ask at once wait for one loading.
  func model(named name: String) async throws -> SearchModel? {
    let task: Task<SearchModel?, any Error>
    if let place = entries.firstIndex(where: { $0.name == name }) {
      task = entries.remove(at: place).task
    } else {
      task = Task { [load] in try await load(name) }
      if entries.count >= Self.limit { entries.removeFirst() }
    }
    entries.append((name, task))
    do {
      guard let model = try await task.value else {
        forget(task)
        return nil
      }
      return model
    } catch {
      forget(task)
      throw error
    }
  }

  private func forget(_ task: Task<SearchModel?, any Error>) {
    entries.removeAll { $0.task == task }
  }
}
