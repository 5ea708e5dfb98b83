// SPDX-License-Identifier: MIT
#include "observers/summary.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/observers/sample.h"

namespace observers {
namespace {

using namespace std::chrono_literals;

class SummaryTest : public testing::Test {
 protected:
  SummaryTest() : plan_(sample::make_plan(4)) {
    report_.nodes.resize(plan_.graph().nodes.size());
    report_.lanes = 2;
    report_.elapsed = 12'340ms;
  }

  void stats(const std::string& id, std::int64_t calls, std::int64_t packets, graph::Clock::duration busy) {
    report_.nodes[plan_.graph().find_node(id)] = {calls, packets, 0, busy};
  }
  std::string summary(const SummaryOptions& options = {}) const {
    std::ostringstream out;
    write_summary(out, plan_, report_, options);
    return out.str();
  }

  graph::Plan plan_;
  graph::RunReport report_;
};

TEST_F(SummaryTest, SortsNodesByTheirTime) {
  report_.admitted = report_.done = 4;
  stats("noise", 4, 4, 4ms);
  stats("denoise.step", 6, 12, 15s);
  stats("save", 4, 4, 5s);
  stats("paper", 1, 1, 500us);
  EXPECT_EQ(summary(),
            "node          calls  packets   total    mean   share\n"
            "denoise.step      6       12  15.0 s  2.50 s  75.0 %\n"
            "save              4        4  5.00 s  1.25 s  25.0 %\n"
            "noise             4        4  4.0 ms  1.0 ms   0.0 %\n"
            "paper             1        1  500 us  500 us   0.0 %\n"
            "2 nodes never called; --verbose lists them\n"
            "\n"
            "4 items: 4 done, 0 failed; 12.3 s on 2 lanes\n");
}

TEST_F(SummaryTest, SumsUpNodesBeyondTheLimit) {
  report_.admitted = report_.done = 1;
  stats("noise", 1, 1, 1s);
  stats("save", 1, 1, 2s);
  stats("paper", 1, 1, 1s);
  EXPECT_EQ(summary({0, 1, 10}),
            "node             calls  packets   total    mean   share\n"
            "save                 1        1  2.00 s  2.00 s  50.0 %\n"
            "… 2 other nodes      2        2  2.00 s  1.00 s  50.0 %\n"
            "3 nodes never called; --verbose lists them\n"
            "\n"
            "1 item: 1 done, 0 failed; 12.3 s on 2 lanes\n");
}

TEST_F(SummaryTest, TellsCopyingWaitingAndQueueingWhereThereWasAny) {
  report_.admitted = report_.done = 4;
  report_.nodes[plan_.graph().find_node("denoise.step")] = {6, 12, 0, 15s, 20s, 2s, 500ms};
  stats("save", 4, 4, 5s);
  EXPECT_EQ(summary({0, 2, 10}),
            "node          calls  packets   total    mean   share  compute    copy    wait  queueing\n"
            "denoise.step      6       12  15.0 s  2.50 s  75.0 %   12.5 s  2.00 s  500 ms    20.0 s\n"
            "save              4        4  5.00 s  1.25 s  25.0 %   5.00 s    0 us    0 us      0 us\n"
            "4 nodes never called; --verbose lists them\n"
            "\n"
            "4 items: 4 done, 0 failed; 12.3 s on 2 lanes\n");
  EXPECT_EQ(hottest_node(report_), plan_.graph().find_node("denoise.step"));
}

TEST_F(SummaryTest, TellsForwardFromBackward) {
  report_.admitted = report_.done = 1;
  report_.nodes[plan_.graph().find_node("denoise.step")] = {6, 6, 0, 15s, 0s, 2s, 0s, 8s};
  EXPECT_EQ(summary({.list_uncalled = true}),
            "node          calls  packets   total    mean    share  forward  backward    copy\n"
            "denoise.step      6        6  15.0 s  2.50 s  100.0 %   5.00 s    8.00 s  2.00 s\n"
            "5 nodes never called: noise, save, sheet, paper, frame\n"
            "\n"
            "1 item: 1 done, 0 failed; 12.3 s on 2 lanes\n");
}

TEST_F(SummaryTest, HasNoColumnOfZeros) {
  report_.admitted = report_.done = 4;
  report_.nodes[plan_.graph().find_node("denoise.step")] = {6, 12, 0, 15s, 0s, 2s, 0s};
  EXPECT_EQ(summary({.list_uncalled = true}),
            "node          calls  packets   total    mean    share  compute    copy\n"
            "denoise.step      6       12  15.0 s  2.50 s  100.0 %   13.0 s  2.00 s\n"
            "5 nodes never called: noise, save, sheet, paper, frame\n"
            "\n"
            "4 items: 4 done, 0 failed; 12.3 s on 2 lanes\n");
}

TEST_F(SummaryTest, TellsTheOperatorsOfTheHottestNode) {
  std::ostringstream out;
  write_operators(out, plan_, report_, {});
  EXPECT_EQ(out.str(), "") << "nothing was called";
  report_.nodes[plan_.graph().find_node("denoise.step")] = {6, 12, 0, 10s, 0s, 2s, 0s};
  report_.nodes[plan_.graph().find_node("save")] = {1, 1, 0, 9s, 0s, 8s, 0s};
  write_operators(
      out, plan_, report_,
      {{"aten::mm", 30, 1500ms}, {"aten::convolution", 60, 6s}, {"aten::add", 2, 2ms}, {"aten::mul", 3, 3ms}}, 2);
  EXPECT_EQ(out.str(),
            "operators of 'denoise.step', which computed most (8.00 s):\n"
            "operator              calls   total     mean   share\n"
            "aten::convolution        60  6.00 s   100 ms  75.0 %\n"
            "aten::mm                 30  1.50 s  50.0 ms  18.8 %\n"
            "… 2 other operators       5  5.0 ms   1.0 ms   0.1 %\n"
            "outside of operators         495 ms            6.2 %\n");
}

TEST_F(SummaryTest, NamesEachFailure) {
  report_.admitted = 4;
  report_.done = 1;
  report_.failed = 3;
  report_.failures = {{1, "save", "cannot write 'a.png':\nNo space left on device"}, {2, "", "lost"}, {3, "x", "y"}};
  std::ostringstream out;
  write_outcome(out, plan_, report_, {0, 40, 2});
  EXPECT_EQ(out.str(),
            "failed: item 1 (seed=1): node 'save': cannot write 'a.png': No space left on device\n"
            "failed: item 2 (seed=2): lost\n"
            "… and 1 more\n"
            "4 items: 1 done, 3 failed; 12.3 s on 2 lanes\n");
}

TEST_F(SummaryTest, CountsFailuresThatTheReportDoesNotKeep) {
  report_.admitted = report_.failed = 2000;
  report_.failures = {{0, "save", "no"}};
  std::ostringstream out;
  write_outcome(out, plan_, report_);
  EXPECT_EQ(out.str(),
            "failed: item 0 (seed=0): node 'save': no\n… and 1999 more\n"
            "2000 items: 0 done, 2000 failed; 12.3 s on 2 lanes\n");
}

TEST_F(SummaryTest, TellsOfSkippedCancelledAndInterrupted) {
  report_.admitted = 3;
  report_.done = 2;
  report_.cancelled = 1;
  report_.skipped = 1;
  report_.interrupted = true;
  report_.lanes = 1;
  std::ostringstream out;
  write_outcome(out, plan_, report_);
  EXPECT_EQ(out.str(),
            "3 items: 2 done, 0 failed, 1 cancelled; 1 skipped (whole already, or of another shard); 12.3 s on 1 lane; "
            "interrupted\n");
}

TEST_F(SummaryTest, TellsWhatAMemoryBudgetDid) {
  report_.done = report_.admitted = 4;
  report_.lanes_used = 1;
  std::ostringstream out;
  write_outcome(out, plan_, report_);
  EXPECT_EQ(out.str(), "4 items: 4 done, 0 failed; 12.3 s on 1 of 2 lanes (the memory budget)\n");
}

TEST_F(SummaryTest, HasNoTableWhenNothingRan) {
  report_.skipped = 4;
  EXPECT_EQ(
      summary(),
      "nothing is left to do: 0 items: 0 done, 0 failed; 4 skipped (whole already, or of another shard); 12.3 s on "
      "2 lanes\n");
}

TEST_F(SummaryTest, LabelsTheItemsOfARerun) {
  report_.admitted = report_.failed = 1;
  report_.failures = {{7, "save", "no"}};
  std::ostringstream out;
  write_outcome(out, plan_, report_, {7, 40, 10});
  EXPECT_EQ(out.str(), "failed: item 7 (seed=0): node 'save': no\n1 item: 0 done, 1 failed; 12.3 s on 2 lanes\n");
}

}  // namespace
}  // namespace observers
