// SPDX-License-Identifier: MIT
#include "observers/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <sstream>

#include "tests/observers/sample.h"

namespace observers {
namespace {

using graph::Event;
using sample::Script;
using testing::HasSubstr;
using testing::Not;

/// A Progress on a stream and a clock of the test's.
class ProgressTest : public testing::Test {
 protected:
  void start(ProgressStyle style, int items, bool color = false) {
    plan_.emplace(sample::make_plan(items));
    progress_.emplace(out_, *plan_,
                      ProgressOptions{style, color, [this] { return width_; }, [this] { return Script::at(now_); }});
    script_.emplace(*progress_, *plan_);
    script_->run_started(items);
  }
  /// Sets the clock and forgets what was printed before.
  void at(double ms) {
    now_ = ms;
    out_.str("");
  }
  std::string printed() const { return out_.str(); }

  std::ostringstream out_;
  double now_ = 0;
  int width_ = 120;
  std::optional<graph::Plan> plan_;
  std::optional<Progress> progress_;
  std::optional<Script> script_;
};

TEST_F(ProgressTest, DrawsOneLineInPlace) {
  start(ProgressStyle::kTerminal, 4);
  script_->item_started(0, 0);
  script_->item_started(1, 0, 1);
  at(2000);
  script_->item_finished(0, 2000);
  EXPECT_EQ(printed(), "\r[1/4], 2.0 s/item, 0:06 left | seed=1\x1b[K");
  at(2500);
  script_->step(1, "denoise", 1, 2, 2500, 1);
  EXPECT_EQ(printed(), "\r[1/4], 2.5 s/item, 0:05 left | seed=1 denoise 1/2\x1b[K");
}

TEST_F(ProgressTest, ShowsNoTotalOfARunWithoutEnd) {
  start(ProgressStyle::kTerminal, 4);
  script_->run_started(-1);
  script_->item_started(0, 0);
  script_->item_started(1, 0, 1);
  at(2000);
  script_->item_finished(0, 2000);
  EXPECT_EQ(printed(), "\r[1], 2.0 s/item | seed=1\x1b[K");
}

TEST_F(ProgressTest, SaysItemsPerSecondWhenTheyAreFast) {
  start(ProgressStyle::kTerminal, 4);
  for (int item = 0; item < 3; ++item) {
    script_->item_started(item, 0);
    script_->item_finished(item, 0);
  }
  at(300);
  progress_->idle();
  EXPECT_EQ(printed(), "\r[3/4], 10.0 items/s, 0:01 left\x1b[K");
}

TEST_F(ProgressTest, TellsTheTimeLeftOfASingleItemFromItsLoop) {
  start(ProgressStyle::kTerminal, 1);
  script_->item_started(0, 0);
  at(90'000);
  script_->step(0, "denoise", 9, 30, now_);
  EXPECT_EQ(printed(), "\r[0/1], 3:30 left | item 0 denoise 9/30\x1b[K");
}

TEST_F(ProgressTest, ShowsTheLastOfTheNumbersThatNodesTell) {
  start(ProgressStyle::kTerminal, 1);
  script_->item_started(0, 0);
  for (const auto& [name, number] : {std::pair{"loss", 0.5}, {"rate", 4e-4}, {"loss", 0.01234}}) {
    Event scalar = Script::made(Event::kScalar, 0, 0);
    scalar.node = script_->node("denoise.step");
    scalar.text = name;
    scalar.number = number;
    script_->post(scalar);
  }
  at(90'000);
  script_->step(0, "denoise", 9, 30, now_);
  EXPECT_EQ(printed(), "\r[0/1], 3:30 left | item 0 denoise 9/30 loss 0.0123 rate 0.0004\x1b[K");
}

TEST_F(ProgressTest, DrawsAtMostTenTimesASecond) {
  start(ProgressStyle::kTerminal, 4);
  script_->item_started(0, 0);
  at(100);
  script_->step(0, "denoise", 1, 30, 100);
  EXPECT_THAT(printed(), HasSubstr("denoise 1/30"));
  at(199);
  script_->step(0, "denoise", 2, 30, 199);
  progress_->idle();
  EXPECT_EQ(printed(), "");
  at(200);
  progress_->idle();
  EXPECT_THAT(printed(), HasSubstr("denoise 2/30"));
  at(350);
  progress_->idle();
  EXPECT_EQ(printed(), "") << "nothing new";
  at(1200);
  progress_->idle();
  EXPECT_THAT(printed(), HasSubstr("denoise 2/30")) << "the time left goes on without news";
}

TEST_F(ProgressTest, ShowsTheLoopRatherThanWhatIsInsideIt) {
  start(ProgressStyle::kTerminal, 1);
  script_->item_started(0, 0);
  script_->step(0, "denoise", 2, 30, 1);
  at(500);
  script_->step(0, "denoise.step", 5, 9, 500);
  EXPECT_THAT(printed(), HasSubstr("denoise 2/30"));
  at(1000);
  script_->step(0, "save", 1, 4, 1000);
  EXPECT_THAT(printed(), HasSubstr("save 1/4"));
}

TEST_F(ProgressTest, KeepsToTheWidthOfTheTerminal) {
  start(ProgressStyle::kTerminal, 4);
  script_->item_started(0, 0);
  width_ = 12;
  at(1000);
  script_->item_started(1, 1000, 1);
  EXPECT_EQ(printed(), "\r[0/4] | se…\x1b[K") << "eleven columns: the last one stays free";
}

TEST_F(ProgressTest, ClearsTheLineBeforeOtherLinesAndAtTheEnd) {
  start(ProgressStyle::kTerminal, 4);
  script_->item_started(0, 0);
  at(1000);
  progress_->idle();
  at(1001);
  progress_->print("a log line");
  EXPECT_EQ(printed(), "\r\x1b[Ka log line\n");
  at(1100);
  progress_->idle();
  at(1101);
  script_->run_finished(1101);
  EXPECT_EQ(printed(), "\r\x1b[K");
  at(9000);
  progress_->idle();
  EXPECT_EQ(printed(), "") << "nothing is drawn after the end";
}

TEST_F(ProgressTest, ClearsTheLineWhenItGoes) {
  start(ProgressStyle::kTerminal, 4);
  at(1000);
  progress_->idle();
  at(1001);
  progress_.reset();
  EXPECT_EQ(printed(), "\r\x1b[K");
}

TEST_F(ProgressTest, NamesItemAndNodeOfWarningsAndErrors) {
  start(ProgressStyle::kPlain, 4);
  script_->item_started(2, 0);
  at(5);
  script_->message(Event::kWarning, "the paper is small", 5, 2, "save");
  script_->message(Event::kError, "disk full\n\x1b[2Jreally", 6, 2, "save");
  script_->message(Event::kWarning, "of no item", 7);
  script_->message(Event::kStopping, "finishing 2 items; again to stop at once", 8);
  script_->message(Event::kStalled, "item 3 waits at 'sheet'", 9);
  EXPECT_EQ(printed(),
            "warning: item 2 (seed=2): node 'save': the paper is small\n"
            "error: item 2 (seed=2): node 'save': disk full  [2Jreally\n"
            "warning: of no item\n"
            "finishing 2 items; again to stop at once\n"
            "error: item 3 waits at 'sheet'\n");
}

TEST_F(ProgressTest, ColoursTheSeverityAlone) {
  start(ProgressStyle::kTerminal, 1, true);
  script_->item_started(0, 0);
  at(1);
  script_->message(Event::kError, "no", 1, 0, "save");
  script_->message(Event::kWarning, "hm", 1, 0, "save");
  EXPECT_EQ(printed(), "\x1b[31merror:\x1b[0m node 'save': no\n\x1b[33mwarning:\x1b[0m node 'save': hm\n");
}

TEST_F(ProgressTest, PrintsALinePerItemWhenItIsNoTerminal) {
  start(ProgressStyle::kPlain, 3);
  script_->item_started(0, 0);
  script_->item_started(1, 0, 1);
  at(4200);
  script_->item_finished(0, 4200);
  script_->item_failed(1, "save", "disk full", 4200, 1);
  EXPECT_EQ(printed(), "[1/3] item 0 (seed=0) done (4.20 s)\n[2/3] item 1 (seed=1) failed (4.20 s)\n");
}

TEST_F(ProgressTest, PrintsNewsOfLongItemsEveryTenSeconds) {
  start(ProgressStyle::kPlain, 3);
  script_->item_started(0, 0);
  at(9999);
  script_->step(0, "denoise", 1, 4, now_);
  EXPECT_EQ(printed(), "");
  at(10'000);
  progress_->idle();
  EXPECT_EQ(printed(), "[0/3], 1:50 left | seed=0 denoise 1/4\n");
  at(19'000);
  progress_->idle();
  EXPECT_EQ(printed(), "");
}

TEST_F(ProgressTest, QuietPrintsErrorsAlone) {
  start(ProgressStyle::kQuiet, 3);
  script_->item_started(0, 0);
  at(20'000);
  progress_->idle();
  script_->message(Event::kWarning, "hm", 20'000, 0, "save");
  EXPECT_EQ(printed(), "");
  script_->message(Event::kError, "no", 20'000, 0, "save");
  script_->item_failed(0, "save", "no", 20'000);
  script_->run_finished(20'001);
  EXPECT_EQ(printed(), "error: item 0 (seed=0): node 'save': no\n");
}

TEST_F(ProgressTest, CountsFailedAndCancelled) {
  start(ProgressStyle::kTerminal, 4);
  for (int item = 0; item < 3; ++item) script_->item_started(item, 0, item);
  script_->item_failed(0, "save", "no", 10, 0);
  script_->item_cancelled(1, 10, 1);
  at(1000);
  progress_->idle();
  EXPECT_EQ(printed(), "\r[2/4] 1 failed 1 cancelled, 2.0 items/s, 0:01 left | seed=2\x1b[K");
}

TEST(ProgressOptionsFor, APipeGetsPlainLines) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const ProgressOptions options = progress_options_for(ends[1]);
  EXPECT_EQ(options.style, ProgressStyle::kPlain);
  EXPECT_FALSE(options.color);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace observers
