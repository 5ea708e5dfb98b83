// SPDX-License-Identifier: MIT
// Axes of several params, ranges without end, and what is drawn.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "tests/graph/run_graph.h"

namespace {
using fake::ints;
using fake::texts;
using graph::Along;
using graph::Assignment;
using graph::Plan;
using graph::ScalarList;
using graph::Scope;
using testing::ElementsAre;
using testing::HasSubstr;

const char* const kAxesGraph = R"(
graph: axes
params:
  words: {type: string, default: a}
  seed: {type: int, default: 0, max: 1000000}
  size: {type: int, default: 1}
nodes:
  t: {type: text, words: $words}
  n: {type: number, number: $seed}
  s: {type: number, number: $size}
  m: {type: add, in: {a: n.value, b: s.value}}
)";

Plan axes_plan(const std::vector<Assignment>& assignments, std::int64_t max_items = 0,
               const std::string& yaml = kAxesGraph) {
  return Plan(std::make_shared<const graph::Graph>(graph::check(graph::load_text(yaml), fake::registry())), assignments,
              max_items);
}

Assignment column(Assignment assignment, Along along = Along::kTable) {
  assignment.along = along;
  return assignment;
}

Assignment numbers(const std::string& name, const std::vector<std::int64_t>& values) {
  Assignment assignment{name, {}, {"--" + name}};
  for (const std::int64_t value : values) assignment.values.emplace_back(value);
  return assignment;
}

Assignment without_end(const std::string& name, std::int64_t first) {
  return {name, ScalarList::endless(first, 1), {"--" + name}};
}

Assignment drawn(const std::string& name, std::uint64_t key = 7) {
  return {name, ScalarList::drawn(key, 0, (std::int64_t{1} << 53) - 1), {"--" + name}};
}

std::string axes_faults(const std::vector<Assignment>& assignments, std::int64_t max_items = 0,
                        const std::string& yaml = kAxesGraph) {
  try {
    axes_plan(assignments, max_items, yaml);
  } catch (const graph::Faults& faults) {
    return faults.what();
  }
  return "";
}

Scope scope_of(const Plan& plan, const std::string& node) {
  return plan.scope(plan.graph().find_node(node));
}

TEST(Axes, WhatIsZippedStepsTogether) {
  const Plan plan = axes_plan({column(texts("words", {"a", "b", "c"}), Along::kZip),
                               column(numbers("seed", {4, 4, 9}), Along::kZip), ints("size", 1, 2)});
  EXPECT_EQ(plan.items(), 6);
  EXPECT_EQ(plan.label(0), "words=a, seed=4, size=1");
  EXPECT_EQ(plan.label(3), "words=b, seed=4, size=2");
  EXPECT_EQ(plan.label(5), "words=c, seed=9, size=2");
}

TEST(Axes, ATableVariesSlowerThanWhatTheGraphDeclaresBefore) {
  const Plan plan = axes_plan({column(numbers("size", {5, 6})), texts("words", {"a", "b"})});
  EXPECT_EQ(plan.label(1), "words=b, size=5");
  EXPECT_EQ(plan.label(2), "words=a, size=6");
}

TEST(Axes, NeighbouringRowsThatAgreeShare) {
  const Plan plan = axes_plan({column(texts("words", {"a", "a", "b", "a"})), column(numbers("seed", {1, 2, 2, 2}))});
  const Scope words = scope_of(plan, "t");
  EXPECT_EQ(plan.groups(words), 3);
  EXPECT_THAT(plan.members(words, 1), ElementsAre(0, 1));
  EXPECT_THAT(plan.members(words, 3), ElementsAre(3));
  EXPECT_EQ(plan.group_size(words, 0), 2);
  EXPECT_THAT(plan.members(scope_of(plan, "n"), 2), ElementsAre(1, 2, 3));
  EXPECT_EQ(plan.first_item(scope_of(plan, "n"), 3), 1);
  EXPECT_EQ(plan.item_of(words, 2), 3);
  fake::clear_calls();
  EXPECT_EQ(fake::execute(plan).done, 4);
  EXPECT_EQ(fake::calls("text"), 3);
  EXPECT_EQ(fake::calls("number"), 3);  // two of n, one of s
}

TEST(Axes, EqualRowsAreItemsOfTheirOwn) {
  const Plan plan = axes_plan({column(texts("words", {"a", "a", "a"}))});
  EXPECT_EQ(plan.items(), 3);
  EXPECT_EQ(plan.describe(graph::kAllOfIt, 2).index, 2);
  EXPECT_EQ(fake::execute(plan).done, 3);
  EXPECT_EQ(axes_plan({column(texts("words", {"a"}))}).items(), 1);
}

TEST(Axes, AColumnThatSaysTheSameIsNotSwept) {
  const Plan plan = axes_plan({column(texts("words", {"a", "a"})), column(numbers("seed", {1, 2}))});
  EXPECT_FALSE(plan.is_swept(plan.graph().find_param("words")));
  EXPECT_EQ(plan.label(1), "seed=2");
}

TEST(Axes, ColumnsHaveOneLength) {
  EXPECT_THAT(
      axes_faults({column(texts("words", {"a", "b"})), column(numbers("seed", {1, 2, 3}))}),
      HasSubstr("--seed: error: param 'seed' has 3 values, and 'words' beside it 2: what steps together has one "
                "length"));
}

TEST(Axes, MaxItemsEndsTheRunWithinAnAxis) {
  const Plan plan = axes_plan({ints("seed", 1, 4), ints("size", 1, 3)}, 5);
  EXPECT_EQ(plan.items(), 5);
  EXPECT_EQ(plan.max_items(), 5);
  EXPECT_THAT(plan.members(scope_of(plan, "n"), 4), ElementsAre(3, 4));
  EXPECT_EQ(plan.group_size(scope_of(plan, "n"), 4), 2);
  EXPECT_EQ(fake::execute(plan).done, 5);
  EXPECT_EQ(axes_plan({ints("seed", 1, 2)}, 5).max_items(), 0);
}

TEST(Axes, GatheredOverRowsByWhatTheySay) {
  const std::string yaml = R"(
graph: sheets
params: {style: {type: string}, seed: {type: int}}
nodes:
  t: {type: text, words: $style}
  n: {type: number, number: $seed}
  end: {type: gather, per: [style], in: {values: n.value}}
)";
  const Plan plan = axes_plan(
      {column(texts("style", {"x", "y", "x", "y", "x"})), column(numbers("seed", {1, 2, 4, 8, 16}))}, 0, yaml);
  fake::Seen seen({"end.sum"});
  EXPECT_EQ(fake::execute(plan, {}, &seen).done, 5);
  EXPECT_EQ(seen.last("end.sum", 0), 1 + 4 + 16);
  EXPECT_EQ(seen.last("end.sum", 1), 2 + 8);
  EXPECT_THAT(plan.members(scope_of(plan, "end"), 3), ElementsAre(1, 3));
}

std::string write_graph(const std::string& name) {
  return "graph: files\nparams: {tag: {type: string, default: a}, seed: {type: int, default: 0}}\nnodes:\n"
         "  t: {type: text, words: $tag}\n  n: {type: number, number: $seed}\n"
         "  w: {type: write, file: '" +
         name + "', in: {value: n.value}}\n";
}

TEST(Axes, NamesTellRowsApart) {
  const auto seeds = column(numbers("seed", {1, 2, 1})), tags = column(texts("tag", {"a", "b", "c"}));
  EXPECT_EQ(axes_faults({seeds, tags}, 0, write_graph("{tag}-{seed}.txt")), "");
  EXPECT_EQ(axes_faults({seeds, tags}, 0, write_graph("{tag}.txt")), "");  // another tag wherever the seed is another
  EXPECT_EQ(axes_faults({seeds, tags}, 0, write_graph("{item}.txt")), "");
  EXPECT_THAT(axes_faults({seeds, tags}, 0, write_graph("{seed}.txt")),
              HasSubstr("'{seed}.txt' names the same file for several rows; add {item}, or params that tell all rows "
                        "apart"));
}

TEST(Endless, CountsInSixtyFourBits) {
  const Plan plan = axes_plan({without_end("size", 5), texts("words", {"a", "b"})});
  EXPECT_TRUE(plan.endless());
  EXPECT_GT(plan.items(), std::numeric_limits<std::int64_t>::max() / 2 - 10);
  const std::int64_t far = std::int64_t{1} << 40;
  EXPECT_EQ(plan.label(far + 1), "words=b, size=" + std::to_string(far / 2 + 5));
  EXPECT_TRUE(plan.is_open(scope_of(plan, "t")));
  EXPECT_THAT(plan.members(plan.scope(plan.graph().find_node("m")), far + 1), ElementsAre(far, far + 1));
}

TEST(Endless, EndsWithTheParamsRange) {
  const Plan plan = axes_plan({without_end("seed", 999'998)});
  EXPECT_EQ(plan.items(), 3);
  const graph::RunReport report = fake::execute(plan);
  EXPECT_EQ(report.done, 3);
  EXPECT_FALSE(report.interrupted);
}

TEST(Endless, VariesSlowestAndStops) {
  const Plan plan = axes_plan({without_end("size", 0), texts("words", {"a", "b"})});
  graph::StopSignal stop;
  graph::RunOptions options;
  options.stop = &stop;
  int calls = 0;
  options.taps.push_back({"m.sum", [&](const graph::Item&, const graph::Value&) {
                            if (++calls == 100) stop.level = 1;
                          }});
  options.lanes = 1;
  const graph::RunReport report = graph::run(plan, options);
  EXPECT_EQ(report.done, 199);  // two items share what depends on the size alone
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.skipped, 0);
}

TEST(Endless, RunsAsManyAsItIsTold) {
  const Plan plan = axes_plan({without_end("seed", 3)}, 7);
  EXPECT_FALSE(plan.endless());
  fake::Seen seen({"n.value"});
  EXPECT_EQ(fake::execute(plan, {}, &seen).done, 7);
  EXPECT_EQ(seen.last("n.value", 6), 9);
}

TEST(Endless, TimeIsANormalEnd) {
  const Plan plan = axes_plan({without_end("seed", 0)});
  graph::RunOptions options;
  options.end_after = std::chrono::milliseconds(1);
  const graph::RunReport report = fake::execute(plan, options);
  EXPECT_TRUE(report.time_is_up);
  EXPECT_FALSE(report.interrupted);
  EXPECT_EQ(report.done, report.admitted);
}

TEST(Endless, ShardsAndResumedRunsSkipItemByItem) {
  const Plan plan = axes_plan({without_end("size", 0)});
  graph::StopSignal stop;
  graph::RunOptions options;
  options.stop = &stop;
  options.lanes = 1;
  options.shard_index = 1;
  options.shard_count = 3;
  options.whole = [](int, std::int64_t first) { return first < 10; };
  std::vector<std::int64_t> ran;
  options.taps.push_back({"m.sum", [&](const graph::Item& item, const graph::Value&) {
                            ran.push_back(item.index);
                            if (ran.size() == 3) stop.level = 1;
                          }});
  graph::run(plan, options);
  EXPECT_THAT(ran, ElementsAre(10, 13, 16));
}

TEST(Endless, OneRangeAtMost) {
  EXPECT_THAT(axes_faults({without_end("seed", 0), without_end("size", 0)}),
              HasSubstr("--size: error: 'seed' and 'size' both count without end: a run has one such param at most"));
}

TEST(Endless, OnlyIntsCount) {
  EXPECT_THAT(axes_faults({without_end("words", 0)}),
              HasSubstr("param 'words' is string: only an int counts without end, or is drawn"));
}

TEST(Endless, WhatGathersNeedsAnEnd) {
  const std::string yaml = R"(
graph: sheets
params: {seed: {type: int}, cut: {type: int, default: 0}}
nodes:
  n: {type: number, number: $seed}
  m: {type: add, plus: $cut, in: {a: n.value}}
  end: {type: gather, in: {values: m.sum}}
)";
  EXPECT_THAT(
      axes_faults({without_end("seed", 0)}, 0, yaml),
      HasSubstr("node 'end' gathers over 'seed', which has no end: say how many items there are (--max-items N), "
                "or add `per: [seed]` to 'end'"));
  EXPECT_EQ(axes_faults({without_end("seed", 0)}, 4, yaml), "");
  const std::string per = std::string(yaml).replace(yaml.find("gather,"), 7, "gather, per: [seed],");
  const Plan plan = axes_plan({without_end("seed", 1), ints("cut", 1, 3)}, 0, per);
  graph::StopSignal stop;
  graph::RunOptions options;
  options.stop = &stop;
  std::vector<std::int64_t> sums;
  options.taps.push_back({"end.sum", [&](const graph::Item&, const graph::Value& value) {
                            sums.push_back(value.as<std::int64_t>());
                            if (sums.size() == 2) stop.level = 1;
                          }});
  options.lanes = 1;
  graph::run(plan, options);
  ASSERT_GE(sums.size(), 2u);
  EXPECT_EQ(sums[0], 2 + 3 + 4);
  EXPECT_EQ(sums[1], 3 + 4 + 5);
}

TEST(Endless, NamesHoldTheParam) {
  EXPECT_THAT(axes_faults({without_end("seed", 0)}, 0, write_graph("picture.txt")),
              HasSubstr("names the same file for every 'seed'; add {seed} or {item}"));
  EXPECT_EQ(axes_faults({without_end("seed", 0)}, 0, write_graph("{seed}.txt")), "");
}

TEST(Endless, NoTurnsAreSharedAcrossIt) {
  const std::string yaml = R"(
graph: loops
params: {seed: {type: int, default: 0}, late: {type: int, default: 0}}
nodes:
  n: {type: number, number: $seed}
  loop:
    type: loop
    steps: 4
    state: {x: n.value}
    nodes:
      a: {type: add, plus: 1, in: {a: state.x}}
      b: {type: nudge, by: {from: 0, to: $late}, in: {value: a.sum}, when: {from: 0.7}}
    next: {x: b.value}
    out: {x: b.value}
  end: {type: add, in: {a: loop.x}}
)";
  const Plan finite = axes_plan({ints("seed", 0, 5), ints("late", 1, 2)}, 0, yaml);
  const Plan open = axes_plan({without_end("seed", 0), ints("late", 1, 2)}, 0, yaml);
  fake::Seen expected({"end.sum"});
  fake::execute(finite, {}, &expected);
  graph::StopSignal stop;
  graph::RunOptions options;
  options.stop = &stop;
  options.lanes = 3;
  std::mutex mutex;
  std::map<std::int64_t, std::int64_t> sums;
  options.taps.push_back({"end.sum", [&](const graph::Item& item, const graph::Value& value) {
                            const std::lock_guard lock(mutex);
                            sums[item.index] = value.as<std::int64_t>();
                            if (sums.size() == 12) stop.level = 1;
                          }});
  EXPECT_EQ(graph::run(open, options).failed, 0);
  for (int item = 0; item < 12; ++item) {
    if (!sums.contains(item)) continue;
    EXPECT_EQ(sums[item], expected.last("end.sum", item)) << item;
  }
  EXPECT_GE(sums.size(), 12u);
}

TEST(Drawn, OneValueForASweep) {
  const Plan plan = axes_plan({drawn("size"), ints("seed", 1, 3)});
  EXPECT_EQ(plan.items(), 3);
  EXPECT_FALSE(plan.is_swept(plan.graph().find_param("size")));
}

TEST(Drawn, AnotherForEachPlaceOfTableAndRange) {
  const Plan plan = axes_plan(
      {
          drawn("size"),
          without_end("seed", 0),
          column(texts("words", {"a", "b"})),
      },
      6);
  const int size = plan.graph().find_param("size");
  std::set<std::string> values;
  for (int item = 0; item < 6; ++item) values.insert(graph::to_text(plan.param(size, item)));
  EXPECT_EQ(values.size(), 6u);
  EXPECT_EQ(plan.param(size, 5),
            axes_plan({drawn("size"), column(texts("words", {"a", "b", "c", "d", "e", "f"}))}).param(size, 5));
  EXPECT_THAT(plan.members(scope_of(plan, "m"), 3), ElementsAre(3));
}

TEST(Drawn, SweepsBesideATableCompareOneValue) {
  const Plan plan = axes_plan({drawn("size"), column(texts("words", {"a", "b"})), ints("seed", 1, 3)});
  const int size = plan.graph().find_param("size");
  EXPECT_EQ(plan.param(size, 0), plan.param(size, 2));
  EXPECT_NE(plan.param(size, 2), plan.param(size, 3));
}

TEST(Drawn, StaysInItsRange) {
  const ScalarList list = ScalarList::drawn(3, -2, 2);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(std::get<std::int64_t>(list[i]));
  EXPECT_THAT(seen, ElementsAre(-2, -1, 0, 1, 2));
  EXPECT_FALSE(list.is_wide());
  EXPECT_EQ(list[5], ScalarList::drawn(3, -2, 2)[5]);
  EXPECT_NE(ScalarList::drawn(1, 0, 1LL << 60)[0], ScalarList::drawn(2, 0, 1LL << 60)[0]);
}

TEST(Drawn, NamesNeedMoreThanAFewValues) {
  const auto small = Assignment{"seed", ScalarList::drawn(1, 0, 9), {"--seed"}};
  EXPECT_THAT(axes_faults({small, column(texts("tag", {"a", "b"}))}, 0, write_graph("{seed}.txt")),
              HasSubstr("names the same file for several rows"));
  EXPECT_EQ(axes_faults({drawn("seed"), column(texts("tag", {"a", "b"}))}, 0, write_graph("{seed}.txt")), "");
}

TEST(Axes, HoldsAHundredThousandRows) {
  std::vector<std::int64_t> seeds(100'000);
  std::vector<std::string> words(seeds.size());
  for (std::size_t i = 0; i < seeds.size(); ++i)
    seeds[i] = static_cast<std::int64_t>(i * i % 1000), words[i] = std::to_string(i / 10);
  const Plan plan = axes_plan({column(numbers("seed", seeds)), column(texts("words", words))});
  EXPECT_EQ(plan.items(), 100'000);
  EXPECT_EQ(plan.groups(scope_of(plan, "t")), 10'000);
  EXPECT_EQ(plan.label(99'999), "words=9999, seed=1");
}

}  // namespace
