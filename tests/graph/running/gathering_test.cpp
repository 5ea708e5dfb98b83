// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/run_graph.h"

namespace {
using fake::execute;
using fake::ints;
using fake::plan_of;
using fake::Seen;

const char* const kGather = R"(
graph: gathering
params: {a: {type: int, default: 0}, seed: {type: int, default: 1}}
nodes:
  a: {type: number, number: $a}
  maybe: {type: fail, every: $seed, in: {value: a.value}}
  all: {type: gather, in: {values: maybe.value}%s}
  end: {type: add, plus: 1000, in: {a: all.sum}}
)";

std::string gather_graph(const std::string& more) {
  std::string text = kGather;
  return text.replace(text.find("%s"), 2, more);
}

TEST(Gathering, RunsOnceWithAllItems) {
  fake::clear_calls();
  const auto plan = plan_of(gather_graph(""), {ints("a", 1, 4), ints("seed", 5, 7)});
  Seen seen({"end.sum"});
  EXPECT_EQ(execute(plan, {}, &seen).done, 12);
  EXPECT_EQ(fake::calls("gather"), 1);
  EXPECT_EQ(fake::calls("end"), 1);
  EXPECT_EQ(seen.last("end.sum", 0), 1000 + 3 * (1 + 2 + 3 + 4) - 0);
}

TEST(Gathering, OncePerValueOfPer) {
  const auto plan = plan_of(gather_graph(", per: [a]"), {ints("a", 1, 4), ints("seed", 5, 7)});
  Seen seen({"end.sum"});
  EXPECT_EQ(execute(plan, {}, &seen).done, 12);
  for (int a = 1; a <= 4; ++a) EXPECT_EQ(seen.last("end.sum", (a - 1) * 3), 1000 + 3 * a);
}

TEST(Gathering, GoesOnWithoutTheFailed) {
  for (int lanes : {1, 2, 5}) {
    const auto plan = plan_of(gather_graph(""), {ints("a", 1, 4), ints("seed", 2, 4)});
    Seen seen({"end.sum"});
    graph::RunOptions options;
    options.lanes = lanes;
    const auto report = execute(plan, options, &seen);
    // Fail: a=2 at 2; a=3 at 3; a=4 at 2 and 4; that is 4 of 12.
    EXPECT_EQ(report.failed, 4);
    EXPECT_EQ(report.done, 8);
    EXPECT_EQ(seen.last("end.sum", 0), 1000 + 3 * (1 + 2 + 3 + 4) - 2 - 3 - 4 - 4);
  }
}

TEST(Resume, RunsOnlyWhatIsNotWhole) {
  const auto plan = plan_of(gather_graph(""), {ints("a", 1, 4), ints("seed", 5, 7)});
  graph::RunOptions options;
  fake::clear_calls();
  const int end = plan.graph().find_node("end");
  options.whole = [&](int node, int first) { return node == end && first == 0; };
  const auto report = execute(plan, options);
  EXPECT_EQ(report.admitted, 0);
  EXPECT_EQ(report.skipped, 12);
  EXPECT_EQ(fake::calls("end"), 0);
}

}  // namespace
