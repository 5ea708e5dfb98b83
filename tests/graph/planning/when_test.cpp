// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/run_graph.h"

namespace {
using fake::Events;
using fake::execute;
using fake::plan_of;
using fake::Seen;
using graph::Event;
using testing::ElementsAre;
using testing::IsEmpty;

graph::Assignment bools(const std::string& name, std::initializer_list<bool> values) {
  graph::Assignment assignment{name, {}, {"--" + name, 0, 0}};
  for (const bool value : values) assignment.values.emplace_back(value);
  return assignment;
}

constexpr const char* kTwoEnds = R"(
graph: ends
params: {large: {type: bool, default: true}, number: {type: int, default: 3}}
nodes:
  one:   {type: number, number: $number}
  small: {type: add, plus: 1, in: {a: one.value}}
  big:   {type: add, plus: 100, in: {a: one.value}}
  first: {type: sink, in: {value: big.sum}, when: {if: $large}}
  other: {type: sink, in: {value: small.sum}, when: {unless: $large}}
)";

TEST(When, ASwitchedOffEndRunsNothingThatOnlyItNeeds) {
  for (const bool large : {true, false}) {
    const auto plan = plan_of(kTwoEnds, {bools("large", {large})});
    Seen seen({"big.sum", "small.sum"});
    EXPECT_EQ(execute(plan, {}, &seen).done, 1);
    EXPECT_EQ(seen.at("big.sum").size(), large ? 1u : 0u);
    EXPECT_EQ(seen.at("small.sum").size(), large ? 0u : 1u);
  }
}

TEST(When, IsSweptAsAnyOtherSetting) {
  const auto plan = plan_of(kTwoEnds, {bools("large", {true, false})});
  EXPECT_EQ(plan.items(), 2);
  Seen seen({"big.sum", "small.sum"});
  EXPECT_EQ(execute(plan, {}, &seen).done, 2);
  EXPECT_EQ(seen.at("big.sum").size(), 1u);
  EXPECT_EQ(seen.at("small.sum").size(), 1u);
}

TEST(When, SwitchedOffIsNoReasonForAWarning) {
  const auto plan = plan_of(R"(
graph: quiet
params: {on: {type: bool, default: false}}
nodes:
  one: {type: number, number: 1}
  add: {type: add, in: {a: one.value}, when: {if: $on}}
  end: {type: sink, in: {value: add.sum}, when: {if: $on}}
  always: {type: sink, in: {value: one.value}}
)");
  Events events(Event::kWarning);
  graph::Bus bus;
  bus.attach(events);
  graph::RunOptions options;
  options.bus = &bus;
  EXPECT_EQ(execute(plan, options).done, 1);
  EXPECT_THAT(events.list, IsEmpty());
}

constexpr const char* kGatedLoop = R"(
graph: turns
params:
  on:    {type: bool, default: true}
  every: {type: int, default: 1}
  nth:   {type: int, default: 1}
nodes:
  zero: {type: number}
  loop:
    type: loop
    steps: 11
    state: {x: zero.value}
    nodes:
      step: {type: add, plus: 1, in: {a: state.x}}
      seen: {type: add, in: {a: step.sum}, when: {from: 0.3, every: $every, nth: $nth, if: $on}}
    next: {x: step.sum}
    out: {x: seen.sum}
)";

std::vector<std::int64_t> seen_turns(std::int64_t every, std::int64_t nth, bool on = true) {
  graph::Assignment of_every{"every", {}, {}}, of_nth{"nth", {}, {}};
  of_every.values.emplace_back(every);
  of_nth.values.emplace_back(nth);
  const auto plan = plan_of(kGatedLoop, {of_every, of_nth, bools("on", {on})});
  Seen seen({"loop.seen.sum"});
  execute(plan, {}, &seen);
  return seen.at("loop.seen.sum")[0];
}

TEST(When, NthCountsTheTurnsThatTheWindowLeaves) {
  EXPECT_THAT(seen_turns(1, 1), ElementsAre(4, 5, 6, 7, 8, 9, 10, 11));  // the number is the turn's, from 1
  EXPECT_THAT(seen_turns(1, 3), ElementsAre(6, 9));
  EXPECT_THAT(seen_turns(2, 1), ElementsAre(5, 7, 9, 11));
  EXPECT_THAT(seen_turns(2, 2), ElementsAre(7, 11));
  EXPECT_THAT(seen_turns(1, 9), IsEmpty());
  EXPECT_THAT(seen_turns(1, 0), IsEmpty());
  EXPECT_THAT(seen_turns(0, 2), IsEmpty());
}

TEST(When, IfAndTheWindowMustBothHold) {
  EXPECT_THAT(seen_turns(2, 2, false), IsEmpty());
}

TEST(When, HoldsForALoop) {
  const auto plan = plan_of(R"(
graph: off
params: {on: {type: bool, default: false}}
nodes:
  zero: {type: number}
  loop:
    type: loop
    steps: 3
    when: {if: $on}
    state: {x: zero.value}
    nodes: {step: {type: add, plus: 1, in: {a: state.x}}}
    next: {x: step.sum}
    out: {x: step.sum}
  end: {type: sink, in: {value: zero.value}}
)");
  Seen seen({"loop.step.sum", "loop.x"});
  EXPECT_EQ(execute(plan, {}, &seen).done, 1);
  EXPECT_THAT(seen.at("loop.step.sum"), IsEmpty());
  EXPECT_THAT(seen.at("loop.x"), IsEmpty());
}

TEST(When, ABinOutsideOfLoopsCanBeSwitchedOff) {
  graph::GraphSpec spec = graph::load_files({{"main.yaml", R"(
graph: outer
params: {on: {type: bool, default: false}}
nodes:
  part: {include: part.yaml, when: {if: $on}}
  one: {type: number}
  end: {type: sink, in: {value: one.value}}
)"},
                                             {"part.yaml", R"(
graph: part
nodes:
  one: {type: number}
  end: {type: sink, in: {value: one.value}}
)"}});
  const graph::Plan plan(std::make_shared<const graph::Graph>(graph::check(spec, fake::registry())), {});
  Seen seen({"part.one.value"});
  EXPECT_EQ(execute(plan, {}, &seen).done, 1);
  EXPECT_THAT(seen.at("part.one.value"), IsEmpty());
}

}  // namespace
