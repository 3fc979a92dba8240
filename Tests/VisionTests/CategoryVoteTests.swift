import Testing
import Vision

@Suite struct CategoryVoteTests {
  @Test func `the nearer neighbour outweighs two farther ones`() throws {
    let vote = try #require(
      CategoryVote(of: [(0.9, "dress"), (0.7, "hat"), (0.7, "hat")]))
    #expect(vote.category == "dress")
    // 1 / (1 + 2 exp(-0.2 / 0.07))
    #expect(abs(vote.share - 0.8970) < 1e-3)
  }

  @Test func `many of almost the same distance outvote one`() throws {
    let vote = try #require(
      CategoryVote(of: [(0.80, "dress"), (0.79, "hat"), (0.79, "hat")]))
    #expect(vote.category == "hat")
  }

  @Test func `equal votes go to the first by name, no neighbour to nobody`() {
    #expect(CategoryVote(of: [(0.5, "skirt"), (0.5, "hat")])?.category == "hat")
    #expect(CategoryVote(of: []) == nil)
  }

  private func trials(_ count: Int, share: Double, right: Int) -> [(share: Double, isRight: Bool)] {
    (0..<count).map { (share, $0 < right) }
  }

  @Test func `the threshold lets as many through as are right often enough`() throws {
    let threshold = try #require(
      CategoryVote.Threshold(
        of: trials(40, share: 0.6, right: 20) + trials(40, share: 0.9, right: 38)
          + trials(20, share: 0.8, right: 17)))
    #expect(threshold.share == 0.8)
    #expect(abs(threshold.precision - 55.0 / 60) < 1e-9)
  }

  @Test func `few trials, or mostly wrong ones, give no threshold`() {
    #expect(CategoryVote.Threshold(of: trials(19, share: 1, right: 19)) == nil)
    #expect(CategoryVote.Threshold(of: trials(100, share: 1, right: 80)) == nil)
    #expect(CategoryVote.Threshold(of: []) == nil)
  }
}
