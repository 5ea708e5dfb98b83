// SPDX-License-Identifier: MIT
// What nodes pick: it is in the recipes of what was made of it, whoever made that, and can be handed back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <set>

#include "tests/graph/run_graph.h"

namespace {
using fake::execute;
using fake::ints;
using fake::plan_of;
using graph::Pick;
using testing::HasSubstr;

std::atomic<std::int64_t> draws{0};

/// chance: a number that is never drawn twice, and that is picked; up to eight rows in a call.
class Chance final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int: no effect", true};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static constexpr graph::Prop<int> kLike{.name = "like", .help = "no effect", .value = 0};
  static constexpr graph::Prop<std::string> kFault{
      .name = "fault", .help = "what it does wrong", .value = "none", .choices = "none|batch|twice"};
  static graph::Contract contract() {
    return graph::Contract("chance", "Picks a number.", kIn, kOut, kLike, kFault).batch(8);
  }
  explicit Chance(const graph::Props& props) : fault_(props.get(kFault)) {}

  void process_batch(std::span<graph::Context* const> rows) const override {
    for (graph::Context* cx : rows) {
      const auto draw = [] { return std::to_string(++draws); };
      cx->send(kOut, std::int64_t{std::stoll(cx->choose("number", draw))});
      if (fault_ == "twice") cx->choose("number", draw);
    }
    if (fault_ == "batch" && rows.size() > 1) throw std::runtime_error("not together");
  }

 private:
  const std::string fault_;
};

/// What came to a note, and what a recipe made there is given.
struct Noted {
  std::int64_t item;
  std::int64_t value;
  std::vector<Pick> picks;
};

/// note: makes a recipe.
class Note final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static graph::Contract contract() { return {"note", "Makes a recipe.", kIn}; }
  explicit Note(const graph::Props& /*props*/) {}
  void process(graph::Context& cx) const override {
    value = cx.get(kIn);
    cx.recipe();
  }
  static thread_local std::int64_t value;
};
thread_local std::int64_t Note::value = 0;

const graph::Registry& picking_nodes() {
  static const graph::Registry all = [] {
    graph::Registry made;
    fake::register_all(made);
    made.add<Chance>();
    made.add<Note>();
    return made;
  }();
  return all;
}

/// Runs it and gives what was noted, by item and order.
std::vector<Noted> noted_by(const graph::Plan& plan, graph::RunOptions options = {}) {
  std::mutex mutex;
  std::vector<Noted> all;
  options.recipe = [&](int, const graph::Item& item, const std::vector<Pick>& picks) {
    const std::lock_guard lock(mutex);
    all.push_back({item.index, Note::value, picks});
    return std::vector<graph::Text>();
  };
  const auto report = execute(plan, options);
  EXPECT_EQ(report.failed, 0) << (report.failures.empty() ? "" : report.failures[0].what);
  std::ranges::stable_sort(all, {}, &Noted::item);
  return all;
}

/// The numbers picked at some nodes, added up; each counts once. `gathered`: those of items.
std::int64_t sum_of(const graph::Plan& plan, const Noted& noted, const std::set<std::string>& nodes, bool gathered) {
  std::set<std::int64_t> numbers;
  for (const Pick& pick : noted.picks) {
    const bool counts = nodes.count(plan.graph().nodes[pick.node].id) > 0 && (pick.item >= 0) == gathered;
    if (counts) numbers.insert(std::stoll(pick.picked.at(0)));
  }
  return std::accumulate(numbers.begin(), numbers.end(), std::int64_t{0});
}

/// Picks that all items share, that some do, in a loop whose last turn is each item's own, and in an each.
constexpr const char* kPicking = R"(
graph: picking
params: {seed: {type: int, default: 0}, alpha: {type: int, default: 0}}
nodes:
  once: {type: chance}
  seeded: {type: chance, like: $seed, in: {value: once.value}}
  loop:
    type: loop
    steps: 4
    state: {x: once.value}
    nodes:
      turn: {type: chance, in: {value: state.x}}
      late: {type: nudge, by: {from: $alpha, to: 0}, in: {value: turn.value}, when: {from: 0.7}}
      next: {type: add, in: {a: state.x, b: late.value}}
    next: {x: next.sum}
    out: {x: next.sum}
  walk: {type: each, times: 3, nodes: {element: {type: chance}}, out: {x: element.value}}
  all: {type: total, in: {values: walk.x}}
  some: {type: add, in: {a: loop.x, b: all.sum}}
  sum: {type: add, in: {a: some.sum, b: seeded.value}}
  note: {type: note, in: {value: sum.sum}}
  gather: {type: gather, in: {values: sum.sum}}
  end: {type: note, in: {value: gather.sum}}
)";
const std::set<std::string> kPicked{"once", "seeded", "loop.turn", "walk.element"};

TEST(Picks, AreWithWhatWasMadeOfThem) {
  const auto plan = plan_of(kPicking, {ints("seed", 0, 2), ints("alpha", 0, 3)}, picking_nodes());
  for (const int lanes : {1, 4}) {
    graph::RunOptions options;
    options.lanes = lanes;
    std::vector<Noted> all = noted_by(plan, options);
    ASSERT_EQ(all.size(), 13u);
    // What gathers is noted for the last item that comes; it is the only one with the picks of others.
    const auto gathered = std::ranges::max_element(all, {}, &Noted::value);
    std::int64_t sum = 0;
    for (const Noted& one : all) {
      if (&one == &*gathered) continue;
      EXPECT_EQ(one.value, sum_of(plan, one, kPicked, false)) << "item " << one.item;
      sum += one.value;
    }
    EXPECT_EQ(gathered->value, sum);
    std::set<std::pair<int, std::string>> of_items;
    std::int64_t picked = 0;
    for (const Pick& pick : gathered->picks) {
      const std::string place = testing::PrintToString(std::tuple(pick.node, pick.turns, pick.element));
      if (pick.item >= 0 && of_items.insert({pick.item, place}).second) picked += std::stoll(pick.picked[0]);
    }
    EXPECT_EQ(picked, sum);
  }
}

/// teller: tells what it is told, twice.
class Teller final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int: no effect", true};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static constexpr graph::Prop<int> kWhat{.name = "what", .help = "told", .value = 0};
  static graph::Contract contract() { return {"teller", "Tells a number.", kIn, kOut, kWhat}; }
  explicit Teller(const graph::Props& props) : what_(props.get(kWhat)) {}
  void process(graph::Context& cx) const override {
    cx.tell("what", "nothing");
    cx.tell("what", std::to_string(what_));
    cx.send(kOut, std::int64_t{what_});
  }

 private:
  const int what_;
};

TEST(Picks, WhatIsToldGoesTheSameWay) {
  graph::Registry registry;
  fake::register_all(registry);
  registry.add<Teller>();
  registry.add<Note>();
  const auto plan = plan_of(R"(
graph: g
params: {seed: {type: int, default: 0}}
nodes:
  once: {type: teller, what: 100}
  each: {type: teller, what: $seed, in: {value: once.value}}
  note: {type: note, in: {value: each.value}}
)",
                            {ints("seed", 3, 5)}, registry);
  const std::vector<Noted> all = noted_by(plan);
  ASSERT_EQ(all.size(), 3u);
  for (const Noted& one : all) {
    std::map<std::string, std::string> told;
    for (const Pick& pick : one.picks) {
      EXPECT_TRUE(pick.told);
      told[plan.graph().nodes[pick.node].id] = pick.picked.at(0);
    }
    EXPECT_EQ(told, (std::map<std::string, std::string>{{"once", "100"}, {"each", std::to_string(one.item + 3)}}));
  }
}

TEST(Picks, SayWhereTheyWereMade) {
  const auto plan = plan_of(R"(
graph: g
nodes:
  zero: {type: number}
  outer:
    type: loop
    steps: 2
    state: {x: zero.value}
    nodes:
      walk:
        type: each
        times: 2
        nodes:
          inner:
            type: loop
            steps: 3
            state: {x: zero.value}
            nodes: {pick: {type: chance}}
            next: {x: pick.value}
            out: {x: pick.value}
        out: {x: inner.x}
      all: {type: total, in: {values: walk.x}}
    next: {x: all.sum}
    out: {x: all.sum}
  note: {type: note, in: {value: outer.x}}
)",
                            {}, picking_nodes());
  std::set<std::vector<int>> places;
  const std::vector<Noted> all = noted_by(plan);
  for (const Pick& pick : all.at(0).picks) {
    ASSERT_EQ(pick.turns.size(), 2u);
    ASSERT_EQ(pick.element.size(), 1u);
    EXPECT_EQ(pick.name, "number");
    places.insert({pick.turns[0], pick.element[0], pick.turns[1]});
  }
  EXPECT_EQ(places.size(), 2u * 2 * 3);
}

TEST(Picks, AreHandedBack) {
  const auto plan = plan_of(kPicking, {ints("seed", 0, 1), ints("alpha", 0, 1)}, picking_nodes());
  const std::vector<Noted> first = noted_by(plan);
  const auto gathered = std::ranges::max_element(first, {}, &Noted::value);
  graph::RunOptions options;
  for (const Pick& pick : gathered->picks) {
    if (pick.item >= 0) options.picks.push_back(pick);
  }
  const std::vector<Noted> again = noted_by(plan, options);
  const auto values = [](const std::vector<Noted>& all) {
    std::multiset<std::int64_t> sorted;
    for (const Noted& one : all) sorted.insert(one.value);
    return sorted;
  };
  EXPECT_EQ(values(again), values(first));
}

TEST(Picks, OfOneItemAreHandedBackToWhateverItem) {
  const auto plan = plan_of(kPicking, {}, picking_nodes());
  const std::vector<Noted> first = noted_by(plan);
  graph::RunOptions options;
  options.first_item = 7;
  for (const Pick& pick : first[0].picks) {
    if (pick.item < 0) options.picks.push_back(pick);
  }
  EXPECT_EQ(noted_by(plan, options)[0].value, first[0].value);
}

TEST(Picks, OfABatchThatFailsDoNotCount) {
  const auto plan = plan_of(R"(
graph: g
params: {seed: {type: int, default: 0}}
nodes:
  walk: {type: each, times: 8, nodes: {element: {type: chance, fault: batch, like: $seed}}, out: {x: element.value}}
  all: {type: total, in: {values: walk.x}}
  note: {type: note, in: {value: all.sum}}
)",
                            {ints("seed", 0, 3)}, picking_nodes());
  for (const Noted& one : noted_by(plan)) {
    EXPECT_EQ(one.picks.size(), 8u);
    EXPECT_EQ(one.value, sum_of(plan, one, {"walk.element"}, false));
  }
}

TEST(Picks, HaveNamesThatDiffer) {
  const auto report = execute(plan_of("graph: g\nnodes:\n  a: {type: chance, fault: twice}\n", {}, picking_nodes()));
  ASSERT_EQ(report.failed, 1);
  EXPECT_THAT(report.failures[0].what, HasSubstr("'chance' picks 'number' twice in one call"));
}

TEST(Picks, AreAsManyAsAreDue) {
  const auto plan = plan_of("graph: g\nnodes:\n  a: {type: chance}\n", {}, picking_nodes());
  graph::RunOptions options;
  options.picks.push_back({0, "number", {}, {}, -1, {"1", "2"}});
  const auto report = execute(plan, options);
  ASSERT_EQ(report.failed, 1);
  EXPECT_THAT(report.failures[0].what, HasSubstr("one text is to be picked as 'number', and the recipe has 2"));
}

}  // namespace
