// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/run_graph.h"

namespace {
using fake::execute;
using fake::ints;
using fake::plan_of;
using fake::Seen;
using testing::ElementsAre;

TEST(Loops, CarryTheirState) {
  const auto plan = plan_of(R"(
graph: fibonacci
nodes:
  zero: {type: number, number: 0}
  one: {type: number, number: 1}
  fib:
    type: loop
    steps: 10
    state: {a: zero.value, b: one.value}
    nodes: {sum: {type: add, in: {a: state.a, b: state.b}}}
    next: {a: state.b, b: sum.sum}
    out: {a: state.a, last: sum.sum}
)");
  Seen seen({"fib.a", "fib.last", "fib.sum.sum"});
  execute(plan, {}, &seen);
  EXPECT_EQ(seen.last("fib.last", 0), 89);
  EXPECT_EQ(seen.last("fib.a", 0), 34);
  EXPECT_THAT(seen.at("fib.sum.sum")[0], ElementsAre(1, 2, 3, 5, 8, 13, 21, 34, 55, 89));
}

TEST(Loops, TurnOncePerElement) {
  const auto plan = plan_of(R"(
graph: elements
params: {count: {type: int, default: 4}}
nodes:
  zero: {type: number}
  list: {type: range, count: $count}
  sum:
    type: loop
    over: list.values
    state: {total: zero.value}
    nodes:
      one: {type: pick, in: {values: list.values}}
      add: {type: add, in: {a: state.total, b: one.value}}
    next: {total: add.sum}
    out: {total: add.sum}
)",
                            {ints("count", 0, 5)});
  Seen seen({"sum.total"});
  execute(plan, {}, &seen);
  // Of no turn at all comes the state as it was.
  for (int i = 0; i <= 5; ++i) EXPECT_EQ(seen.last("sum.total", i), i * (i - 1) / 2);
}

TEST(Loops, InactiveNodesSendNothingAndBypassPassesOn) {
  const auto plan = plan_of(R"(
graph: window
nodes:
  zero: {type: number}
  loop:
    type: loop
    steps: 11
    state: {x: zero.value}
    nodes:
      step: {type: add, plus: 1, in: {a: state.x}}
      late: {type: nudge, by: {from: 10, to: 20}, in: {value: step.sum}, when: {from: 0.7, to: 1.0, every: 2}}
      seen: {type: count, in: {value: step.sum}, when: {from: 0.5}}
      behind: {type: multiply, in: {a: seen.count, b: step.sum}}
    next: {x: late.value}
    out: {x: late.value, count: seen.count, behind: behind.product}
)");
  Seen seen({"loop.x", "loop.count", "loop.late.value", "loop.behind.product"});
  execute(plan, {}, &seen);
  // Progress i/10: active at 8 and 10 (7 and 9 are odd), with 10 + 10·(0.1/0.3) = 13 and 20.
  EXPECT_EQ(seen.last("loop.x", 0), 11 + 13 + 20);
  EXPECT_EQ(seen.at("loop.late.value")[0].size(), 11u);
  EXPECT_EQ(seen.last("loop.count", 0), 6);
  EXPECT_EQ(seen.at("loop.behind.product")[0].size(), 6u);
}

TEST(Loops, Nest) {
  const auto plan = plan_of(R"(
graph: nested
params: {seed: {type: int, default: 0}}
nodes:
  start: {type: number, number: $seed}
  outer:
    type: loop
    steps: 3
    state: {x: start.value}
    nodes:
      inner:
        type: loop
        steps: 4
        state: {y: state.x}
        nodes: {more: {type: add, plus: 1, in: {a: state.y}}}
        next: {y: more.sum}
        out: {y: more.sum}
      twice: {type: add, in: {a: inner.y, b: inner.y}}
    next: {x: twice.sum}
    out: {x: twice.sum}
)",
                            {ints("seed", 0, 4)});
  Seen seen({"outer.x"});
  execute(plan, {}, &seen);
  for (int seed = 0; seed <= 4; ++seed) {
    int x = seed;
    for (int turn = 0; turn < 3; ++turn) x = 2 * (x + 4);
    EXPECT_EQ(seen.last("outer.x", seed), x);
  }
}

TEST(Loops, SlotsLiveAsLongAsTheLoop) {
  const auto plan = plan_of(R"(
graph: slots
nodes:
  zero: {type: number}
  outer:
    type: loop
    steps: 2
    state: {x: zero.value}
    nodes:
      inner:
        type: loop
        steps: 3
        state: {y: state.x}
        nodes: {n: {type: count, in: {value: state.y}}}
        next: {y: n.count}
        out: {y: n.count}
    next: {x: inner.y}
    out: {x: inner.y}
)");
  Seen seen({"outer.inner.n.count"});
  execute(plan, {}, &seen);
  EXPECT_THAT(seen.at("outer.inner.n.count")[0], ElementsAre(1, 2, 3, 1, 2, 3));
}

}  // namespace
