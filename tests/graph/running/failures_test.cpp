// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/run_graph.h"

namespace {
using fake::Events;
using fake::execute;
using fake::ints;
using fake::plan_of;
using fake::Seen;
using graph::Event;
using testing::HasSubstr;

TEST(Failures, AreTheItemsOwn) {
  const auto plan = plan_of(R"(
graph: some-fail
params: {seed: {type: int, default: 0}}
nodes:
  seed: {type: number, number: $seed}
  maybe: {type: fail, every: 5, in: {value: seed.value}}
  end: {type: add, in: {a: maybe.value}}
)",
                            {ints("seed", 1, 20)});
  Events events(Event::kError | Event::kItemFinished);
  graph::Bus bus;
  bus.attach(events);
  graph::RunOptions options;
  options.bus = &bus;
  Seen seen({"end.sum"});
  const auto report = execute(plan, options, &seen);
  EXPECT_EQ(report.done, 16);
  EXPECT_EQ(report.failed, 4);
  ASSERT_EQ(report.failures.size(), 4u);
  EXPECT_EQ(report.failures[0].item, 4);
  EXPECT_EQ(report.failures[0].node, "maybe");
  EXPECT_EQ(report.failures[0].what, "refused 5");
  EXPECT_EQ(seen.at("end.sum").size(), 16u);
  EXPECT_EQ(events.of(Event::kError).size(), 4u);
  EXPECT_EQ(events.of(Event::kItemFinished).size(), 20u);
}

TEST(Failures, OfASharedNodeFailAllThatShareIt) {
  const auto plan = plan_of(R"(
graph: shared-failure
params: {a: {type: int, default: 0}, seed: {type: int, default: 0}}
nodes:
  a: {type: number, number: $a}
  maybe: {type: fail, every: 2, in: {value: a.value}}
  end: {type: add, plus: $seed, in: {a: maybe.value}}
)",
                            {ints("a", 1, 2), ints("seed", 0, 5)});
  const auto report = execute(plan);
  EXPECT_EQ(report.done, 6);
  EXPECT_EQ(report.failed, 6);
  EXPECT_THAT(report.failures.back().what, HasSubstr("refused 2"));
}

TEST(Failures, OfAnItemElsewhereDoNotSpoilWhatItShares) {
  // Item 0 owns the shared loop, and fails beside it; the others still get its result.
  const auto plan = plan_of(R"(
graph: handover
params: {seed: {type: int, default: 0}}
nodes:
  one: {type: number, number: 1}
  slow:
    type: loop
    steps: 20
    state: {x: one.value}
    nodes: {add: {type: add, plus: 1, in: {a: state.x}}, wait: {type: sleep, for: 1, in: {value: add.sum}}}
    next: {x: wait.value}
    out: {x: wait.value}
  seed: {type: number, number: $seed}
  maybe: {type: fail, every: 7, in: {value: seed.value}}
  end: {type: add, in: {a: slow.x, b: maybe.value}}
)",
                            {ints("seed", 0, 6)});
  Seen seen({"end.sum"});
  const auto report = execute(plan, {}, &seen);
  EXPECT_EQ(report.failed, 1);
  EXPECT_EQ(report.done, 6);
  for (int i = 1; i <= 6; ++i) EXPECT_EQ(seen.last("end.sum", i), 21 + i);
}

TEST(Failures, InsideALoopEndIt) {
  const auto plan = plan_of(R"(
graph: loop-failure
params: {seed: {type: int, default: 0}}
nodes:
  start: {type: number, number: $seed}
  loop:
    type: loop
    steps: 10
    state: {x: start.value}
    nodes: {add: {type: add, plus: 1, in: {a: state.x}}, maybe: {type: fail, every: 13, in: {value: add.sum}}}
    next: {x: maybe.value}
    out: {x: maybe.value}
)",
                            {ints("seed", 0, 9)});
  Seen seen({"loop.x"});
  const auto report = execute(plan, {}, &seen);
  EXPECT_EQ(report.done, 3);  // 0..2 stay below 13
  EXPECT_EQ(report.failed, 7);
  EXPECT_EQ(seen.at("loop.x").size(), 3u);
}

TEST(Failures, StopTheRunWhenThereAreTooMany) {
  const auto plan = plan_of(R"(
graph: hopeless
params: {seed: {type: int, default: 0}}
nodes:
  seed: {type: number, number: $seed}
  maybe: {type: fail, in: {value: seed.value}}
)",
                            {ints("seed", 0, 99)});
  graph::RunOptions options;
  options.max_failures = 5;
  options.lanes = 1;
  const auto report = execute(plan, options);
  EXPECT_EQ(report.failed, 5);
  EXPECT_EQ(report.admitted, 5);
  EXPECT_FALSE(report.interrupted);
}

/// What is switched off for all items need not be there: neither is it opened, nor does it gather.
TEST(Failures, WhatIsSwitchedOffIsNotOpened) {
  const std::string yaml = R"(
graph: g
params: {on: {type: bool, default: false}, seed: {type: int, default: 1}}
nodes:
  refuse: {type: refuse, when: {if: $on}}
  loop: {type: loop, steps: 2, when: {if: $on}, nodes: {inner: {type: refuse}}, out: {x: inner.x}}
  seed: {type: number, number: $seed}
  sum: {type: gather, in: {values: seed.value}, when: {if: $on}}
  end: {type: first, in: {any: [refuse.x, loop.x, seed.value]}}
  all: {type: first, in: {any: sum.sum}}
)";
  struct Refuse final : graph::Node {
    static graph::Contract contract() { return {"refuse", "Cannot be opened.", graph::Out<std::int64_t>{"x", "int"}}; }
    void open() override { throw std::runtime_error("not there"); }
    void process(graph::Context&) const override {}
  };
  graph::Registry registry;
  fake::register_all(registry);
  registry.add<Refuse>();
  fake::clear_calls();
  EXPECT_EQ(execute(plan_of(yaml, {ints("seed", 1, 3)}, registry)).done, 3);
  EXPECT_EQ(fake::calls("gather"), 0);
  graph::Assignment on{"on", {}, {"--on", 0, 0}};
  on.values.emplace_back(true);
  EXPECT_THROW(execute(plan_of(yaml, {on}, registry)), graph::Faults);
}

TEST(Failures, ToOpenAreFaultsBeforeAnythingRuns) {
  class Stubborn final : public graph::Node {
   public:
    static graph::Contract contract() { return {"stubborn", "Never opens."}; }
    void open() override { throw std::runtime_error("no picture in 'papers'"); }
    void process(graph::Context&) const override {}
  };
  graph::Registry registry;
  fake::register_all(registry);
  registry.add<Stubborn>();
  const auto plan = plan_of("graph: g\nnodes:\n  a: {type: stubborn}\n  b: {type: stubborn}\n", {}, registry);
  try {
    execute(plan);
    FAIL();
  } catch (const graph::Faults& faults) {
    ASSERT_EQ(faults.list().size(), 1u) << "what several say is told once";
    EXPECT_EQ(faults.list()[0].text(),
              "graph.yaml:3:3: error: node 'a' (stubborn): no picture in 'papers' (and so: b)");
  }
}

}  // namespace
