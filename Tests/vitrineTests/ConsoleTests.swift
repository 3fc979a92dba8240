import Testing

@testable import vitrine

@Suite struct ConsoleTests {
  @Test(arguments: [
    (0, 0, "[####################] 100 %"), (0, 5, "[····················]   0 %"),
    (30, 70, "[######··············]  30 %"), (999, 1, "[###################·]  99 %"),
  ])
  func `the bar shows what is done of what is known`(done: Int, left: Int, bar: String) {
    #expect(Console.bar(done: done, left: left) == bar)
  }
}
