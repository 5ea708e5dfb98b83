// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/run_graph.h"

namespace {
using fake::execute;
using fake::ints;
using fake::plan_of;
using fake::Seen;

/// take-both: needs a text and a number, as a step needs a prompt and a noise.
class TakeBoth final : public graph::Node {
 public:
  static constexpr graph::In<std::string> kText{"text", "string"};
  static constexpr graph::In<std::int64_t> kValue{"value", "int"};
  static graph::Contract contract() { return {"take-both", "Takes two.", kText, kValue}; }
  void process(graph::Context& cx) const override { fake::Calls::all().count("take-both", cx); }
};

const graph::Registry& scoped_nodes() {
  static const graph::Registry all = [] {
    graph::Registry made;
    fake::register_all(made);
    made.add<TakeBoth>();
    return made;
  }();
  return all;
}

const char* const kTextAndSeeds = R"(
graph: scopes
params:
  words: {type: string, default: a cat}
  seed: {type: int, default: 0}
nodes:
  t: {type: text, words: $words}
  noise: {type: number, number: $seed}
  both: {type: cast, as: int, in: {value: noise.value}}
  end: {type: sink, in: {value: both.value}}
  hold: {type: sink, in: {value: t.text}}
  mix: {type: take-both, in: {text: t.text, value: noise.value}}
)";

TEST(Scopes, OneTextFor64Seeds) {
  fake::clear_calls();
  const auto plan = plan_of(kTextAndSeeds, {ints("seed", 0, 63)}, scoped_nodes());
  const auto report = execute(plan);
  EXPECT_EQ(report.done, 64);
  EXPECT_EQ(fake::calls("text"), 1);
  EXPECT_EQ(fake::calls("number"), 64);
  EXPECT_EQ(fake::calls("hold"), 1);
  EXPECT_EQ(fake::calls("take-both"), 64);
}

TEST(Scopes, ThreePromptsTimesEightSeeds) {
  fake::clear_calls();
  const auto plan =
      plan_of(kTextAndSeeds, {ints("seed", 0, 7), fake::texts("words", {"a cat", "a dog", "a fish"})}, scoped_nodes());
  const auto report = execute(plan);
  EXPECT_EQ(report.done, 24);
  EXPECT_EQ(fake::calls("text"), 3);
  EXPECT_EQ(fake::calls("number"), 8);
  EXPECT_EQ(fake::calls("sink"), 8 + 3);  // `end` depends on the seed, `hold` on the words
  EXPECT_EQ(fake::calls("take-both"), 24);
}

TEST(Scopes, ALoopThatDependsOnNothingSweptRunsOnce) {
  fake::clear_calls();
  const auto plan = plan_of(R"(
graph: shared-loop
params: {seed: {type: int, default: 0}}
nodes:
  start: {type: number, number: 1}
  double:
    type: loop
    steps: 5
    state: {x: start.value}
    nodes: {twice: {type: add, in: {a: state.x, b: state.x}}}
    next: {x: twice.sum}
    out: {x: twice.sum}
  end: {type: add, plus: $seed, in: {a: double.x}}
)",
                            {ints("seed", 0, 9)});
  Seen seen({"end.sum"});
  EXPECT_EQ(execute(plan, {}, &seen).done, 10);
  EXPECT_EQ(fake::calls("double.twice"), 5);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(seen.last("end.sum", i), 32 + i);
}

TEST(Lanes, HooksAreCalledAroundEveryCall) {
  class Hooks final : public graph::LaneHooks {
   public:
    void enter(int lane, bool /*records*/) override { ++entered[lane]; }
    void leave(int lane) override { ++left[lane]; }
    std::atomic<int> entered[2]{}, left[2]{};
  } hooks;
  const auto plan = plan_of(kTextAndSeeds, {ints("seed", 0, 9)}, scoped_nodes());
  graph::RunOptions options;
  options.lanes = 2;
  options.hooks = &hooks;
  const auto report = execute(plan, options);
  std::int64_t calls = 0;
  for (const auto& node : report.nodes) calls += node.calls;
  EXPECT_EQ(hooks.entered[0] + hooks.entered[1], calls);
  EXPECT_EQ(hooks.left[0] + hooks.left[1], calls);
}

TEST(Shards, TogetherAreTheWhole) {
  const auto plan = plan_of(kTextAndSeeds, {ints("seed", 0, 10), fake::texts("words", {"x", "y"})}, scoped_nodes());
  fake::clear_calls();
  int done = 0;
  for (int shard = 0; shard < 4; ++shard) {
    graph::RunOptions options;
    options.shard_index = shard;
    options.shard_count = 4;
    done += execute(plan, options).done;
  }
  EXPECT_EQ(done, 22);
  EXPECT_EQ(fake::calls("take-both"), 22);
  EXPECT_EQ(fake::calls("sink"), 11 + 2);  // what is shared is made by one shard alone
}

TEST(Resume, AnItemRunsOnlyTheWayToWhatIsMissing) {
  const auto plan = plan_of(kTextAndSeeds, {ints("seed", 0, 3)}, scoped_nodes());
  const int mix = plan.graph().find_node("mix");
  fake::clear_calls();
  graph::RunOptions options;
  options.whole = [&](int node, int first) { return node == mix ? first != 2 : true; };
  const auto report = execute(plan, options);
  EXPECT_EQ(report.admitted, 1);
  EXPECT_EQ(fake::calls("take-both"), 1);
  EXPECT_EQ(fake::calls("text"), 1);
  EXPECT_EQ(fake::calls("sink"), 0);
  EXPECT_EQ(fake::calls("cast"), 0);
}

}  // namespace
