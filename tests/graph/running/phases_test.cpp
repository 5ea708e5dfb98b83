// SPDX-License-Identifier: MIT
// Where a node's time goes: queueing before its calls, copying and waiting in them, and computing, which is the rest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/graph/run_graph.h"

namespace {
using fake::Events;
using fake::execute;
using fake::ints;
using fake::plan_of;
using graph::Event;
using std::chrono::milliseconds;

/// Copies for 2 ms, and while it copies says that it waits; then waits for 1 ms.
class Porter final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() { return graph::Contract("porter", "Carries.", kIn, kOut).batch(4).concurrency(1); }
  void process(graph::Context& cx) const override {
    {
      const graph::PhaseTimer copying = cx.timed(graph::Phase::kCopy);
      const graph::PhaseTimer inside = cx.timed(graph::Phase::kWait);
      std::this_thread::sleep_for(milliseconds(2));
    }
    const graph::PhaseTimer waiting = cx.timed(graph::Phase::kWait);
    std::this_thread::sleep_for(milliseconds(1));
    cx.send(kOut, std::int64_t{cx.get(kIn)});
  }
};

const graph::Registry& phase_nodes() {
  static const graph::Registry all = [] {
    graph::Registry made;
    fake::register_all(made);
    made.add<Porter>();
    return made;
  }();
  return all;
}

/// Which nodes were told of, and whether each enter had its leave on the same thread.
class Told final : public graph::CallHooks {
 public:
  void enter(int node) override {
    inside().push_back(node);
    const std::lock_guard lock(mutex_);
    ++calls[node];
  }
  void leave(int node) override {
    if (inside().empty() || inside().back() != node) broken = true;
    else inside().pop_back();
  }
  std::map<int, int> calls;
  std::atomic<bool> broken{false};

 private:
  static std::vector<int>& inside() {
    thread_local std::vector<int> nodes;
    return nodes;
  }
  std::mutex mutex_;
};

constexpr const char* kPorters = R"(
graph: porters
params: {seed: {type: int, default: 0}}
nodes:
  seed: {type: number, number: $seed}
  carry: {type: porter, in: {value: seed.value}}
  last: {type: add, in: {a: carry.value}}
)";

TEST(Phases, AreOfTheCallAndNotOfTheQueue) {
  const auto plan = plan_of(kPorters, {ints("seed", 0, 5)}, phase_nodes());
  graph::RunOptions options;
  options.lanes = 6;
  options.max_batch = 1;
  const auto report = execute(plan, options);
  ASSERT_EQ(report.done, 6);
  const graph::NodeStats& carry = report.nodes[plan.graph().find_node("carry")];
  EXPECT_GE(carry.copied, 6 * milliseconds(2));
  EXPECT_GE(carry.waited, 6 * milliseconds(1));
  EXPECT_GE(carry.computed(), graph::Clock::duration::zero());
  EXPECT_EQ(carry.busy, carry.computed() + carry.copied + carry.waited);
  EXPECT_GT(carry.queued, graph::Clock::duration::zero());
  const graph::NodeStats& last = report.nodes[plan.graph().find_node("last")];
  EXPECT_EQ(last.copied + last.waited, graph::Clock::duration::zero());
}

/// Computes backward for 2 ms.
class Backward final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() { return {"backward", "Computes backward.", kIn, kOut}; }
  void process(graph::Context& cx) const override {
    const graph::PhaseTimer timer = cx.timed(graph::Phase::kBackward);
    std::this_thread::sleep_for(milliseconds(2));
    cx.scalar("loss", 0.5);
    cx.send(kOut, std::int64_t{cx.get(kIn)});
  }
};

TEST(Phases, BackwardIsAPartOfComputing) {
  graph::Registry registry;
  fake::register_all(registry);
  registry.add<Backward>();
  const auto plan = plan_of(
      "graph: g\nnodes:\n  n: {type: number}\n  b: {type: backward, in: {value: n.value}}\n"
      "  last: {type: add, in: {a: b.value}}\n",
      {}, registry);
  graph::Bus bus;
  Events events(Event::kNodeFinished | Event::kScalar);
  bus.attach(events);
  graph::RunOptions options;
  options.bus = &bus;
  const auto report = execute(plan, options);
  const graph::NodeStats& stats = report.nodes[plan.graph().find_node("b")];
  EXPECT_GE(stats.backward, milliseconds(2));
  EXPECT_GE(stats.computed(), stats.backward);
  EXPECT_EQ(events.of(Event::kNodeFinished).at(1).backward, stats.backward);
  EXPECT_EQ(events.of(Event::kScalar).at(0).text, "loss");
  EXPECT_EQ(events.of(Event::kScalar).at(0).number, 0.5);
}

TEST(Phases, AreInTheEventOfEachCall) {
  const auto plan = plan_of(kPorters, {ints("seed", 0, 5)}, phase_nodes());
  Events events(Event::kNodeFinished);
  graph::Bus bus;
  bus.attach(events);
  graph::RunOptions options;
  options.bus = &bus;
  options.lanes = 6;
  options.max_batch = 1;
  const auto report = execute(plan, options);
  graph::Clock::duration queued{};
  for (const Event& event : events.list) {
    if (event.node != plan.graph().find_node("carry")) continue;
    queued += event.queued;
    EXPECT_GE(event.copied, milliseconds(2));
    EXPECT_GE(event.waited, milliseconds(1));
    EXPECT_GE(event.time - event.start, event.copied + event.waited);
  }
  EXPECT_EQ(queued, report.nodes[plan.graph().find_node("carry")].queued);
}

TEST(Phases, ABatchCountsItsRowsTogether) {
  const auto plan = plan_of(kPorters, {ints("seed", 0, 7)}, phase_nodes());
  Events events(Event::kNodeFinished);
  graph::Bus bus;
  bus.attach(events);
  graph::RunOptions options;
  options.bus = &bus;
  options.lanes = 8;
  const auto report = execute(plan, options);
  const graph::NodeStats& carry = report.nodes[plan.graph().find_node("carry")];
  EXPECT_GE(carry.copied, 8 * milliseconds(2)) << "the rows are carried one after the other";
  std::set<int> calls;
  graph::Clock::duration copied{};
  for (const Event& event : events.list) {
    if (event.node == plan.graph().find_node("carry") && calls.insert(event.call).second) copied += event.copied;
  }
  EXPECT_EQ(copied, carry.copied) << "each call once";
}

TEST(CallHooks, AreToldOfEachCallOnItsThread) {
  const auto plan = plan_of(kPorters, {ints("seed", 0, 19)}, phase_nodes());
  Told told;
  graph::RunOptions options;
  options.calls = &told;
  options.lanes = 4;
  const auto report = execute(plan, options);
  EXPECT_FALSE(told.broken);
  for (const char* id : {"seed", "carry", "last"}) {
    const int node = plan.graph().find_node(id);
    EXPECT_EQ(told.calls[node], report.nodes[node].calls) << id;
  }
}

}  // namespace
