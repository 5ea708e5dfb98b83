// SPDX-License-Identifier: MIT
// Memory is bounded by lanes: values die with their last reader, whatever the number of items.
#include <gtest/gtest.h>

#include "tests/graph/run_graph.h"

namespace {

std::atomic<int> g_alive{0}, g_most{0};

/// Something large that counts itself.
struct Block {
  Block() { note(); }
  Block(const Block& other) : sum(other.sum) { note(); }
  Block(Block&& other) noexcept : sum(other.sum) { note(); }
  ~Block() { --g_alive; }
  static void note() {
    const int now = ++g_alive;
    int most = g_most.load();
    while (most < now && !g_most.compare_exchange_weak(most, now)) {
    }
  }
  std::int64_t sum = 0;
};

}  // namespace

DECOUPAGE_VALUE(Block, "block");

namespace {

class NewBlock final : public graph::Node {
 public:
  static constexpr graph::Out<Block> kOut{"block", "a block"};
  static constexpr graph::Prop<int> kSeed{.name = "seed", .help = "its number", .value = 0};
  static graph::Contract contract() { return {"new-block", "Makes a block.", kOut, kSeed}; }
  void process(graph::Context& cx) const override { cx.send(kOut, Block()); }
};

class NextBlock final : public graph::Node {
 public:
  static constexpr graph::In<Block> kIn{"block", "a block"};
  static constexpr graph::Out<Block> kOut{"block", "a block"};
  static graph::Contract contract() { return {"next-block", "Makes a block of a block.", kIn, kOut}; }
  void process(graph::Context& cx) const override {
    Block next;
    next.sum = cx.get(kIn).sum + 1;
    cx.send(kOut, std::move(next));
  }
};

class EndBlock final : public graph::Node {
 public:
  static constexpr graph::In<Block> kIn{"block", "a block"};
  static graph::Contract contract() { return {"end-block", "Takes a block.", kIn}; }
  void process(graph::Context& cx) const override {
    if (cx.get(kIn).sum != 22) throw std::runtime_error("turned " + std::to_string(cx.get(kIn).sum) + " times");
  }
};

const graph::Registry& registry() {
  static const graph::Registry all = [] {
    graph::Registry made;
    made.add<NewBlock>();
    made.add<NextBlock>();
    made.add<EndBlock>();
    return made;
  }();
  return all;
}

int most_alive(int items, int lanes) {
  g_most = 0;
  const auto plan = fake::plan_of(R"(
graph: blocks
params: {seed: {type: int, default: 0}}
nodes:
  first: {type: new-block, seed: $seed}
  loop:
    type: loop
    steps: 10
    state: {block: first.block}
    nodes:
      a: {type: next-block, in: {block: state.block}}
      b: {type: next-block, in: {block: a.block}}
    next: {block: b.block}
    out: {block: b.block}
  after: {type: next-block, in: {block: loop.block}}
  last: {type: next-block, in: {block: after.block}}
  end: {type: end-block, in: {block: last.block}}
)",
                                  {fake::ints("seed", 1, items)}, registry());
  graph::RunOptions options;
  options.lanes = lanes;
  options.threads = 4;
  const auto report = graph::run(plan, options);
  EXPECT_EQ(report.done, items) << report.failures.at(0).what;
  EXPECT_EQ(g_alive, 0);
  return g_most;
}

/// Many numbers of a setting that acts late: what the loops carry when items part counts, too.
int most_alive_of_sweep(int seeds, int alphas, int lanes) {
  g_most = 0;
  const auto plan = fake::plan_of(R"(
graph: late-blocks
params: {seed: {type: int, default: 0}, alpha: {type: int, default: 0}}
nodes:
  first: {type: new-block, seed: $seed}
  loop:
    type: loop
    steps: 10
    state: {block: first.block}
    nodes:
      a: {type: next-block, in: {block: state.block}}
      b: {type: next-block, in: {block: a.block}}
      late: {type: new-block, seed: $alpha, when: {from: 0.5}}
      later: {type: new-block, seed: $alpha, when: {from: 0.8}}
    next: {block: b.block}
    out: {block: b.block, late: late.block, later: later.block}
  after: {type: next-block, in: {block: loop.block}}
  last: {type: next-block, in: {block: after.block}}
  end: {type: end-block, in: {block: last.block}}
)",
                                  {fake::ints("seed", 1, seeds), fake::ints("alpha", 1, alphas)}, registry());
  graph::RunOptions options;
  options.lanes = lanes;
  options.threads = 4;
  const auto report = graph::run(plan, options);
  EXPECT_EQ(report.done, seeds * alphas) << report.failures.at(0).what;
  EXPECT_EQ(g_alive, 0);
  return g_most;
}

TEST(Memory, OfSweepsThatShareTurnsGrowsWithLanesOnly) {
  for (int lanes : {1, 2, 4}) {
    // Beside what each item has: what its seed and its group's shared turns have left.
    EXPECT_LE(most_alive_of_sweep(500, 4, lanes), lanes * 16);
    EXPECT_LE(most_alive_of_sweep(4, 500, lanes), lanes * 16);
  }
}

TEST(Memory, IsFlatOver10000ItemsThroughALoop) {
  // Alive at once, per item: the state, a and b, and temporaries while they are handed over.
  EXPECT_LE(most_alive(10'000, 4), 4 * 8);
}

TEST(Memory, GrowsWithLanesOnly) {
  const int few = most_alive(100, 2), many = most_alive(2'000, 2);
  EXPECT_LE(few, 2 * 8);
  EXPECT_LE(many, 2 * 8);
}

}  // namespace
