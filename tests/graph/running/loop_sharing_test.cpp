// SPDX-License-Identifier: MIT
// Turns of a loop that several items have in common run once, and everything comes out as if each had run its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "graph/drawing.h"
#include "tests/graph/run_graph.h"

namespace {
using fake::Events;
using fake::execute;
using fake::ints;
using fake::plan_of;
using fake::Seen;
using graph::Event;
using testing::HasSubstr;

graph::Assignment floats(const std::string& name, const std::vector<double>& values) {
  graph::Assignment assignment{name, {}, {"--" + name, 0, 0}};
  for (const double value : values) assignment.values.emplace_back(value);
  return assignment;
}

/// What a port sends last for each item, as if each were the only one of its run.
std::map<int, std::int64_t> alone(const graph::Plan& plan, const std::string& port) {
  std::map<int, std::int64_t> values;
  for (int item = 0; item < plan.items(); ++item) {
    std::vector<graph::Assignment> point;
    for (std::size_t p = 0; p < plan.graph().params.size(); ++p) {
      point.push_back({plan.graph().params[p].id, {plan.param(static_cast<int>(p), item)}, {}});
    }
    const graph::Plan one(std::make_shared<const graph::Graph>(plan.graph()), point);
    Seen seen({port});
    EXPECT_EQ(execute(one, {}, &seen).done, 1);
    if (!seen.at(port).empty()) values[item] = seen.last(port, 0);
  }
  return values;
}

/// The same for the whole sweep in one run. Ports that depend on every swept param send for each item.
std::map<int, std::int64_t> together(const graph::Plan& plan, const std::string& port, int lanes) {
  graph::RunOptions options;
  options.lanes = lanes;
  options.threads = 4;
  Seen seen({port});
  fake::clear_calls();
  EXPECT_EQ(execute(plan, options, &seen).done, plan.items());
  std::map<int, std::int64_t> values;
  for (const auto& [item, sent] : seen.at(port)) values[item] = sent.back();
  return values;
}

/// The same results with 1, 2, 3 and 7 lanes, and a node called so often.
void expect_shared(const graph::Plan& plan, const std::string& port, const std::string& node, int calls) {
  const auto expected = alone(plan, port);
  for (int lanes : {1, 2, 3, 7}) {
    EXPECT_EQ(together(plan, port, lanes), expected) << lanes << " lanes";
    EXPECT_EQ(fake::calls(node), calls) << lanes << " lanes";
  }
}

/// Eleven turns; `late` acts in those from 0.7 on, 7 to 10, and `kept` counts its calls in a slot.
const char* const kLate = R"(
graph: late
params: {seed: {type: int, default: 0}, alpha: {type: int, default: 0}}
nodes:
  start: {type: number, number: $seed}
  loop:
    type: loop
    steps: 11
    state: {x: start.value}
    nodes:
      step: {type: add, plus: 1, in: {a: state.x}}
      kept: {type: count, in: {value: step.sum}}
      mixed: {type: add, in: {a: step.sum, b: kept.count}}
      late: {type: nudge, by: {from: 0, to: $alpha}, in: {value: mixed.sum}, when: {from: 0.7}}
    next: {x: late.value}
    out: {x: late.value}
  end: {type: add, in: {a: loop.x}}
)";

TEST(LoopSharing, TurnsBeforeASweptSettingActsRunOnce) {
  const auto plan = plan_of(kLate, {ints("seed", 0, 2), ints("alpha", 1, 8)});
  expect_shared(plan, "end.sum", "loop.step", 3 * (7 + 8 * 4));
  const int loop = plan.graph().find_node("loop");
  EXPECT_EQ(plan.scope(loop), 3u);
  EXPECT_EQ(plan.first_turn_scope(loop), 1u);
}

TEST(LoopSharing, ItemsPartMoreThanOnce) {
  const auto plan = plan_of(R"(
graph: twice
params: {alpha: {type: int, default: 0}, beta: {type: int, default: 0}, seed: {type: int, default: 0}}
nodes:
  start: {type: number, number: $seed}
  loop:
    type: loop
    steps: 11
    state: {x: start.value}
    nodes:
      step: {type: count, in: {value: state.x}}
      sum: {type: add, in: {a: state.x, b: step.count}}
      late: {type: nudge, by: {from: $alpha, to: 0}, in: {value: sum.sum}, when: {from: 0.5}}
      later: {type: nudge, by: {from: $beta, to: 7}, in: {value: late.value}, when: {from: 0.8, to: 0.9}}
    next: {x: later.value}
    out: {x: later.value}
)",
                            {ints("alpha", 1, 3), ints("beta", 1, 2), ints("seed", 5, 6)});
  expect_shared(plan, "loop.x", "loop.step", 2 * (5 + 3 * 3 + 6 * 3));
}

TEST(LoopSharing, ASweptWindowActsWhereItMakesADifference) {
  const char* const graph = R"(
graph: windows
params:
  from: {type: float, default: 0}
  every: {type: int, default: 1}
  on: {type: bool, default: true}
nodes:
  start: {type: number, number: 1}
  loop:
    type: loop
    steps: 11
    state: {x: start.value}
    nodes:
      step: {type: add, plus: 1, in: {a: state.x}}
      late: {type: nudge, by: {from: 1, to: 50}, in: {value: step.sum}, when: {from: $from, every: $every, if: $on}}
    next: {x: late.value}
    out: {x: late.value}
)";
  // 0.5 parts from the others at 5, and these from each other at 7.
  expect_shared(plan_of(graph, {floats("from", {0.5, 0.7, 0.9})}), "loop.x", "loop.step", 5 + 6 + 2 + 4 + 4);
  // Every fourth turn leaves out 6, which every second and every third have; these part at 8.
  expect_shared(plan_of(graph, {floats("from", {0.6}), ints("every", 2, 4)}), "loop.x", "loop.step", 6 + 5 + 2 + 3 + 3);
  graph::Assignment on{"on", {}, {}};
  on.values.emplace_back(true);
  on.values.emplace_back(false);
  expect_shared(plan_of(graph, {floats("from", {0.3}), on}), "loop.x", "loop.step", 3 + 8 + 8);
  // Windows that are open in the first turn are not waited for.
  const auto plan = plan_of(graph, {floats("from", {0.0, 0.1})});
  EXPECT_EQ(plan.first_turn_scope(plan.graph().find_node("loop")), plan.scope(plan.graph().find_node("loop")));
}

TEST(LoopSharing, WhatIsReadOutsideCountsFromWhenItIsRead) {
  const auto plan = plan_of(R"(
graph: outside
params: {alpha: {type: int, default: 0}}
nodes:
  start: {type: number, number: 1}
  far: {type: number, number: $alpha}
  loop:
    type: loop
    steps: 11
    state: {x: start.value}
    nodes:
      step: {type: add, plus: 1, in: {a: state.x}}
      late: {type: multiply, in: {a: step.sum, b: far.value}, when: {from: 0.7}}
    next: {x: late.product}
    out: {x: late.product, y: step.sum}
)",
                            {ints("alpha", 2, 5)});
  expect_shared(plan, "loop.x", "loop.step", 7 + 4 * 4);
}

TEST(LoopSharing, WhatIsPassedByCountsFromTheStart) {
  const auto plan = plan_of(R"(
graph: by-pass
params: {alpha: {type: int, default: 0}}
nodes:
  start: {type: number, number: 1}
  far: {type: number, number: $alpha}
  loop:
    type: loop
    steps: 11
    state: {x: start.value}
    nodes:
      late: {type: nudge, in: {value: far.value}, when: {from: 0.7}}
      step: {type: add, plus: 1, in: {a: state.x, b: late.value}}
    next: {x: step.sum}
    out: {x: step.sum}
)",
                            {ints("alpha", 2, 5)});
  expect_shared(plan, "loop.x", "loop.step", 4 * 11);
}

TEST(LoopSharing, LoopsInsideActAsWholes) {
  const auto plan = plan_of(R"(
graph: inside
params: {alpha: {type: int, default: 0}, seed: {type: int, default: 0}}
nodes:
  start: {type: number, number: $seed}
  loop:
    type: loop
    steps: 6
    state: {x: start.value}
    nodes:
      early:
        type: loop
        steps: 2
        state: {y: state.x}
        nodes: {twice: {type: count, in: {value: state.y}}, sum: {type: add, in: {a: state.y, b: twice.count}}}
        next: {y: sum.sum}
        out: {y: sum.sum}
      late:
        type: loop
        steps: 3
        when: {from: 0.5}
        state: {y: early.y}
        nodes: {more: {type: add, plus: $alpha, in: {a: state.y}}}
        next: {y: more.sum}
        out: {y: more.sum}
      both: {type: add, in: {a: early.y, b: late.y}}
    next: {x: both.sum}
    out: {x: both.sum}
)",
                            {ints("alpha", 1, 4), ints("seed", 0, 1)});
  expect_shared(plan, "loop.x", "loop.early.twice", 2 * 2 * (3 + 4 * 3));
}

TEST(LoopSharing, ItemsThatAreAlikeToTheEndShareIt) {
  const auto plan = plan_of(R"(
graph: alike
params: {alpha: {type: int, default: 0}, seed: {type: int, default: 0}}
nodes:
  start: {type: number, number: $seed}
  loop:
    type: loop
    steps: 5
    state: {x: start.value}
    nodes:
      step: {type: add, plus: 1, in: {a: state.x}}
      late: {type: nudge, by: {from: 0, to: $alpha}, in: {value: step.sum}, when: {every: 0}}
      seen: {type: sink, in: {value: late.value}}
    next: {x: late.value}
    out: {x: late.value}
  end: {type: add, in: {a: loop.x}, plus: $alpha}
)",
                            {ints("alpha", 1, 4), ints("seed", 0, 1)});
  expect_shared(plan, "end.sum", "loop.step", 2 * 5);
  Events events(Event::kItemFinished);
  graph::Bus bus;
  bus.attach(events);
  graph::RunOptions options;
  options.bus = &bus;
  execute(plan, options);
  ASSERT_EQ(events.list.size(), 8u);
  for (const Event& event : events.list) EXPECT_EQ(event.ran.size(), 2u) << "a resumed run counts on both";
}

TEST(LoopSharing, ItemsThatDifferBehindTheLoopShareAllOfIt) {
  const auto plan = plan_of(R"(
graph: behind
params: {alpha: {type: int, default: 0}, more: {type: int, default: 0}}
nodes:
  start: {type: number, number: 3}
  loop:
    type: loop
    steps: 11
    state: {x: start.value}
    nodes:
      step: {type: add, plus: 1, in: {a: state.x}}
      late: {type: nudge, by: {from: 0, to: $alpha}, in: {value: step.sum}, when: {from: 0.7}}
    next: {x: late.value}
    out: {x: late.value}
  end: {type: add, plus: $more, in: {a: loop.x}}
)",
                            {ints("alpha", 1, 3), ints("more", 1, 4)});
  expect_shared(plan, "end.sum", "loop.step", 7 + 3 * 4);
}

TEST(LoopSharing, IsDrawn) {
  const auto plan = plan_of(kLate, {ints("seed", 0, 1), ints("alpha", 1, 3)});
  EXPECT_THAT(graph::to_dot(plan.graph(), &plan), HasSubstr("once for each seed until alpha acts"));
  const auto seeds = plan_of(kLate, {ints("seed", 0, 1)});
  EXPECT_THAT(graph::to_dot(seeds.graph(), &seeds), testing::Not(HasSubstr("until")));
}

TEST(LoopSharing, OneLoopAfterTheOther) {
  const auto plan = plan_of(R"(
graph: two-loops
params: {alpha: {type: int, default: 0}, beta: {type: int, default: 0}, seed: {type: int, default: 0}}
nodes:
  start: {type: number, number: $seed}
  one:
    type: loop
    steps: 5
    state: {x: start.value}
    nodes:
      step: {type: add, plus: 1, in: {a: state.x}}
      late: {type: nudge, by: {from: $alpha, to: 3}, in: {value: step.sum}, when: {from: 0.5}}
    next: {x: late.value}
    out: {x: late.value}
  two:
    type: loop
    steps: 5
    state: {x: one.x}
    nodes:
      step: {type: add, plus: 1, in: {a: state.x}}
      late: {type: nudge, by: {from: $beta, to: 3}, in: {value: step.sum}, when: {from: 0.7}}
    next: {x: late.value}
    out: {x: late.value}
  beside:
    type: loop
    steps: 5
    state: {x: start.value}
    nodes:
      step: {type: add, plus: 1, in: {a: state.x}}
      late: {type: nudge, by: {from: $beta, to: 3}, in: {value: step.sum}, when: {from: 0.7}}
    next: {x: late.value}
    out: {x: late.value}
  end: {type: add, in: {a: two.x, b: beside.x}}
)",
                            {ints("alpha", 1, 3), ints("beta", 1, 2), ints("seed", 0, 1)});
  expect_shared(plan, "end.sum", "one.step", 2 * (2 + 3 * 3));
  EXPECT_EQ(fake::calls("two.step"), 2 * 3 * (3 + 2 * 2));
  EXPECT_EQ(fake::calls("beside.step"), 2 * (3 + 2 * 2));
}

TEST(LoopSharing, OverAListWhoseLengthIsSwept) {
  const auto plan = plan_of(R"(
graph: lists
params: {count: {type: int, default: 4}, alpha: {type: int, default: 0}}
nodes:
  zero: {type: number}
  list: {type: range, count: $count}
  loop:
    type: loop
    over: list.values
    state: {x: zero.value}
    nodes:
      one: {type: pick, in: {values: list.values}}
      step: {type: add, in: {a: state.x, b: one.value}}
      late: {type: nudge, by: {from: $alpha, to: $alpha}, in: {value: step.sum}, when: {from: 0.5}}
    next: {x: late.value}
    out: {x: late.value}
)",
                            {ints("count", 0, 5), ints("alpha", 1, 3)});
  // Of the turns of each length those before 0.5 once: 0, 0, 1, 1, 2, 2; the first of one turn alone is at 0.
  expect_shared(plan, "loop.x", "loop.step", 0 + (1 + 3 * 0) + (1 + 3 * 1) + (1 + 3 * 2) + (2 + 3 * 2) + (2 + 3 * 3));
}

TEST(LoopSharing, NoLaneHoldsAnItemThatWaits) {
  const auto plan = plan_of(kLate, {ints("seed", 0, 0), ints("alpha", 1, 5)});
  Events events(Event::kItemStarted | Event::kStep);
  graph::Bus bus;
  bus.attach(events);
  graph::RunOptions options;
  options.bus = &bus;
  options.lanes = 3;
  EXPECT_EQ(execute(plan, options).done, 5);
  int steps = 0, started = 0;
  for (const Event& event : events.list) {
    if (event.kind == Event::kStep) ++steps;
    if (event.kind != Event::kItemStarted || ++started == 1) continue;
    EXPECT_GE(steps, 7) << "item " << event.item;
  }
  EXPECT_EQ(started, 5);
  EXPECT_EQ(steps, 7 + 5 * 4);
}

TEST(LoopSharing, GroupsAreFinishedBeforeOthersAreBegun) {
  const auto plan = plan_of(kLate, {ints("alpha", 1, 3), ints("seed", 0, 3)});
  Events events(Event::kItemStarted);
  graph::Bus bus;
  bus.attach(events);
  graph::RunOptions options;
  options.bus = &bus;
  options.lanes = 1;
  execute(plan, options);
  std::vector<int> order;
  for (const Event& event : events.list) order.push_back(event.item);
  EXPECT_THAT(order, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)) << "seed varies slowest";
}

TEST(LoopSharing, BatchesTakeRowsOfItemsThatHaveParted) {
  const auto plan = plan_of(R"(
graph: batches
params: {alpha: {type: int, default: 0}}
nodes:
  start: {type: number, number: 1}
  loop:
    type: loop
    steps: 11
    state: {x: start.value}
    nodes:
      step: {type: together, in: {value: state.x}}
      late: {type: nudge, by: {from: 0, to: $alpha}, in: {value: step.value}, when: {from: 0.7}}
    next: {x: late.value}
    out: {x: late.value}
)",
                            {ints("alpha", 1, 20)});
  expect_shared(plan, "loop.x", "together", 7 + 20 * 4);
}

TEST(LoopSharing, AFailureInSharedTurnsFailsAllThatShareThem) {
  const char* const graph = R"(
graph: shared-failure
params: {seed: {type: int, default: 0}, alpha: {type: int, default: 0}}
nodes:
  start: {type: number, number: $seed}
  loop:
    type: loop
    steps: 11
    state: {x: start.value}
    nodes:
      step: {type: add, plus: 1, in: {a: state.x}}
      maybe: {type: fail, every: 100, in: {value: step.sum}}
      late: {type: nudge, by: {from: $alpha, to: $alpha}, in: {value: maybe.value}, when: {from: 0.7}}
    next: {x: late.value}
    out: {x: late.value}
)";
  for (int lanes : {1, 2, 3, 7}) {
    // Seed 95 gets to 100 at the fifth turn; 91 when alpha has been added once, if that makes 100.
    const auto plan = plan_of(graph, {ints("seed", 90, 95), ints("alpha", 0, 3)});
    graph::RunOptions options;
    options.lanes = lanes;
    Seen seen({"loop.x"});
    fake::clear_calls();
    const auto report = execute(plan, options, &seen);
    std::set<int> failed;
    for (const auto& failure : report.failures) {
      failed.insert(failure.item);
      EXPECT_THAT(failure.what, HasSubstr("refused 100"));
    }
    for (int item = 0; item < plan.items(); ++item) {
      std::int64_t x = 90 + item / 4;
      bool fails = false;
      for (int turn = 0; turn < 11; ++turn) {
        fails = fails || (x + 1) % 100 == 0;
        x += 1 + (turn >= 7 ? item % 4 : 0);
      }
      EXPECT_EQ(failed.count(item), fails) << item;
      if (!fails) {
        EXPECT_EQ(seen.last("loop.x", item), x);
      }
    }
    for (int item = 20; item < 24; ++item) EXPECT_EQ(failed.count(item), 1u);
    const auto& last = report.failures.back();
    EXPECT_EQ(last.node, "loop");
    EXPECT_EQ(last.what, "'loop.maybe': refused 100 (shared with item 20)");
    EXPECT_EQ(report.done + report.failed, 24);
  }
}

TEST(LoopSharing, WhoeverFailsElsewhereHandsItsTurnsOn) {
  // Items 0 and 3 of each seed run the first turns, or would, and fail beside them.
  const auto plan = plan_of(R"(
graph: handover
params: {seed: {type: int, default: 0}, alpha: {type: int, default: 0}}
nodes:
  start: {type: number, number: $seed}
  alpha: {type: number, number: $alpha}
  wait: {type: sleep, for: 1, in: {value: alpha.value}}
  maybe: {type: fail, every: 3, in: {value: wait.value}}
  loop:
    type: loop
    steps: 11
    state: {x: start.value}
    nodes:
      step: {type: add, plus: 1, in: {a: state.x}}
      slow: {type: sleep, for: 0.3, in: {value: step.sum}}
      late: {type: nudge, by: {from: $alpha, to: $alpha}, in: {value: slow.value}, when: {from: 0.7}}
    next: {x: late.value}
    out: {x: late.value}
  end: {type: add, in: {a: loop.x, b: maybe.value}}
)",
                            {ints("seed", 0, 2), ints("alpha", 0, 4)});
  for (int lanes : {1, 2, 3, 7}) {
    graph::RunOptions options;
    options.lanes = lanes;
    Seen seen({"end.sum"});
    const auto report = execute(plan, options, &seen);
    EXPECT_EQ(report.failed, 6);
    EXPECT_EQ(report.done, 9);
    for (const auto& failure : report.failures) EXPECT_EQ(failure.node, "maybe");
    for (int item = 0; item < 15; ++item) {
      if (item % 5 % 3 == 0) continue;
      EXPECT_EQ(seen.last("end.sum", item), item / 5 + 11 + 4 * (item % 5) + item % 5);
    }
  }
}

TEST(LoopSharing, TooManyFailuresEndTheRun) {
  const auto plan = plan_of(R"(
graph: hopeless
params: {alpha: {type: int, default: 0}}
nodes:
  start: {type: number, number: 1}
  loop:
    type: loop
    steps: 11
    state: {x: start.value}
    nodes:
      maybe: {type: fail, in: {value: state.x}, when: {from: 0.3}}
      late: {type: nudge, by: {from: $alpha, to: 0}, in: {value: state.x}, when: {from: 0.7}}
    next: {x: late.value}
    out: {x: maybe.value}
)",
                            {ints("alpha", 0, 9)});
  for (int lanes : {1, 3}) {
    graph::RunOptions options;
    options.lanes = lanes;
    options.max_failures = 4;
    const auto report = execute(plan, options);
    EXPECT_GE(report.failed, 4);
    EXPECT_LE(report.failed, 4 + lanes);
    EXPECT_EQ(report.admitted, report.failed);
  }
}

TEST(LoopSharing, StopsInTwoStages) {
  for (const int level : {1, 2}) {
    for (const int at : {3, 40}) {
      const auto plan = plan_of(kLate, {ints("seed", 0, 9), ints("alpha", 1, 9)});
      graph::StopSignal stop;
      graph::RunOptions options;
      options.stop = &stop;
      options.lanes = 3;
      std::atomic<int> turns{0};
      options.taps.push_back({"loop.step.sum", [&](const graph::Item&, const graph::Value&) {
                                if (++turns == at) stop.level = level;
                              }});
      const auto report = execute(plan, options);
      EXPECT_TRUE(report.interrupted);
      EXPECT_LT(report.admitted, plan.items());
      EXPECT_EQ(report.admitted, report.done + report.cancelled);
      if (level == 1) {
        EXPECT_EQ(report.cancelled, 0);
      }
    }
  }
}

/// give-up: cancels an item whose turns are its own to run.
class GiveUp final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() { return {"give-up", "Gives up once.", kIn, kOut}; }
  void process(graph::Context& cx) const override {
    if (cx.turn().index == 4 && !given_up().exchange(true)) throw graph::Cancelled();
    cx.send(kOut, std::int64_t{cx.get(kIn)});
  }
  static std::atomic<bool>& given_up() {
    static std::atomic<bool> is{false};
    return is;
  }
};

TEST(LoopSharing, CallsThatEndTheirItemHandTheTurnsOn) {
  graph::Registry registry;
  fake::register_all(registry);
  registry.add<GiveUp>();
  std::string text = kLate;
  text.replace(text.find("step: {type: add, plus: 1, in: {a: state.x}}"), 44,
               "once: {type: give-up, in: {value: state.x}}\n      step: {type: add, plus: 1, in: {a: once.value}}");
  const auto plan = plan_of(text, {ints("seed", 0, 1), ints("alpha", 1, 4)}, registry);
  const auto expected = alone(plan_of(kLate, {ints("seed", 0, 1), ints("alpha", 1, 4)}), "end.sum");
  GiveUp::given_up() = false;
  Seen seen({"end.sum"});
  const auto report = execute(plan, {}, &seen);
  EXPECT_EQ(report.cancelled, 1);
  EXPECT_EQ(report.done, 7);
  for (const auto& [item, values] : seen.at("end.sum")) EXPECT_EQ(values.back(), expected.at(item));
}

TEST(LoopSharing, ShardsAndResumedRunsShareWhatTheyHave) {
  const auto plan = plan_of(kLate, {ints("seed", 0, 2), ints("alpha", 1, 4)});
  const auto expected = alone(plan, "end.sum");
  std::map<int, std::int64_t> all;
  fake::clear_calls();
  for (int shard = 0; shard < 2; ++shard) {
    graph::RunOptions options;
    options.shard_index = shard;
    options.shard_count = 2;
    Seen seen({"end.sum"});
    EXPECT_EQ(execute(plan, options, &seen).done, 6);
    for (const auto& [item, values] : seen.at("end.sum")) all[item] = values.back();
  }
  EXPECT_EQ(all, expected);
  EXPECT_EQ(fake::calls("loop.step"), 2 * 3 * (7 + 2 * 4));

  fake::clear_calls();
  graph::RunOptions options;
  const std::set<int> missing{2, 9, 10};
  options.whole = [&](int, int first) { return missing.count(first) == 0; };
  Seen seen({"end.sum"});
  EXPECT_EQ(execute(plan, options, &seen).done, 3);
  for (int item : missing) EXPECT_EQ(seen.last("end.sum", item), expected.at(item));
  EXPECT_EQ(fake::calls("loop.step"), 11 + (7 + 2 * 4));
}

TEST(LoopSharing, FilesNamedAfterTheItemAreEachItemsOwn) {
  const char* const graph = R"(
graph: files
params: {seed: {type: int, default: 0}, alpha: {type: int, default: 0}}
nodes:
  start: {type: number, number: $seed}
  loop:
    type: loop
    steps: 11
    state: {x: start.value}
    nodes:
      step: {type: add, plus: 1, in: {a: state.x}}
      late: {type: nudge, by: {from: $alpha, to: $alpha}, in: {value: step.sum}, when: {from: 0.7}}
      write: {type: write, file: "FILE", in: {value: late.value}, when: {from: 0.4, every: 2}}
    next: {x: late.value}
    out: {x: late.value}
)";
  for (const std::string name : {"{item}-{turn}", "{seed}-{alpha}-{turn}", "{id}-{turn}"}) {
    const std::string folder = testing::TempDir() + "/loop_sharing_files";
    std::filesystem::remove_all(folder);
    std::string text = graph;
    text.replace(text.find("FILE"), 4, name);
    const auto plan = plan_of(text, {ints("seed", 0, 1), ints("alpha", 1, 3)});
    graph::RunOptions options;
    options.output_dir = folder;
    Events events(Event::kItemFinished);
    graph::Bus bus;
    bus.attach(events);
    options.bus = &bus;
    fake::clear_calls();
    EXPECT_EQ(execute(plan, options).done, 6);
    EXPECT_EQ(fake::calls("loop.step"), 2 * (4 + 3 * 7)) << "shared as long as nothing is written";
    for (const Event& event : events.list) EXPECT_EQ(event.outputs.size(), 4u) << "turns 4, 6, 8 and 10";
    const auto files = std::distance(std::filesystem::directory_iterator(folder), {});
    EXPECT_EQ(files, 6 * 4);
    if (name[1] != 'i' || name[2] != 't') continue;
    for (int item = 0; item < 6; ++item) {
      std::int64_t value = 0;
      std::ifstream(folder + "/" + std::to_string(item) + "-8") >> value;
      EXPECT_EQ(value, item / 3 + 9 + 2 * (item % 3 + 1));
    }
  }
}

/// label: throws unless it sees of its item what it should, in a sweep of four.
class Label final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() { return {"label", "Looks at its item.", kIn, kOut}; }
  void process(graph::Context& cx) const override {
    const bool early = cx.turn().index < 7;
    if (cx.item().label.find("alpha") != std::string::npos && early) throw std::runtime_error(cx.item().label);
    if (cx.item().label.find("alpha") == std::string::npos && !early) throw std::runtime_error(cx.item().label);
    if (early && cx.item().index % 4 != 0) throw std::runtime_error(std::to_string(cx.item().index));
    cx.send(kOut, std::int64_t{cx.get(kIn)});
  }
};

TEST(LoopSharing, ANodeSeesWhatItsItemsHaveInCommon) {
  graph::Registry registry;
  fake::register_all(registry);
  registry.add<Label>();
  std::string text = kLate;
  text.replace(text.find("      late:"), 11, "      seen: {type: label, in: {value: mixed.sum}}\n      late:");
  text.replace(text.find("in: {value: mixed.sum}, when"), 22, "in: {value: seen.value}");
  const auto report = execute(plan_of(text, {ints("seed", 0, 1), ints("alpha", 1, 4)}, registry));
  EXPECT_EQ(report.done, 8) << report.failures.at(0).what;
}

/// Cannot be copied a third time.
struct Fragile {
  Fragile() = default;
  Fragile(const Fragile& other) : copies(other.copies + 1) {
    if (copies > 1) throw std::runtime_error("too fragile");
  }
  Fragile& operator=(const Fragile&) = default;
  int copies = 0;
};

/// keep: what is hard to copy, in a slot.
class Keep final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() {
    return graph::Contract("keep", "Keeps what is hard to copy.", kIn, kOut).slot<Fragile>();
  }
  void process(graph::Context& cx) const override {
    cx.slot<Fragile>();
    cx.send(kOut, std::int64_t{cx.get(kIn)});
  }
};

TEST(LoopSharing, ASlotThatCannotBeCopiedFailsItemsAndNothingElse) {
  graph::Registry registry;
  fake::register_all(registry);
  registry.add<Keep>();
  std::string text = kLate;
  text.replace(text.find("      late:"), 11, "      keep: {type: keep, in: {value: mixed.sum}}\n      late:");
  text.replace(text.find("in: {value: mixed.sum}, when"), 22, "in: {value: keep.value}");
  const auto report = execute(plan_of(text, {ints("seed", 0, 1), ints("alpha", 1, 4)}, registry));
  EXPECT_EQ(report.done, 2) << "the first of each seed goes on with the original";
  EXPECT_EQ(report.failed, 6);
  for (const auto& failure : report.failures) EXPECT_THAT(failure.what, HasSubstr("too fragile"));
}

}  // namespace
