import Catalog
import GRDB
import Schema
import Testing

@testable import Storage

/// What a search or a page of items asks of the catalog goes by indexes: its time does not grow with the
/// catalog.
@Suite struct QueryPlanTests {
  /// The steps of a query that read a table from end to end, or make an index of their own.
  private func slowSteps(_ sql: String, _ arguments: StatementArguments = []) throws -> [String] {
    let queue = try DatabaseQueue()
    var migrator = DatabaseMigrator()
    for (name, sql) in Schema.migrations {
      migrator.registerMigration(name) { try $0.execute(sql: sql) }
    }
    try migrator.migrate(queue)
    let steps = try queue.read { database in
      try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments)
        .map { $0["detail"] as String }
    }
    #expect(!steps.isEmpty)
    let isSlow = ["MATERIALIZE", "AUTOMATIC", "SCAN ", "TEMP B-TREE FOR ORDER BY"]
    let harmless = ["SCAN asked", "SCAN json_each", "SCAN CONSTANT", "SCAN (subquery"]
    return steps.filter { step in
      isSlow.contains(where: step.contains) && !harmless.contains(where: step.contains)
    }
  }

  @Test func `the items of some pictures are found by indexes`() throws {
    // What was found is sorted.
    #expect(
      try slowSteps(CatalogStore.itemsShowing, ["[1, 2]"])
        .allSatisfy { $0 == "USE TEMP B-TREE FOR ORDER BY" })
  }

  @Test func `some pictures with an address of each are found by indexes`() throws {
    #expect(try slowSteps(CatalogStore.shownImages, ["[1, 2]"]) == [])
  }

  @Test func `what belongs to an item is found by indexes`() throws {
    #expect(try slowSteps(CatalogStore.linksOfItems, ["[1, 2]"]) == [])
  }

  @Test func `what judgements lead to from some groups is found by indexes`() throws {
    let steps = try slowSteps(CatalogStore.kinOfGroups.description, ["[1, 2]"])
    #expect(steps.allSatisfy { $0 == "SCAN kin" })
    #expect(
      try slowSteps(CatalogStore.judgementsOfGroups.description, ["[1, 2]"])
        .allSatisfy { $0.hasPrefix("SCAN kin VIRTUAL TABLE") })
  }

  @Test func `what was not kept is counted by its index`() throws {
    // The few reasons are sorted.
    #expect(try slowSteps(CatalogStore.unusablePictures) == ["USE TEMP B-TREE FOR ORDER BY"])
  }

  @Test func `the freshest items are read in their order`() throws {
    var filter = ItemFilter()
    filter.colours = ColourSet([.red])
    for filter in [ItemFilter(), filter] {
      let (condition, arguments) = filter.condition
      let steps = try slowSteps(
        "SELECT id FROM item WHERE \(condition) ORDER BY first_seen DESC, id DESC LIMIT 9",
        arguments)
      #expect(steps == ["SCAN item USING INDEX item_seen"])
    }
  }
}
