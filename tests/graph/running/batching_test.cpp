// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/graph/run_graph.h"

namespace {
using fake::execute;
using fake::ints;
using fake::plan_of;
using fake::Seen;

class Picky final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() {
    return graph::Contract("picky", "Refuses sevens.", kIn, kOut).batch(4).resource("gpu");
  }
  void process(graph::Context& cx) const override {
    if (cx.get(kIn) % 7 == 0) throw std::runtime_error("a seven");
    cx.send(kOut, cx.get(kIn) * 10);
  }
  std::string batch_key(const graph::Context& cx) const override { return cx.get(kIn) % 2 ? "odd" : "even"; }
  void process_batch(std::span<graph::Context* const> rows) const override {
    for (const graph::Context* row : rows) {
      if (batch_key(*row) != batch_key(*rows[0])) throw std::logic_error("mixed keys");
    }
    for (graph::Context* row : rows) process(*row);
  }
};

/// Remembers how many calls of its resource run at once.
class Crowd {
 public:
  void enter() {
    const int now = ++inside_;
    int most = most_.load();
    while (most < now && !most_.compare_exchange_weak(most, now)) {
    }
  }
  void leave() { --inside_; }
  int most() const { return most_; }

 private:
  std::atomic<int> inside_{0}, most_{0};
};
Crowd g_crowd;

class Press final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() { return graph::Contract("press", "Works a press.", kIn, kOut).resource("press"); }
  void process(graph::Context& cx) const override {
    g_crowd.enter();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    g_crowd.leave();
    cx.send(kOut, std::int64_t{cx.get(kIn)});
  }
};

const graph::Registry& batching_nodes() {
  static const graph::Registry all = [] {
    graph::Registry made;
    fake::register_all(made);
    made.add<Picky>();
    made.add<Press>();
    return made;
  }();
  return all;
}

TEST(Batching, TakesReadyPacketsOfOtherItemsTogether) {
  fake::clear_calls();
  const auto plan = plan_of(R"(
graph: batch
params: {seed: {type: int, default: 0}}
nodes:
  seed: {type: number, number: $seed}
  slow: {type: sleep, for: 2, in: {value: seed.value}}
  one: {type: together, in: {value: slow.value}}
  two: {type: together, in: {value: one.value}}
)",
                            {ints("seed", 0, 39)});
  graph::RunOptions options;
  options.lanes = 8;
  Seen seen({"two.value"});
  const auto report = execute(plan, options, &seen);
  EXPECT_EQ(report.done, 40);
  // `slow` lets packets through one by one, so calls are shared only by chance; each packet is counted once.
  EXPECT_EQ(report.nodes[plan.graph().find_node("one")].packets, 40);
  EXPECT_LE(report.nodes[plan.graph().find_node("one")].calls, 40);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(seen.last("two.value", i), i + 2);
}

TEST(Batching, ABatchThatThrowsIsTriedRowByRow) {
  const auto plan = plan_of(R"(
graph: picky
params: {seed: {type: int, default: 0}}
nodes:
  seed: {type: number, number: $seed}
  wait: {type: sleep, for: 0.2, in: {value: seed.value}}
  picky: {type: picky, in: {value: wait.value}}
)",
                            {ints("seed", 1, 70)}, batching_nodes());
  graph::RunOptions options;
  options.lanes = 16;
  Seen seen({"picky.value"});
  const auto report = execute(plan, options, &seen);
  EXPECT_EQ(report.failed, 10);
  EXPECT_EQ(report.done, 60);
  EXPECT_EQ(seen.last("picky.value", 0), 10);
}

TEST(Resources, AreSharedByAllNodesThatNameThem) {
  const auto plan = plan_of(R"(
graph: presses
params: {seed: {type: int, default: 0}}
nodes:
  seed: {type: number, number: $seed}
  a: {type: press, in: {value: seed.value}}
  b: {type: press, in: {value: seed.value}}
  c: {type: press, in: {value: seed.value}}
)",
                            {ints("seed", 0, 19)}, batching_nodes());
  graph::RunOptions options;
  options.lanes = 8;
  options.threads = 8;
  options.limits["press"] = 2;
  EXPECT_EQ(execute(plan, options).done, 20);
  EXPECT_LE(g_crowd.most(), 2);
  EXPECT_GE(g_crowd.most(), 1);
}

}  // namespace
