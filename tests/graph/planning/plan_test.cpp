// SPDX-License-Identifier: MIT
#include "graph/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/run_graph.h"

namespace {
using fake::ints;
using fake::plan_of;
using fake::texts;
using graph::Scope;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> values_of(const graph::ScalarList& list) {
  std::vector<std::string> values;
  for (const graph::Scalar& value : list) values.push_back(graph::to_text(value));
  return values;
}

TEST(ScalarList, KeepsRangesAndListsAlike) {
  graph::ScalarList list;
  EXPECT_TRUE(list.empty());
  for (std::int64_t i = 3; i <= 9; i += 3) list.emplace_back(i);
  EXPECT_THAT(values_of(list), ElementsAre("3", "6", "9"));
  list.emplace_back(std::int64_t{10});
  EXPECT_THAT(values_of(list), ElementsAre("3", "6", "9", "10"));
  list.emplace_back(std::string("x"));
  EXPECT_THAT(values_of(list), ElementsAre("3", "6", "9", "10", "x"));
  EXPECT_EQ(list.size(), 5u);
  EXPECT_EQ(graph::to_text(list.front()) + graph::to_text(list.back()), "3x");
}

TEST(ScalarList, HoldsTheLargestInts) {
  const std::int64_t most = std::numeric_limits<std::int64_t>::max(), least = std::numeric_limits<std::int64_t>::min();
  const graph::ScalarList list{least, most, std::int64_t{0}, most - 1};
  EXPECT_THAT(values_of(list), ElementsAre("-9223372036854775808", "9223372036854775807", "0", "9223372036854775806"));
}

TEST(ScalarList, FindsRepeats) {
  EXPECT_FALSE((graph::ScalarList{std::int64_t{1}, std::int64_t{2}}).first_repeat());
  EXPECT_TRUE((graph::ScalarList{std::int64_t{1}, std::int64_t{1}}).first_repeat());
  EXPECT_EQ(graph::to_text(*(graph::ScalarList{0.5, 1.5, 0.5}).first_repeat()), "0.5");
}

const char* const kGraph = R"(
graph: plan
params:
  words: {type: string, default: a}
  seed: {type: int, default: 0, max: 100}
  size: {type: int, default: 1}
nodes:
  t: {type: text, words: $words}
  n: {type: number, number: $seed}
  m: {type: add, plus: $size, in: {a: n.value}}
  c: {type: cast, as: string, in: {value: t.text}}
)";

TEST(Plan, NumbersItemsInTheOrderOfTheParams) {
  const auto plan = plan_of(kGraph, {ints("seed", 5, 7), texts("words", {"a", "b"})});
  EXPECT_EQ(plan.items(), 6);
  EXPECT_EQ(plan.label(0), "words=a, seed=5");
  EXPECT_EQ(plan.label(1), "words=a, seed=6");
  EXPECT_EQ(plan.label(5), "words=b, seed=7");
}

TEST(Plan, ScopesFollowTheLinks) {
  const auto plan = plan_of(kGraph, {ints("seed", 5, 7), texts("words", {"a", "b"}), ints("size", 1, 2)});
  const auto scope = [&](const char* id) { return plan.scope(plan.graph().find_node(id)); };
  const Scope words = 1, seed = 2, size = 4;
  EXPECT_EQ(scope("t"), words);
  EXPECT_EQ(scope("c"), words);
  EXPECT_EQ(scope("n"), seed);
  EXPECT_EQ(scope("m"), seed | size);
  EXPECT_EQ(plan.groups(scope("m")), 6);
  EXPECT_EQ(plan.first_item(scope("n"), 11), 4);
  EXPECT_THAT(plan.members(scope("n"), 11), ElementsAre(4, 5, 10, 11));
  EXPECT_THAT(plan.members(scope("t"), 11), ElementsAre(6, 7, 8, 9, 10, 11));
  EXPECT_EQ(plan.group(scope("m"), 3), 3);
}

TEST(Plan, NodesSeeOnlyWhatTheyDependOn) {
  const auto plan = plan_of(kGraph, {ints("seed", 5, 7), texts("words", {"a", "b"})});
  const graph::Item item = plan.describe(plan.scope(plan.graph().find_node("n")), 5);
  EXPECT_EQ(item.index, 2);
  EXPECT_EQ(item.label, "seed=7");
  ASSERT_EQ(item.params.size(), 2u);  // the seed, and the size that is not swept
  EXPECT_EQ(item.params[1].name, "size");
}

struct Refusal {
  const char* name;
  std::vector<graph::Assignment> assignments;
  const char* message;
};

class Refusals : public testing::TestWithParam<Refusal> {};

TEST_P(Refusals, SayWhatIsWrong) {
  try {
    plan_of(kGraph, GetParam().assignments);
    FAIL();
  } catch (const graph::Faults& faults) {
    EXPECT_STREQ(faults.what(), GetParam().message);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Plan, Refusals,
    testing::Values(
        Refusal{
            "unknown", {texts("sed", {"1"})}, "--sed: error: graph 'plan' has no param 'sed' (did you mean 'seed'?)"},
        Refusal{"range", {ints("seed", 99, 101)}, "--seed: error: param 'seed': 101 is above the maximum 100"},
        Refusal{"kind", {texts("seed", {"x"})}, "--seed: error: param 'seed': expected int, got 'x'"},
        Refusal{"none", {{"seed", {}, {"--seed", 0, 0}}}, "--seed: error: param 'seed' is given no value"},
        Refusal{"twice", {ints("seed", 1, 2), ints("seed", 3, 4)}, "--seed: error: param 'seed' is given twice"},
        Refusal{"repeat", {texts("words", {"a", "b", "a"})}, "--words: error: param 'words' is swept over a twice"},
        Refusal{"property",
                {ints("size", 999, 1001)},
                "graph.yaml:10:24: error: node 'm': plus: 1001 is above the maximum 1000"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Plan, RefusesPatternsThatNameOneFileTwice) {
  const auto faults_of = [](const std::string& file) -> std::string {
    try {
      plan_of(
          "graph: g\nparams: {seed: {type: int, default: 0}}\nnodes:\n  n: {type: number, number: $seed}\n"
          "  w: {type: write, file: \"" +
              file + "\", in: {value: n.value}}\n",
          {ints("seed", 1, 3)});
    } catch (const graph::Faults& faults) {
      return faults.what();
    }
    return "";
  };
  EXPECT_EQ(faults_of("x.txt"),
            "graph.yaml:5:26: error: node 'w': 'x.txt' names the same file for every 'seed'; add {seed} or {item}");
  EXPECT_EQ(faults_of("x-{seed}.txt"), "");
  EXPECT_EQ(faults_of("x-{item}.txt"), "");
}

TEST(Plan, RefusesToMixGatheredValuesWithThoseOfItems) {
  try {
    plan_of(R"(
graph: g
params: {seed: {type: int, default: 0}}
nodes:
  n: {type: number, number: $seed}
  all: {type: gather, in: {values: n.value}}
  mix: {type: add, in: {a: all.sum, b: n.value}}
)",
            {ints("seed", 1, 3)});
    FAIL();
  } catch (const graph::Faults& faults) {
    EXPECT_THAT(faults.what(), HasSubstr("graph.yaml:7:3: error: node 'mix' depends on 'seed', over which 'all' has "
                                         "gathered; add `per: [seed]` to 'all'"));
  }
}

}  // namespace
