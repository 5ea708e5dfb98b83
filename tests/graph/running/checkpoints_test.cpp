// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "tests/graph/run_graph.h"

namespace {

using fake::execute;
using fake::ints;
using fake::plan_of;
using fake::Seen;
using graph::KeptLoop;
using graph::LoopPlace;
using testing::ElementsAre;
using testing::HasSubstr;

/// In memory. A run that is killed is one whose states are looked at half-way: what it does afterwards is not seen.
class MemoryStates final : public graph::LoopStates {
 public:
  static std::string key(const LoopPlace& place) {
    std::string key = std::to_string(place.loop) + "@" + std::to_string(place.item.index);
    for (const int turn : place.turns) key += " t" + std::to_string(turn);
    for (const int element : place.element) key += " e" + std::to_string(element);
    return key;
  }
  void save(const LoopPlace& place, const KeptLoop& state) override {
    const std::lock_guard lock(mutex);
    if (full) throw std::runtime_error("no room");
    kept[key(place)] = state;
    saved.push_back(key(place) + ": " + std::to_string(state.turn));
  }
  std::optional<KeptLoop> load(const LoopPlace& place) override {
    const std::lock_guard lock(mutex);
    const auto found = start.find(key(place));
    return found == start.end() ? std::nullopt : std::optional(found->second);
  }
  void drop(const LoopPlace& place) override {
    const std::lock_guard lock(mutex);
    kept.erase(key(place));
  }
  void drop_all(int loop, std::int64_t first_item) override {
    const std::lock_guard lock(mutex);
    const std::string front = std::to_string(loop) + "@" + std::to_string(first_item);
    std::erase_if(kept, [&](const auto& one) { return one.first == front || one.first.starts_with(front + " "); });
    dropped.push_back(front);
  }

  std::mutex mutex;
  std::map<std::string, KeptLoop> kept, start;
  std::vector<std::string> saved, dropped;
  bool full = false;
};

graph::Plan checkpoint_plan(const std::string& text, const std::vector<graph::Assignment>& assignments = {}) {
  return plan_of(text, assignments, fake::registry());
}

// A sum that a counter's slot goes into, so that a turn depends on all that the loop carries.
constexpr const char* kCounting = R"(graph: counting
params: {every: {type: int, default: 3}}
nodes:
  start: {type: number, number: 1}
  loop:
    type: loop
    steps: 10
    checkpoint: {every: $every}
    state: {sum: start.value}
    nodes:
      count: {type: count, in: {value: state.sum}}
      more:  {type: add, in: {a: state.sum, b: count.count}}
    next: {sum: more.sum}
    out: {sum: more.sum}
    collect: {all: count.count}
  last: {type: add, plus: 1, in: {a: loop.sum}}
)";

struct Went {
  std::int64_t sum;
  std::vector<std::int64_t> turns;  ///< what the counter sent in this run
};

Went go(const std::string& text, MemoryStates* states, fake::Events* events = nullptr) {
  graph::RunOptions options;
  options.loop_states = states;
  graph::Bus bus;
  if (events) bus.attach(*events), options.bus = &bus;
  Seen seen({"last.sum", "loop.count.count"});
  const auto report = execute(checkpoint_plan(text), options, &seen);
  EXPECT_EQ(report.done, 1);
  auto turns = seen.at("loop.count.count");
  return {seen.last("last.sum", 0), turns.empty() ? std::vector<std::int64_t>() : turns.begin()->second};
}

TEST(Checkpoints, AreMadeEverySoManyTurnsAndForgottenWhenTheItemIsWhole) {
  MemoryStates states;
  go(kCounting, &states);
  EXPECT_THAT(states.saved, ElementsAre("1@0: 3", "1@0: 6", "1@0: 9"));
  EXPECT_TRUE(states.kept.empty());
  EXPECT_THAT(states.dropped, ElementsAre("1@0"));
}

/// Keeps what stood there at a turn.
class StatesUpTo final : public graph::LoopStates {
 public:
  StatesUpTo(MemoryStates& to, int turn) : to_(to), turn_(turn) {}
  void save(const LoopPlace& place, const KeptLoop& state) override {
    if (state.turn <= turn_) to_.start[MemoryStates::key(place)] = state;
  }
  std::optional<KeptLoop> load(const LoopPlace&) override { return std::nullopt; }
  void drop(const LoopPlace&) override {}
  void drop_all(int, std::int64_t) override {}

 private:
  MemoryStates& to_;
  const int turn_;
};

TEST(Checkpoints, ALoopGoesOnWithStatesSlotsAndOutputs) {
  const Went whole = go(kCounting, nullptr);
  EXPECT_EQ(whole.turns.size(), 10u);
  for (const int turn : {3, 6, 9}) {
    MemoryStates states;
    StatesUpTo recorder(states, turn);
    graph::RunOptions options;
    options.loop_states = &recorder;
    execute(checkpoint_plan(kCounting), options);
    ASSERT_EQ(states.start.at("1@0").turn, turn);
    const Went rest = go(kCounting, &states);
    EXPECT_EQ(rest.sum, whole.sum);
    EXPECT_THAT(rest.turns, testing::ElementsAreArray(whole.turns.begin() + turn, whole.turns.end()));
  }
}

TEST(Checkpoints, OfTheLastTurnLeaveNothingToDo) {
  std::string text = kCounting;
  text.replace(text.find("default: 3"), 10, "default: 5");
  const Went whole = go(text, nullptr);
  MemoryStates states;
  StatesUpTo recorder(states, 10);
  graph::RunOptions options;
  options.loop_states = &recorder;
  execute(checkpoint_plan(text), options);
  const Went rest = go(text, &states);
  EXPECT_EQ(rest.sum, whole.sum);
  EXPECT_TRUE(rest.turns.empty());
}

TEST(Checkpoints, EveryZeroIsNever) {
  std::string text = kCounting;
  text.replace(text.find("default: 3"), 10, "default: 0");
  MemoryStates states;
  go(text, &states);
  EXPECT_TRUE(states.saved.empty());
}

TEST(Checkpoints, WhatDoesNotFitIsToldAndTheLoopBeginsAnew) {
  const Went whole = go(kCounting, nullptr);
  MemoryStates good;
  StatesUpTo recorder(good, 6);
  graph::RunOptions options;
  options.loop_states = &recorder;
  execute(checkpoint_plan(kCounting), options);
  const KeptLoop six = good.start.at("1@0");
  ASSERT_EQ(six.slots.size(), 1u);
  std::vector<KeptLoop> bad(9, six);
  bad[0].turns = 11;
  bad[1].turn = 0;
  bad[2].turn = 11;
  bad[3].states.clear();
  bad[4].states[0] = graph::Value::of(1.5);
  bad[5].collected[0].pop_back();
  bad[6].slots[0].node = 0;
  bad[7].slots[0].element = {3};
  bad[8].slots[0].value = graph::Value::of(std::string("text"));
  for (const KeptLoop& one : bad) {
    MemoryStates states;
    states.start["1@0"] = one;
    fake::Events warnings(graph::Event::kWarning);
    const Went again = go(kCounting, &states, &warnings);
    EXPECT_EQ(again.sum, whole.sum);
    EXPECT_EQ(again.turns.size(), 10u);
    ASSERT_EQ(warnings.list.size(), 1u);
    EXPECT_THAT(warnings.list[0].text, HasSubstr("is not used, and it begins anew: "));
  }
}

TEST(Checkpoints, WhatCannotBeKeptIsToldAndTheLoopGoesOn) {
  MemoryStates states;
  states.full = true;
  fake::Events warnings(graph::Event::kWarning);
  EXPECT_EQ(go(kCounting, &states, &warnings).sum, go(kCounting, nullptr).sum);
  ASSERT_EQ(warnings.list.size(), 3u);
  EXPECT_EQ(warnings.list[0].text, "it could not be kept after turn 3: no room");
}

/// Loops in an each, with slots in an each in their bodies.
constexpr const char* kNested = R"(graph: nested
params: {seed: {type: int, default: 0}}
nodes:
  start: {type: number, number: $seed}
  rows:
    type: each
    times: 3
    nodes:
      loop:
        type: loop
        steps: 6
        checkpoint: {every: 2}
        state: {sum: start.value}
        nodes:
          cells:
            type: each
            times: 2
            as: cell
            nodes:
              count: {type: count, in: {value: cell.index}}
            out: {count: count.count}
          total: {type: total, in: {values: cells.count}}
          more:  {type: add, in: {a: state.sum, b: total.sum}}
        next: {sum: more.sum}
        out: {sum: more.sum}
    out: {sum: loop.sum}
  all: {type: total, in: {values: rows.sum}}
  last: {type: add, plus: 1, in: {a: all.sum}}
)";

TEST(Checkpoints, OfElementsAreEachTheirOwnAndKeepSlotsOfEachesInThem) {
  Seen seen({"last.sum"});
  execute(checkpoint_plan(kNested, {ints("seed", 0, 1)}), {}, &seen);
  MemoryStates states;
  StatesUpTo recorder(states, 4);
  graph::RunOptions options;
  options.loop_states = &recorder;
  execute(checkpoint_plan(kNested, {ints("seed", 0, 1)}), options);
  EXPECT_EQ(states.start.size(), 6u);
  EXPECT_EQ(states.start.begin()->second.slots.size(), 2u);
  Seen again({"last.sum", "rows.loop.cells.count.count"});
  options.loop_states = &states;
  execute(checkpoint_plan(kNested, {ints("seed", 0, 1)}), options, &again);
  EXPECT_EQ(again.at("last.sum"), seen.at("last.sum"));
  EXPECT_EQ(again.at("rows.loop.cells.count.count")[0].size(), 3u * 2 * 2) << "two turns of six";
  EXPECT_TRUE(states.kept.empty());
}

/// A loop in a loop: stays of the inner one are of use until the outer one has been kept beyond them.
constexpr const char* kTwoLoops = R"(graph: two
nodes:
  start: {type: number, number: 1}
  outer:
    type: loop
    steps: 4
    checkpoint: {every: 2}
    state: {sum: start.value}
    nodes:
      inner:
        type: loop
        steps: 5
        checkpoint: {every: 2}
        state: {sum: state.sum}
        nodes:
          count: {type: count, in: {value: state.sum}}
          more: {type: add, in: {a: state.sum, b: count.count}}
        next: {sum: more.sum}
        out: {sum: more.sum}
    next: {sum: inner.sum}
    out: {sum: inner.sum}
  last: {type: add, plus: 1, in: {a: outer.sum}}
)";

TEST(Checkpoints, OfLoopsInALoopAreForgottenWithItsOwn) {
  MemoryStates states;
  graph::RunOptions options;
  options.loop_states = &states;
  Seen seen({"last.sum"});
  execute(checkpoint_plan(kTwoLoops), options, &seen);
  EXPECT_THAT(states.saved, ElementsAre("3@0 t0: 2", "3@0 t0: 4", "3@0 t1: 2", "3@0 t1: 4", "1@0: 2", "3@0 t2: 2",
                                        "3@0 t2: 4", "3@0 t3: 2", "3@0 t3: 4", "1@0: 4"));
  EXPECT_TRUE(states.kept.empty());
  // Killed in the outer loop's last turn.
  MemoryStates half;
  half.start = {};
  StatesUpTo recorder(half, 4);
  options.loop_states = &recorder;
  execute(checkpoint_plan(kTwoLoops), options);
  half.start.erase("1@0");
  Seen again({"last.sum", "outer.inner.count.count"});
  options.loop_states = &half;
  execute(checkpoint_plan(kTwoLoops), options, &again);
  EXPECT_EQ(again.at("last.sum"), seen.at("last.sum"));
  EXPECT_EQ(again.at("outer.inner.count.count").begin()->second.size(), 4u) << "the fifth turn of each stay";
}

TEST(Checkpoints, ALoopWithThemSharesNoTurns) {
  const std::string text = R"(graph: swept
params: {late: {type: int, default: 0}}
nodes:
  start: {type: number, number: 1}
  loop:
    type: loop
    steps: 4
    checkpoint: {every: 2}
    state: {sum: start.value}
    nodes:
      count: {type: count, in: {value: state.sum}}
      plus: {type: add, plus: $late, in: {a: count.count}, when: {from: 0.9, to: 1}}
    next: {sum: count.count}
    out: {sum: plus.sum}
  last: {type: add, plus: 1, in: {a: loop.sum}}
)";
  Seen shared({"loop.count.count"}), own({"loop.count.count"});
  std::string without = text;
  without.erase(without.find("    checkpoint"), std::string("    checkpoint: {every: 2}\n").size());
  execute(checkpoint_plan(without, {ints("late", 1, 3)}), {}, &shared);
  execute(checkpoint_plan(text, {ints("late", 1, 3)}), {}, &own);
  const auto calls = [](Seen& seen) {
    std::size_t sum = 0;
    for (const auto& [item, values] : seen.at("loop.count.count")) sum += values.size();
    return sum;
  };
  EXPECT_EQ(calls(own), 12u);
  EXPECT_LT(calls(shared), 12u);
}

/// A failed item keeps what there is, for whoever tries again.
TEST(Checkpoints, OfAFailedItemStay) {
  std::string text = kCounting;
  text.replace(text.find("more:  {type: add"), 17,
               "fails: {type: fail, in: {value: count.count}, when: {from: 0.7}}\n      more:  {type: add");
  MemoryStates states;
  graph::RunOptions options;
  options.loop_states = &states;
  const auto report = execute(checkpoint_plan(text), options);
  EXPECT_EQ(report.failed, 1);
  EXPECT_EQ(states.kept.at("1@0").turn, 6);
}

std::string faults_in(const std::string& text) {
  try {
    graph::check(graph::load_text(text), fake::registry());
    return "";
  } catch (const graph::Faults& faults) {
    return faults.what();
  }
}

/// What has no name on links.
struct Own {
  int number = 0;
};
class KeepsOwn final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() { return graph::Contract("keeps-own", "Keeps its own.", kIn, kOut).slot<Own>(); }
  void process(graph::Context& cx) const override { cx.send(kOut, ++cx.slot<Own>().number + cx.get(kIn)); }
};
class Caches final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() { return graph::Contract("caches", "Keeps its own.", kIn, kOut).cache<Own>(); }
  void process(graph::Context& cx) const override {
    cx.slot<Own>().number = 3;
    cx.send(kOut, cx.get(kIn) + 1);
  }
};
class Undeclared final : public graph::Node {
 public:
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() { return {"undeclared", "Keeps what it does not say.", kOut}; }
  void process(graph::Context& cx) const override { cx.send(kOut, ++cx.slot<std::int64_t>()); }
};

TEST(Checkpoints, ASlotThatCannotBeKeptIsAFaultAndACacheIsNone) {
  graph::Registry registry;
  fake::register_all(registry);
  registry.add<KeepsOwn>();
  registry.add<Caches>();
  registry.add<Undeclared>();
  std::string text = kCounting;
  text.replace(text.find("more:  {type: add"), 17,
               "own: {type: keeps-own, in: {value: count.count}}\n      more:  {type: add");
  try {
    graph::check(graph::load_text(text, "g.yaml"), registry);
    FAIL();
  } catch (const graph::Faults& faults) {
    EXPECT_THAT(faults.what(),
                HasSubstr("g.yaml:12:7: error: node 'loop.own' (keeps-own): the loop 'loop' has checkpoints, and what "
                          "this node keeps from turn to turn cannot be kept in them; leave checkpoint: out, or say "
                          "every: 0, or take another node"));
  }
  std::string cached = text;
  cached.replace(cached.find("keeps-own"), 9, "caches");
  EXPECT_NO_THROW(graph::check(graph::load_text(cached), registry));
  std::string off = text;
  off.replace(off.find("$every"), 6, "0");
  off.erase(off.find("params:"), off.find("nodes:") - off.find("params:"));
  EXPECT_NO_THROW(graph::check(graph::load_text(off), registry));
  const auto report = execute(plan_of(
      "graph: g\nnodes:\n  a: {type: undeclared}\n  b: {type: add, plus: 1, in: {a: a.value}}\n", {}, registry));
  ASSERT_EQ(report.failed, 1);
  EXPECT_THAT(report.failures[0].what, HasSubstr("its contract declares none: Contract::slot<T>(), or cache<T>()"));
}

TEST(Checkpoints, StatesAndOutputsOfTypesThatNobodyKeepsAreFaults) {
  const std::string faults = faults_in(R"(graph: g
nodes:
  all: {type: range, count: 3}
  loop: {type: loop, steps: 2, checkpoint: {every: 1}, state: {all: all.values}, nodes: {n: {type: number}},
         next: {all: state.all}, out: {all: state.all}, collect: {n: n.value}}
)");
  EXPECT_THAT(faults, HasSubstr("graph.yaml:4:52: error: loop 'loop': checkpoint: state 'all' is a ints, which cannot "
                                "be kept; these can: bool, float, int, path, string and lists of them"));
  EXPECT_THAT(faults, HasSubstr("output 'all' is a ints"));
  EXPECT_THAT(faults, testing::Not(HasSubstr("output 'n'")));
}

TEST(Checkpoints, AreWrittenAsAMap) {
  std::string text = kCounting;
  text.replace(text.find("{every: $every}"), 15, "{evry: 3}     ");
  EXPECT_THAT(faults_in(text), HasSubstr("node 'loop': checkpoint: unknown key 'evry' (did you mean 'every'?)"));
}

}  // namespace
