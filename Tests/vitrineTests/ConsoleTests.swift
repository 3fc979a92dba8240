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

  @Test(arguments: [
    ("Zoë Dress 🤍, שלום\n\tline", "Zoë Dress 🤍, שלום\n\tline"),
    ("\u{1B}]0;title\u{07}\u{1B}[31mred", "�]0;title��[31mred"),
    ("over\rwritten\u{08}\0\u{7F}", "over�written���"), ("a\r\nb", "a�\nb"),
    ("\u{9B}31m \u{202E}dlog", "�31m �dlog"),
  ])
  func `what a page says is shown and not obeyed`(text: String, shown: String) {
    #expect(Console.harmless(text) == shown)
  }
}
