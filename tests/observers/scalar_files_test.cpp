// SPDX-License-Identifier: MIT
#include "observers/scalar_files.h"

#include <gmock/gmock.h>

#include "observers/scalar_plot.h"
#include "tests/observers/sample.h"
#include "tests/observers/temp_folder.h"

namespace observers {
namespace {

using graph::Event;
using sample::Script;
using testing::ElementsAre;
using testing::HasSubstr;

class ScalarFilesTest : public FolderTest {
 protected:
  void start(bool resume = false) {
    files_.emplace(plan_, ScalarOptions{folder_.string(), resume});
    script_.emplace(*files_, plan_);
  }
  void tell(const std::string& name, int turn, double number, int item = 0, const std::string& node = "denoise.step") {
    Event event = Script::made(Event::kScalar, 0, item);
    event.node = script_->node(node);
    event.turn = turn;
    event.turns = 10;
    event.text = name;
    event.number = number;
    event.count = item;
    script_->post(event);
  }
  void end_turn(int done, int item = 0) {
    Event event = Script::made(Event::kStep, 0, item);
    event.node = script_->node("denoise");
    event.turn = done;
    event.turns = 10;
    event.count = item;
    script_->post(event);
  }

  const graph::Plan plan_ = sample::make_plan();
  std::optional<ScalarFiles> files_;
  std::optional<Script> script_;
};

constexpr const char* kTable = "scalars/0000-denoise.csv";
constexpr const char* kPlot = "scalars/0000-denoise.svg";

TEST_F(ScalarFilesTest, ARowForEachTurnAndAPlotAtTheEnd) {
  start();
  for (int turn = 0; turn < 3; ++turn) {
    tell("loss", turn, 1.0 / (turn + 1));
    tell("rate", turn, 0.001);
    end_turn(turn + 1);
  }
  EXPECT_EQ(text_of(kTable), "turn,loss,rate\n0,1,0.001\n1,0.5,0.001\n2,0.3333333333333333,0.001\n")
      << "before the item has ended";
  EXPECT_FALSE(exists(kPlot));
  script_->item_finished(0, 1);
  EXPECT_THAT(text_of(kPlot), HasSubstr("loss: 0.3333 in the end"));
  EXPECT_THAT(text_of(kPlot), HasSubstr("rate: 0.001 in the end"));
  EXPECT_THAT(files_->paths(), ElementsAre(kTable, kPlot));
}

TEST_F(ScalarFilesTest, TheLastOfANameInATurnCounts) {
  start();
  tell("loss", 0, 1);
  tell("loss", 0, 2);
  end_turn(1);
  EXPECT_EQ(text_of(kTable), "turn,loss\n0,2\n");
}

TEST_F(ScalarFilesTest, ANameThatComesLateGetsAColumn) {
  start();
  tell("loss", 0, 1);
  end_turn(1);
  tell("loss", 1, 2);
  tell("extra", 1, 3);
  end_turn(2);
  tell("extra", 2, 4);
  end_turn(3);
  EXPECT_EQ(text_of(kTable), "turn,loss,extra\n0,1,\n1,2,3\n2,,4\n");
}

TEST_F(ScalarFilesTest, ItemsHaveTheirOwn) {
  start();
  tell("loss", 0, 1, 0);
  tell("loss", 0, 2, 3);
  script_->item_finished(3, 1);
  EXPECT_EQ(text_of("scalars/0003-denoise.csv"), "turn,loss\n0,2\n");
  EXPECT_FALSE(exists(kTable)) << "its turn has not ended";
}

/// Killed after turn 3 was told, and kept last after turn 2.
TEST_F(ScalarFilesTest, ARunThatGoesOnCutsOffWhatItDoesAgain) {
  write(kTable, "turn,loss\n0,9\n1,8\n2,7\n3,6\n4,");
  start(true);
  end_turn(2);  // as a loop that goes on says it
  EXPECT_EQ(text_of(kTable), "turn,loss\n0,9\n1,8\n");
  tell("loss", 2, 7);
  end_turn(3);
  EXPECT_EQ(text_of(kTable), "turn,loss\n0,9\n1,8\n2,7\n");
}

TEST_F(ScalarFilesTest, ALoopThatBeginsAnewBeginsItsTableAnew) {
  write(kTable, "turn,loss\n0,9\n1,8\n");
  start(true);
  tell("loss", 0, 3);
  end_turn(1);
  EXPECT_EQ(text_of(kTable), "turn,loss\n0,3\n");
}

TEST_F(ScalarFilesTest, ALoopThatHasNothingLeftIsDrawnAllTheSame) {
  write(kTable, "turn,loss\n0,9\n1,8\n");
  start(true);
  end_turn(10);
  script_->item_finished(0, 1);
  EXPECT_EQ(text_of(kTable), "turn,loss\n0,9\n1,8\n");
  EXPECT_TRUE(exists(kPlot));
}

TEST_F(ScalarFilesTest, AFreshRunWritesOver) {
  write(kTable, "turn,loss\n0,9\n1,8\n");
  start(false);
  tell("loss", 5, 3);
  end_turn(6);
  EXPECT_EQ(text_of(kTable), "turn,loss\n5,3\n");
}

TEST_F(ScalarFilesTest, ALoopOfWhichNobodyTellsHasNone) {
  start(true);
  end_turn(1);
  script_->item_finished(0, 1);
  EXPECT_FALSE(exists("scalars"));
  EXPECT_TRUE(files_->paths().empty());
}

TEST_F(ScalarFilesTest, WhatIsNotFiniteIsWrittenAndNotDrawn) {
  start();
  tell("loss", 0, 1);
  end_turn(1);
  tell("loss", 1, std::numeric_limits<double>::quiet_NaN());
  end_turn(2);
  tell("loss", 2, std::numeric_limits<double>::infinity());
  end_turn(3);
  script_->item_finished(0, 1);
  EXPECT_EQ(text_of(kTable), "turn,loss\n0,1\n1,nan\n2,inf\n");
  EXPECT_THAT(text_of(kPlot), HasSubstr("loss: 1 in the end"));
  EXPECT_THAT(text_of(kPlot), testing::Not(HasSubstr("nan")));
}

TEST_F(ScalarFilesTest, OfTenThousandTurnsThePlotIsSmallAndHasThePeak) {
  std::string table = "turn,loss\n";
  for (int turn = 0; turn < 10'000; ++turn) table += std::to_string(turn) + (turn == 7321 ? ",1000\n" : ",1\n");
  write("long.csv", table);
  const std::string svg = plot_of_table(path("long.csv"), "long");
  EXPECT_LT(svg.size(), 40'000u);
  EXPECT_THAT(svg, HasSubstr(">1000</text>"));
  EXPECT_THAT(svg, HasSubstr(">9999</text>"));
}

}  // namespace
}  // namespace observers
