// SPDX-License-Identifier: MIT
// Eaches: what they send, in what order, how they fail, and what is kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <set>

#include "tests/graph/run_graph.h"

namespace {
using fake::digits;
using fake::execute;
using fake::ints;
using fake::plan_of;
using fake::Seen;
using graph::Event;
using testing::ElementsAre;
using testing::HasSubstr;

/// The only failure of a run.
graph::RunReport::Failure failure_of(const graph::RunReport& report) {
  EXPECT_EQ(report.failures.size(), 1u);
  return report.failures.empty() ? graph::RunReport::Failure{} : report.failures[0];
}

std::int64_t sent(const std::string& yaml, const std::string& port,
                  const std::vector<graph::Assignment>& assignments = {}) {
  Seen seen({port});
  const auto report = execute(plan_of(yaml, assignments), {}, &seen);
  EXPECT_EQ(report.failed, 0);
  return seen.last(port, 0);
}

TEST(Eaches, RunTheirBodyForEachElementAndSendListsInOrder) {
  const std::string yaml = R"(
graph: g
nodes:
  list: {type: list, count: 5}
  one: {type: number, number: 1}
  walk:
    type: each
    over: list.values
    nodes:
      step: {type: add, in: {a: each.item, b: one.value}}
    out: {sum: step.sum, index: each.index, count: each.count}
  sums: {type: digits, in: {values: walk.sum}}
  indices: {type: digits, in: {values: walk.index}}
  counts: {type: digits, in: {values: walk.count}}
)";
  EXPECT_EQ(sent(yaml, "sums.number"), 112345);
  EXPECT_EQ(sent(yaml, "indices.number"), 101234);
  EXPECT_EQ(sent(yaml, "counts.number"), 155555);
}

TEST(Eaches, WalkSeveralListsTogether) {
  const std::string yaml = R"(
graph: g
params: {second: {type: int, default: 3}}
nodes:
  a: {type: list, count: 3}
  b: {type: list, count: $second}
  walk:
    type: each
    over: {x: a.values, y: b.values}
    as: pair
    nodes: {sum: {type: add, in: {a: pair.x, b: pair.y}}}
    out: {sum: sum.sum}
  sums: {type: digits, in: {values: walk.sum}}
)";
  EXPECT_EQ(sent(yaml, "sums.number"), 1024);
  const auto report = execute(plan_of(yaml, {ints("second", 2, 3)}));
  EXPECT_EQ(report.done, 1);
  EXPECT_EQ(failure_of(report).node, "walk");
  EXPECT_EQ(failure_of(report).what,
            "lists that are walked together are of one length, and x has 3 (a.values), y has 2 (b.values)");
}

TEST(Eaches, OfNoElementSendEmptyLists) {
  EXPECT_EQ(sent(R"(
graph: g
nodes:
  list: {type: list, count: 0}
  walk: {type: each, over: list.values, nodes: {n: {type: add, in: {a: each.item}}}, out: {x: n.sum}}
  total: {type: total, in: {values: walk.x}}
)",
                 "total.count"),
            0);
}

TEST(Eaches, RunSoManyTimes) {
  EXPECT_EQ(sent(R"(
graph: g
params: {n: {type: int, default: 4}}
nodes:
  walk: {type: each, times: $n, nodes: {n: {type: add, plus: 1, in: {a: each.index}}}, out: {x: n.sum}}
  all: {type: digits, in: {values: walk.x}}
)",
                 "all.number"),
            11234);
}

/// Each, loop and each in each other: 2 rows of 3 turns of 2 columns.
TEST(Eaches, NestWithLoopsInEveryOrder) {
  EXPECT_EQ(sent(R"(
graph: g
nodes:
  rows:
    type: each
    times: 2
    as: row
    nodes:
      turns:
        type: loop
        steps: 3
        state: {x: row.index}
        nodes:
          columns:
            type: each
            times: 2
            as: column
            nodes: {cell: {type: add, in: {a: state.x, b: column.index}}}
            out: {x: cell.sum}
          all: {type: total, in: {values: columns.x}}
        next: {x: all.sum}
        out: {x: all.sum}
    out: {x: turns.x}
  all: {type: total, in: {values: rows.x}}
)",
                 "all.sum"),
            // x → 2x + 1, three times, from 0 and from 1
            7 + 15);
  EXPECT_EQ(sent(R"(
graph: g
nodes:
  zero: {type: number}
  turns:
    type: loop
    steps: 3
    state: {x: zero.value}
    nodes:
      rows:
        type: each
        times: 2
        as: row
        nodes:
          columns:
            type: each
            times: 3
            as: column
            nodes:
              place: {type: add, in: {a: row.index, b: column.index}}
              cell: {type: add, in: {a: place.sum, b: turn.index}}
            out: {x: cell.sum}
          all: {type: total, in: {values: columns.x}}
        out: {x: all.sum}
      sum: {type: total, in: {values: rows.x}}
      next: {type: add, in: {a: state.x, b: sum.sum}}
    next: {x: next.sum}
    out: {x: next.sum}
)",
                 "turns.x"),
            // 3·(0+1) + 2·(0+1+2) + 6·turn, for turns 0, 1, 2
            3 * 9 + 6 * (0 + 1 + 2));
}

TEST(Eaches, SendListsOfLists) {
  const auto plan = plan_of(R"(
graph: g
nodes:
  outer:
    type: each
    times: 2
    as: row
    nodes:
      inner:
        type: each
        times: 3
        as: column
        nodes: {n: {type: add, in: {a: row.index, b: column.index}}}
        out: {x: n.sum}
    out: {x: inner.x}
)");
  EXPECT_STREQ(plan.graph().nodes[plan.graph().find_node("outer")].out_types[0]->name, "int[][]");
  std::vector<std::int64_t> rows;
  graph::RunOptions options;
  options.taps.push_back({"outer.x", [&](const graph::Item&, const graph::Value& value) {
                            for (const graph::Value& row : value.places()) rows.push_back(digits(row.places()));
                          }});
  execute(plan, options);
  EXPECT_THAT(rows, ElementsAre(1012, 1123));
}

TEST(Eaches, SeeTheTurnAndTheWindowOfTheLoopAroundThem) {
  const std::string yaml = R"(
graph: g
nodes:
  zero: {type: number}
  turns:
    type: loop
    steps: 5
    state: {x: zero.value}
    nodes:
      walk:
        type: each
        times: 2
        nodes:
          late: {type: nudge, by: {from: 1, to: 5}, in: {value: each.index}, when: {from: 0.5}}
        out: {x: late.value}
      all: {type: total, in: {values: walk.x}}
      next: {type: add, in: {a: state.x, b: all.sum}}
    next: {x: next.sum}
    out: {x: next.sum}
)";
  // Turns 0 and 1: 0 + 1 passed on. 2, 3, 4 are in the window: by 1, 3 and 5 each.
  EXPECT_EQ(sent(yaml, "turns.x"), 5 * 1 + 2 * (1 + 3 + 5));
}

TEST(Eaches, KeepSlotsByElementOverTurns) {
  const std::string yaml = R"(
graph: g
nodes:
  zero: {type: number}
  turns:
    type: loop
    steps: 3
    state: {x: zero.value}
    nodes:
      length: {type: add, plus: 1, in: {a: turn.index}}
      list: {type: list, in: {count: length.sum}}
      walk:
        type: each
        over: list.values
        nodes: {count: {type: count, in: {value: each.item}}}
        out: {x: count.count}
      all: {type: digits, in: {values: walk.x}}
    next: {x: all.number}
    out: {x: all.number}
)";
  // One, two and three elements: the first is called three times, the last once.
  EXPECT_EQ(sent(yaml, "turns.x"), 1321);
}

TEST(Eaches, AnIndexThatATurnLacksLosesItsSlot) {
  const std::string yaml = R"(
graph: g
nodes:
  zero: {type: number}
  lengths: {type: list, count: 3}
  turns:
    type: loop
    steps: 3
    state: {x: zero.value}
    nodes:
      odd: {type: odd, in: {value: turn.index}}
      short: {type: list, count: 1, when: {if: odd.odd}}
      long: {type: list, count: 2, when: {unless: odd.odd}}
      list: {type: first, in: {any: [short.values, long.values]}}
      walk: {type: each, over: list.any, nodes: {count: {type: count}}, out: {x: count.count}}
      all: {type: digits, in: {values: walk.x}}
    next: {x: all.number}
    out: {x: all.number}
  used: {type: total, in: {values: lengths.values}}
)";
  EXPECT_EQ(sent(yaml, "turns.x"), 131) << "two, one, two elements";
}

TEST(Eaches, FailByTheLowestElementWhateverEndsFirst) {
  const std::string yaml = R"(
graph: g
nodes:
  list: {type: list, count: 8}
  bin-like:
    type: each
    over: list.values
    nodes:
      late: {type: sleep, for: 2, in: {value: each.item}}
      check: {type: fail, every: 3, in: {value: late.value}}
    out: {x: check.value}
  shifted:
    type: each
    over: list.values
    nodes:
      plus: {type: add, plus: 4, in: {a: each.item}}
      inner: {type: each, times: 2, as: again, nodes: {check: {type: fail, every: 7, in: {value: plus.sum}}}}
)";
  for (int threads : {1, 4}) {
    graph::RunOptions options;
    options.threads = threads;
    options.lanes = 1;
    fake::Events events(Event::kError | Event::kItemFinished);
    graph::Bus bus;
    bus.attach(events);
    options.bus = &bus;
    const auto report = execute(plan_of(yaml), options);
    bus.flush();
    const std::string node = failure_of(report).node;
    EXPECT_TRUE(node == "bin-like[0].check" || node == "shifted[3].inner[0].check") << node;
    ASSERT_EQ(events.of(Event::kError).size(), 1u);
    const Event error = events.of(Event::kError)[0];
    EXPECT_EQ(plan_of(yaml).graph().place_of(error.node, error.element), node);
    EXPECT_EQ(events.of(Event::kItemFinished)[0].element, error.element);
  }
}

/// Elements in front of a failed one go on, since one of them may be the one to be told.
TEST(Eaches, ElementsInFrontOfAFailedOneGoOn) {
  const std::string yaml = R"(
graph: g
nodes:
  list: {type: list, count: 6}
  walk:
    type: each
    over: list.values
    at_once: 6
    nodes:
      early: {type: fail, every: 0, in: {value: each.item}}
      flip: {type: odd, in: {value: early.value}}
      slow: {type: sleep, for: 20, in: {value: early.value}, when: {unless: flip.odd}}
      quick: {type: fail, every: 5, in: {value: early.value}, when: {if: flip.odd}}
      last: {type: fail, every: 4, in: {value: slow.value}}
    out: {x: last.value}
)";
  graph::RunOptions options;
  options.threads = 4;
  for (int run = 0; run < 5; ++run) {
    // 5 fails at once, 0 and 4 only after their sleep.
    EXPECT_EQ(failure_of(execute(plan_of(yaml), options)).node, "walk[0].last");
  }
}

TEST(Eaches, AFailureInAnElementIsSharedAndStopsItsItemAlone) {
  const std::string yaml = R"(
graph: g
params: {seed: {type: int, default: 1}, other: {type: int, default: 1}}
nodes:
  walk:
    type: each
    times: 3
    nodes:
      sum: {type: add, plus: $seed, in: {a: each.index}}
      check: {type: fail, every: 4, in: {value: sum.sum}}
    out: {x: check.value}
  end: {type: total, in: {values: walk.x}}
  mine: {type: add, plus: $other, in: {a: end.sum}}
)";
  const auto report = execute(plan_of(yaml, {ints("seed", 1, 3), ints("other", 1, 2)}));
  // seed 1: 1, 2, 3; seed 2: 2, 3, 4; seed 3: 3, 4.
  EXPECT_EQ(report.done, 2);
  ASSERT_EQ(report.failures.size(), 4u);
  std::set<std::string> nodes;
  for (const auto& failure : report.failures) nodes.insert(failure.node);
  EXPECT_TRUE(nodes.count("walk[2].check")) << *nodes.begin();
  EXPECT_TRUE(nodes.count("walk[1].check"));
  int shared = 0;
  for (const auto& failure : report.failures) {
    if (failure.what.find("'walk[") == 0) ++shared;
  }
  EXPECT_EQ(shared, 2) << "the second item of each seed";
}

TEST(Eaches, RunOncePerPointOfWhatTheirBodiesDependOn) {
  const auto plan = plan_of(R"(
graph: g
params: {p: {type: int, default: 1}, q: {type: int, default: 1}}
nodes:
  walk: {type: each, times: 3, nodes: {n: {type: add, plus: $p, in: {a: each.index}}}, out: {x: n.sum}}
  total: {type: total, in: {values: walk.x}}
  end: {type: add, plus: $q, in: {a: total.sum}}
)",
                            {ints("p", 1, 2), ints("q", 1, 5)});
  fake::clear_calls();
  Seen seen({"end.sum"});
  EXPECT_EQ(execute(plan, {}, &seen).done, 10);
  EXPECT_EQ(fake::calls("walk.n"), 2 * 3);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(seen.last("end.sum", i), 3 + 3 * (1 + i / 5) + 1 + i % 5);
}

/// A setting that acts late, in a node of an each: the turns before are shared.
TEST(Eaches, SharedTurnsHold) {
  const std::string yaml = R"(
graph: g
params: {late: {type: int, default: 1}}
nodes:
  zero: {type: number}
  turns:
    type: loop
    steps: 4
    state: {x: zero.value}
    nodes:
      walk:
        type: each
        times: 2
        nodes:
          count: {type: count}
          sum: {type: add, in: {a: state.x, b: count.count}}
          late: {type: add, plus: $late, in: {a: sum.sum}, when: {from: 0.9}}
          x: {type: first, in: {any: [late.sum, sum.sum]}}
        out: {x: x.any}
      all: {type: total, in: {values: walk.x}}
    next: {x: all.sum}
    out: {x: all.sum}
)";
  std::map<int, std::int64_t> alone;
  for (int late : {1, 2, 3}) {
    Seen seen({"turns.x"});
    execute(plan_of(yaml, {ints("late", late, late)}), {}, &seen);
    alone[late] = seen.last("turns.x", 0);
  }
  for (int lanes : {1, 3}) {
    fake::clear_calls();
    Seen seen({"turns.x"});
    graph::RunOptions options;
    options.lanes = lanes;
    EXPECT_EQ(execute(plan_of(yaml, {ints("late", 1, 3)}), options, &seen).done, 3);
    for (int late : {1, 2, 3}) EXPECT_EQ(seen.last("turns.x", late - 1), alone[late]);
    EXPECT_EQ(fake::calls("turns.walk.count"), 2 * (3 + 3)) << "three turns once, the last for each";
  }
}

TEST(Eaches, CollectWhatEachTurnSent) {
  const std::string yaml = R"(
graph: g
nodes:
  list: {type: list, count: 4}
  zero: {type: number}
  turns:
    type: loop
    over: {one: list.values}
    state: {x: zero.value}
    nodes:
      sum: {type: add, in: {a: state.x, b: turn.one}}
      some: {type: add, in: {a: turn.index}, when: {every: 2}}
    next: {x: sum.sum}
    out: {x: sum.sum}
    collect: {all: sum.sum, some: some.sum}
  all: {type: digits, in: {values: turns.all}}
  some: {type: digits, in: {values: turns.some}}
)";
  EXPECT_EQ(sent(yaml, "all.number"), 10136);
  EXPECT_EQ(sent(yaml, "some.number"), 10929) << "an empty place for a turn that sent nothing";
  EXPECT_EQ(sent(yaml, "turns.x"), 6);
}

/// As many elements at a time as the graph says, and by default as fill the machine.
TEST(Eaches, BeginNoMoreThanAtOnce) {
  struct Most : graph::CallHooks {
    void enter(int) override {
      const int now = ++running;
      int seen = most;
      while (now > seen && !most.compare_exchange_weak(seen, now)) {
      }
    }
    void leave(int) override { --running; }
    std::atomic<int> running{0}, most{0};
    int due = 1;
  };
  static Most* hooks = nullptr;
  const auto yaml = [](const std::string& at_once) {
    return R"(
graph: g
nodes:
  walk:
    type: each
    times: 12
)" + at_once +
           R"(
    nodes:
      a: {type: late, in: {value: each.index}}
      b: {type: late, in: {value: a.value}}
    out: {x: b.value}
)";
  };
  struct Late final : graph::Node {
    static graph::Contract contract() {
      return {"late", "Later.", graph::In<std::int64_t>{"value", "int"}, graph::Out<std::int64_t>{"value", "int"}};
    }
    void process(graph::Context& cx) const override {
      // Calls go on until so many run as are due, however slow the machine is.
      const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
      while (hooks->most < hooks->due && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      cx.send(graph::Out<std::int64_t>{"value", "int"}, std::int64_t{cx.get(graph::In<std::int64_t>{"value", "int"})});
    }
  };
  graph::Registry registry;
  registry.add<Late>();
  const auto most = [&](const std::string& at_once, int threads, int due) {
    Most counted;
    counted.due = due;
    hooks = &counted;
    graph::RunOptions options;
    options.lanes = 1;
    options.threads = threads;
    options.calls = &counted;
    EXPECT_EQ(execute(plan_of(yaml(at_once), {}, registry), options).done, 1);
    return counted.most.load();
  };
  EXPECT_EQ(most("    at_once: 1", 4, 1), 1);
  EXPECT_EQ(most("    at_once: 2", 4, 2), 2);
  EXPECT_GT(most("", 4, 2), 1);
  EXPECT_LE(most("", 3, 2), 3);
}

/// As rows, but a call goes on until all rows that there are have become ready, so that what is counted does not depend
/// on how fast anything is.
class Patient final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() {
    return graph::Contract("patient", "Passes numbers on together.", kIn, kOut).batch(24).resource("network");
  }
  void process_batch(std::span<graph::Context* const> rows) const override {
    fake::Calls::all().count("patient/batch");
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    int due = 0;  // an item's next six are ready when the six before them have been through
    for (const auto& rows_done : done) due += std::min(60, 6 * (rows_done / 6 + 1));
    while (fake::calls("turns.walk.crop") < due && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // what was counted is sent
    for (graph::Context* row : rows) {
      ++done[static_cast<std::size_t>(row->item().index)];
      row->send(kOut, std::int64_t{row->get(kIn)});
    }
  }
  static inline std::array<std::atomic<int>, 4> done{};  ///< rows, by item
};

/// 6 regions × 4 seeds, 10 turns, 24 rows a call: once all items run, a turn is at most two calls.
TEST(Eaches, ElementsAreBatchedWithThoseOfOtherItems) {
  const std::string yaml = R"(
graph: g
params: {seed: {type: int, default: 1}}
nodes:
  start: {type: number, number: $seed}
  turns:
    type: loop
    steps: 10
    state: {x: start.value}
    nodes:
      walk:
        type: each
        times: 6
        nodes:
          crop: {type: add, in: {a: state.x, b: each.index}}
          predict: {type: patient, in: {value: crop.sum}}
        out: {x: predict.value}
      mix: {type: total, in: {values: walk.x}}
    next: {x: mix.count}
    out: {x: mix.sum}
)";
  graph::Registry registry;
  fake::register_all(registry);
  registry.add<Patient>();
  fake::clear_calls();
  for (auto& rows_done : Patient::done) rows_done = 0;
  graph::RunOptions options;
  options.lanes = 4;
  options.threads = 2;
  options.limits["network"] = 1;
  EXPECT_EQ(execute(plan_of(yaml, {ints("seed", 1, 4)}, registry), options).done, 4);
  EXPECT_LE(fake::calls("patient/batch"), 10 * 2 + 1);
}

/// Passes a number on with others; what it might be told besides need not come.
class Hinted final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::In<std::int64_t> kHint{"hint", "int", true};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() {
    return graph::Contract("hinted", "Passes numbers on together.", kIn, kHint, kOut).batch(24).resource("network");
  }
  void process_batch(std::span<graph::Context* const> rows) const override {
    fake::Calls::all().count("hinted/batch");
    for (graph::Context* row : rows) row->send(kOut, std::int64_t{row->get(kIn)});
  }
};

/// What is switched off is passed by at once: elements that have it behind them become ready together all the same.
TEST(Eaches, WhatIsSwitchedOffDoesNotPartABatch) {
  const auto calls = [](const std::string& on, const std::string& chain) {
    const std::string yaml = R"(
graph: g
nodes:
  walk:
    type: each
    times: 24
    nodes:
      off: {type: add, in: {a: each.index, b: each.index}, when: {if: )" +
                             on + R"(}}
)" + chain + R"(      predict: {type: hinted, in: {value: each.index, hint: )" +
                             (chain.empty() ? "off" : "later") + R"(.sum}}
    out: {x: predict.value}
  all: {type: total, in: {values: walk.x}}
)";
    graph::Registry registry;
    fake::register_all(registry);
    registry.add<Hinted>();
    fake::clear_calls();
    graph::RunOptions options;
    options.lanes = 1;
    options.threads = 2;
    options.limits["network"] = 1;
    Seen seen({"all.sum"});
    EXPECT_EQ(execute(plan_of(yaml, {}, registry), options, &seen).done, 1);
    EXPECT_EQ(seen.last("all.sum", 0), 24 * 23 / 2);
    return fake::calls("hinted/batch");
  };
  EXPECT_EQ(calls("false", ""), 1);
  EXPECT_EQ(calls("false", "      later: {type: add, in: {a: off.sum, b: off.sum}, when: {if: false}}\n"), 1);
  EXPECT_GE(calls("true", ""), 1);
}

/// However many of them there are, and of however many elements nothing is left: the stack does not grow with either.
TEST(Eaches, ManyThatAreSwitchedOffArePassedBy) {
  std::string chain;
  for (int i = 1; i < 500; ++i) {
    const std::string before = i == 1 ? "each.index" : "n" + std::to_string(i - 1) + ".sum";
    chain += "      n" + std::to_string(i) + ": {type: add, in: {a: " + before + ", b: " + before +
             "}, when: {if: false}}\n";
  }
  const std::string yaml = "graph: g\nnodes:\n  walk:\n    type: each\n    times: 300\n    nodes:\n" + chain +
                           "    out: {x: n499.sum}\n  all: {type: total, in: {values: walk.x}}\n";
  Seen seen({"all.sum"});
  graph::RunOptions options;
  options.lanes = 1;
  EXPECT_EQ(execute(plan_of(yaml), options, &seen).done, 1);
  EXPECT_EQ(seen.last("all.sum", 0), 0);
}

/// Two rows each: a batch of 24 holds twelve.
TEST(Eaches, ABatchCountsRows) {
  const std::string yaml = R"(
graph: g
nodes:
  walk: {type: each, times: 36, nodes: {n: {type: rows, rows: 2, in: {value: each.index}}}, out: {x: n.value}}
  all: {type: total, in: {values: walk.x}}
)";
  fake::clear_calls();
  graph::RunOptions options;
  options.lanes = 1;
  options.limits["network"] = 1;
  Seen seen({"all.sum"});
  EXPECT_EQ(execute(plan_of(yaml), options, &seen).done, 1);
  EXPECT_EQ(seen.last("all.sum", 0), 36 * 35 / 2);
  EXPECT_LE(fake::calls("rows/batch"), 36 * 2 / 24 + 1);
}

/// Sinks in a loop or an each have run when these have ended: also of none, and of one that was switched off.
TEST(Eaches, SinksInsideCountAsRun) {
  const std::string yaml = R"(
graph: g
params: {n: {type: int, default: 2}, on: {type: bool, default: true}}
nodes:
  walk: {type: each, times: $n, nodes: {w: {type: write, file: "{each:02}-{item}.txt", in: {value: each.index}}}}
  off:
    type: loop
    steps: 2
    when: {if: $on}
    nodes: {w: {type: write, file: "loop-{turn}-{item}.txt", in: {value: turn.index}}}
)";
  const std::string folder = testing::TempDir() + "sinks_inside";
  for (const auto& [n, on] : {std::pair{2, true}, {0, true}, {2, false}}) {
    fake::Events events(Event::kItemFinished);
    graph::Bus bus;
    bus.attach(events);
    graph::RunOptions options;
    options.bus = &bus;
    options.output_dir = folder + std::to_string(n) + (on ? "on" : "off");
    graph::Assignment switched{"on", {}, {"--on", 0, 0}};
    switched.values.emplace_back(on);
    const auto plan = plan_of(yaml, {ints("n", n, n), switched});
    EXPECT_EQ(execute(plan, options).done, 1);
    bus.flush();
    const graph::Graph& graph = plan.graph();
    EXPECT_THAT(events.of(Event::kItemFinished)[0].ran,
                testing::UnorderedElementsAre(graph.find_node("walk"), graph.find_node("walk.w"),
                                              graph.find_node("off"), graph.find_node("off.w")));
  }
}

TEST(Eaches, TellTheirElementsInEvents) {
  const auto plan = plan_of(R"(
graph: g
nodes:
  rows:
    type: each
    times: 2
    as: row
    nodes:
      columns: {type: each, times: 2, as: column, nodes: {n: {type: add, in: {a: column.index}}}}
)");
  fake::Events events(Event::kNodeFinished | Event::kStep);
  graph::Bus bus;
  bus.attach(events);
  graph::RunOptions options;
  options.bus = &bus;
  EXPECT_EQ(execute(plan, options).done, 1);
  bus.flush();
  std::set<std::string> places;
  for (const Event& event : events.of(Event::kNodeFinished)) {
    places.insert(plan.graph().place_of(event.node, event.element));
  }
  EXPECT_THAT(places, ElementsAre("rows[0].columns[0].n", "rows[0].columns[1].n", "rows[1].columns[0].n",
                                  "rows[1].columns[1].n"));
  int most = 0;
  for (const Event& event : events.of(Event::kStep)) {
    if (plan.graph().nodes[event.node].id == "rows") most = std::max(most, event.turn);
    EXPECT_EQ(event.turns, 2);
  }
  EXPECT_EQ(most, 2);
}

TEST(Eaches, RefuseMoreElementsThanTheLimit) {
  const auto report = execute(plan_of(R"(
graph: g
nodes:
  list: {type: list, count: 1000001}
  walk: {type: each, over: list.values, nodes: {n: {type: add, in: {a: each.item}}}}
)"));
  EXPECT_THAT(failure_of(report).what, HasSubstr("1000001 elements are too many: at most 1000000"));
}

}  // namespace
