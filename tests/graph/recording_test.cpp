// SPDX-License-Identifier: MIT
#include "graph/recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "graph/drawing.h"
#include "graph/type_text.h"
#include "tests/graph/run_graph.h"

namespace {

/// A number whose history is a text: how it came about from what is optimised. "" is none.
struct Traced {
  std::int64_t value = 0;
  std::string history{};
  Traced detached() const { return {value}; }
  Traced leaf() const { return {value, "x"}; }
  Traced alias() const { return {value, history + "'"}; }
};

/// What nodes were given, by their ids: the histories.
class Given {
 public:
  void note(const graph::Context& cx, const std::string& history) {
    const std::lock_guard lock(mutex_);
    by_node_[cx.node_id()].push_back(history);
  }
  std::set<std::string> of(const std::string& node) {
    const auto& all = by_node_[node];
    return {all.begin(), all.end()};
  }
  int turns(const std::string& node) { return static_cast<int>(by_node_[node].size()); }
  void clear() { by_node_.clear(); }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> by_node_;
};
Given given;

}  // namespace

DECOUPAGE_VALUE(Traced, "traced");

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Start final : public graph::Node {
 public:
  static constexpr graph::Out<Traced> kValue{"value", "a number"};
  static graph::Contract contract() { return {"start", "Sends 0.", kValue}; }
  void process(graph::Context& cx) const override { cx.send(kValue, Traced{}); }
};

/// Its square, or the product of two.
class Times final : public graph::Node {
 public:
  static constexpr graph::In<Traced> kA{"a", "a number"};
  static constexpr graph::In<Traced> kB{"b", "a number", true};
  static constexpr graph::Out<Traced> kOut{"product", "a number"};
  static constexpr graph::Out<std::int64_t> kPlain{"plain", "the same without history"};
  static graph::Contract contract() {
    return graph::Contract("times", "Multiplies.", kA, kB, kOut, kPlain).differentiable().batch(8);
  }
  void process(graph::Context& cx) const override {
    const Traced& a = cx.get(kA);
    const Traced& b = cx.find(kB) ? *cx.find(kB) : a;
    given.note(cx, std::string(cx.records() ? "records " : "") + a.history + "," + b.history);
    std::string history = cx.records() ? "(" + a.history + b.history + ")" : "";
    cx.send(kOut, Traced{a.value * b.value + 1, history});
    cx.send(kPlain, a.value * b.value);
  }
};

/// Passes on what it was given, as it is.
class Through final : public graph::Node {
 public:
  static constexpr graph::In<Traced> kIn{"value", "a number"};
  static constexpr graph::Out<Traced> kOut{"value", "the same"};
  static graph::Contract contract() { return graph::Contract("through", "Passes on.", kIn, kOut).bypass(kOut, kIn); }
  void process(graph::Context& cx) const override {
    given.note(cx, cx.get(kIn).history);
    cx.preview(graph::Value::of(cx.get(kIn)));
    cx.send(kOut, Traced(cx.get(kIn)));
  }
};

class Thrice final : public graph::Node {
 public:
  static constexpr graph::In<Traced> kIn{"value", "a number"};
  static constexpr graph::Out<graph::List<Traced>> kOut{"list", "it, three times"};
  static graph::Contract contract() { return graph::Contract("thrice", "A list.", kIn, kOut).differentiable(); }
  void process(graph::Context& cx) const override {
    cx.send(kOut, graph::List<Traced>(std::vector<Traced>(3, cx.get(kIn))));
  }
};

class SumUp final : public graph::Node {
 public:
  static constexpr graph::In<graph::List<Traced>> kIn{"list", "numbers"};
  static constexpr graph::Out<Traced> kOut{"sum", "a number"};
  static graph::Contract contract() { return graph::Contract("sum", "Adds.", kIn, kOut).differentiable(); }
  void process(graph::Context& cx) const override {
    Traced sum;
    for (const Traced* one : cx.get(kIn).present()) sum.history += one->history;
    given.note(cx, sum.history);
    cx.send(kOut, Traced(sum));
  }
};

class Descend final : public graph::Node {
 public:
  static constexpr graph::In<Traced> kParameters{"parameters", "what is optimised"};
  static constexpr graph::In<Traced> kLoss{.name = "loss", .shape = "a number", .optional = true, .closes = true};
  static constexpr graph::Ins<Traced> kMore{.name = "losses", .shape = "more", .optional = true, .closes = true};
  static constexpr graph::Out<Traced> kOut{.name = "parameters", .shape = "the next", .optimised = true};
  static graph::Contract contract() { return {"descend", "One less.", kParameters, kLoss, kMore, kOut}; }
  void process(graph::Context& cx) const override {
    const Traced* const loss = cx.find(kLoss);
    std::string text = cx.get(kParameters).history + "<-" + (loss ? loss->history : "");
    for (const Traced* more : cx.get(kMore).present()) text += "+" + more->history;
    given.note(cx, text);
    EXPECT_FALSE(cx.records());
    cx.send(kOut, Traced{cx.get(kParameters).value - 1});
  }
};

const graph::Registry& traced_registry() {
  static const graph::Registry all = [] {
    graph::Registry made;
    fake::register_all(made);
    made.add<Start>();
    made.add<Times>();
    made.add<Through>();
    made.add<Thrice>();
    made.add<SumUp>();
    made.add<Descend>();
    return made;
  }();
  return all;
}

graph::Plan traced_plan(const std::string& yaml) {
  return fake::plan_of(yaml, {}, traced_registry());
}

/// A loop of three turns with these nodes, state x and `adam` that optimises it.
std::string loop(const std::string& nodes, const std::string& next = "adam.parameters") {
  return "graph: g\nnodes:\n  zero: {type: start}\n  fit:\n    type: loop\n    steps: 3\n    state: {x: zero.value}\n"
         "    nodes:\n" +
         nodes + "    next: {x: " + next + "}\n    out: {x: adam.parameters, last: state.x, seen: a.product}\n" +
         "  end: {type: through, in: {value: fit.seen}}\n  end2: {type: through, in: {value: fit.last}}\n";
}

std::string closing_faults(const std::string& yaml, const graph::Registry& known = traced_registry()) {
  try {
    graph::check(graph::load_text(yaml), known);
    return "";
  } catch (const graph::Faults& faults) {
    return faults.what();
  }
}

std::vector<std::string> recording_nodes(const graph::Plan& plan) {
  std::vector<std::string> ids;
  for (std::size_t n = 0; n < plan.graph().nodes.size(); ++n) {
    if (plan.recording().records[n]) ids.push_back(plan.graph().nodes[n].id);
  }
  return ids;
}

/// Also what lies beside the way: `side` leads nowhere, `data` comes from nowhere, `only` depends on x and is not
/// closed.
const char* const kBeside = R"(
      data: {type: times, in: {a: other.value}}
      other: {type: start}
      a: {type: times, in: {a: state.x}}
      b: {type: times, in: {a: a.product, b: data.product}}
      only: {type: times, in: {a: a.product}}
      side: {type: through, in: {value: b.product}}
      off: {type: through, in: {value: b.product}, when: {every: 0}}
      behind: {type: through, in: {value: off.value}}
      adam: {type: descend, in: {parameters: state.x, loss: b.product}}
)";

TEST(Recording, IsOnTheWayAlone) {
  given.clear();
  const graph::Plan plan = traced_plan(loop(kBeside + 1));
  EXPECT_THAT(recording_nodes(plan), ElementsAre("fit.a", "fit.b"));
  EXPECT_EQ(fake::execute(plan).failed, 0);
  EXPECT_THAT(given.of("fit.a"), ElementsAre("records x,x"));
  EXPECT_THAT(given.of("fit.b"), ElementsAre("records (xx),"));
  EXPECT_THAT(given.of("fit.adam"), ElementsAre("x<-((xx))"));
  EXPECT_THAT(given.of("fit.data"), ElementsAre(","));
  EXPECT_THAT(given.of("fit.only"), ElementsAre(","));
  EXPECT_THAT(given.of("fit.side"), ElementsAre(""));
  EXPECT_THAT(given.of("fit.behind"), ElementsAre(""));  // a bypass
  EXPECT_THAT(given.of("end"), ElementsAre(""));         // outputs of the loop
  EXPECT_THAT(given.of("end2"), ElementsAre(""));
  EXPECT_EQ(given.turns("fit.adam"), 3);
}

TEST(Recording, TapsAndPreviewsHaveNoHistory) {
  std::mutex mutex;
  std::set<std::string> seen;
  graph::RunOptions options;
  const auto note = [&](const graph::Item&, const graph::Value& value) {
    const std::lock_guard lock(mutex);
    seen.insert(value.as<Traced>().history);
  };
  options.taps = {{"fit.a.product", note}, {"fit.b.product", note}};
  fake::Events events(graph::Event::kPreview);
  graph::Bus bus;
  bus.attach(events);
  options.bus = &bus;
  fake::execute(traced_plan(loop(kBeside + 1)), options);
  EXPECT_THAT(seen, ElementsAre(""));
  EXPECT_FALSE(events.list.empty());
  for (const graph::Event& event : events.list) EXPECT_EQ(event.value.as<Traced>().history, "");
}

TEST(Recording, LanesAreTold) {
  struct Hooks final : graph::LaneHooks {
    void enter(int, bool records) override { ++(records ? recording : plain); }
    void leave(int) override {}
    std::atomic<int> recording{0}, plain{0};
  } hooks;
  graph::RunOptions options;
  options.hooks = &hooks;
  fake::execute(traced_plan(loop(kBeside + 1)), options);
  EXPECT_EQ(hooks.recording, 2 * 3);
  EXPECT_GT(hooks.plain, 0);
}

TEST(Recording, GoesThroughEachesByTheListsThatTheyWalk) {
  given.clear();
  const graph::Plan plan = traced_plan(loop(R"(      a: {type: times, in: {a: state.x}}
      list: {type: thrice, in: {value: a.product}}
      parts:
        type: each
        over: list.list
        nodes:
          one: {type: times, in: {a: each.item}}
          aside: {type: through, in: {value: one.product}}
        out: {part: one.product, aside: aside.value}
      sum: {type: sum, in: {list: parts.part}}
      other: {type: sum, in: {list: parts.part}}
      adam: {type: descend, in: {parameters: state.x, loss: sum.sum}}
)"));
  EXPECT_THAT(recording_nodes(plan), ElementsAre("fit.a", "fit.list", "fit.parts.one", "fit.sum"));
  EXPECT_EQ(fake::execute(plan).failed, 0);
  EXPECT_THAT(given.of("fit.adam"), ElementsAre("x<-((xx)(xx))((xx)(xx))((xx)(xx))"));
  EXPECT_THAT(given.of("fit.parts.aside"), ElementsAre(""));
  EXPECT_THAT(given.of("fit.other"), ElementsAre(""));
}

/// Where several read one value, each reads an alias of its own: gradients are then added up two by two, in an order
/// that follows from the graph.
TEST(Recording, SeveralThingsMayBeClosed) {
  given.clear();
  const graph::Plan plan = traced_plan(loop(R"(      a: {type: times, in: {a: state.x}}
      b: {type: times, in: {a: state.x, b: a.product}}
      adam: {type: descend, in: {parameters: state.x, losses: [a.product, b.product]}}
)"));
  fake::execute(plan);
  EXPECT_THAT(given.of("fit.adam"), ElementsAre("x<-+(x'x')'+(x'(x'x')')"));
}

TEST(Recording, ARecordingCallTakesOnePacket) {
  const std::string yaml = loop(R"(      a: {type: times, in: {a: state.x}}
      adam: {type: descend, in: {parameters: state.x, loss: a.product}}
)");
  fake::Events events(graph::Event::kNodeFinished);
  graph::Bus bus;
  bus.attach(events);
  graph::RunOptions options;
  options.bus = &bus;
  options.lanes = 4;
  options.threads = 1;
  const auto plan = fake::plan_of("params: {n: {type: int, default: 1}}\n" + yaml + "  n: {type: number, number: $n}\n",
                                  {fake::ints("n", 1, 8)}, traced_registry());
  graph::run(plan, options);
  for (const graph::Event& event : events.of(graph::Event::kNodeFinished)) EXPECT_EQ(event.rows, 1);
}

TEST(Recording, IsDrawn) {
  const graph::Plan plan = traced_plan(loop(kBeside + 1));
  const std::string drawing = graph::to_dot(plan.graph(), &plan);
  const std::string on_way = ", color=\"#b2182b\", penwidth=2];";
  EXPECT_THAT(drawing, HasSubstr("\"fit.a\" [label=\"a\\ntimes\"" + on_way));
  EXPECT_THAT(drawing, HasSubstr("\"fit.a\" -> \"fit.b\" [label=\"product → a\\n(traced)\"" + on_way));
  EXPECT_THAT(drawing, HasSubstr("\"fit.only\" [label=\"only\\ntimes\"];"));
}

TEST(RecordingFaults, NothingIsClosed) {
  const std::string yaml1 = loop(R"(      a: {type: times, in: {a: state.x}}
      adam: {type: descend, in: {parameters: state.x}}
)");
  EXPECT_THAT(closing_faults(yaml1),
              HasSubstr(":10:7: error: node 'fit.adam' (descend): the loop closes nothing: link 'loss' or 'losses', "
                        "which says what is to become small"));
  const std::string yaml2 = loop(R"(      other: {type: start}
      a: {type: times, in: {a: other.value}}
      adam: {type: descend, in: {parameters: state.x, loss: a.product}}
)");
  EXPECT_THAT(closing_faults(yaml2),
              HasSubstr(":11:7: error: node 'fit.adam' (descend): the loop closes nothing: 'a.product' does not depend "
                        "on 'state.x', which is what is optimised"));
}

TEST(RecordingFaults, TheWayIsBroken) {
  const std::string yaml3 = loop(R"(      a: {type: times, in: {a: state.x}}
      between: {type: through, in: {value: a.product}}
      b: {type: times, in: {a: between.value}}
      adam: {type: descend, in: {parameters: state.x, loss: b.product}}
)");
  EXPECT_THAT(closing_faults(yaml3),
              HasSubstr(":10:7: error: node 'fit.between' (through): it breaks the way from 'state.x', which is "
                        "optimised, to 'b.product', which is closed: nodes of this type do not differentiate"));
}

TEST(RecordingFaults, ALoopInsideBreaksTheWay) {
  const std::string yaml4 = loop(R"(      a: {type: times, in: {a: state.x}}
      inner:
        type: loop
        steps: 2
        state: {y: a.product}
        nodes: {c: {type: times, in: {a: state.y}}}
        next: {y: c.product}
        out: {y: c.product}
      adam: {type: descend, in: {parameters: state.x, loss: inner.y}}
)");
  EXPECT_THAT(closing_faults(yaml4),
              HasSubstr(":10:7: error: loop 'fit.inner': it breaks the way from 'state.x', which is optimised, to "
                        "'inner.y', which is closed: what a loop sends has no history of its turns"));
}

TEST(RecordingFaults, AnEachReadsByName) {
  const std::string yaml5 = loop(R"(      a: {type: times, in: {a: state.x}}
      parts: {type: each, times: 2, nodes: {one: {type: times, in: {a: a.product}}}, out: {part: one.product}}
      sum: {type: sum, in: {list: parts.part}}
      adam: {type: descend, in: {parameters: state.x, loss: sum.sum}}
)");
  EXPECT_THAT(closing_faults(yaml5),
              HasSubstr("node 'fit.parts.one' (times): it breaks the way from 'state.x', which is optimised, to "
                        "'sum.sum', which is closed: in an each, what is to be differentiated is walked (over:), and "
                        "not read by its name"));
}

TEST(RecordingFaults, NothingIsOptimised) {
  const std::string what =
      "'parameters' is what a loop optimises: it stands in the loop's nodes, and one of the loop's states is followed "
      "by it (next: {parameters: adam.parameters})";
  const std::string yaml6 = loop(R"(      a: {type: times, in: {a: state.x}}
      adam: {type: descend, in: {parameters: state.x, loss: a.product}}
)",
                                 "a.product");
  EXPECT_THAT(closing_faults(yaml6), HasSubstr(what));
  EXPECT_THAT(closing_faults("graph: g\nnodes:\n  zero: {type: start}\n"
                             "  adam: {type: descend, in: {parameters: zero.value, loss: zero.value}}\n"),
              HasSubstr(":4:3: error: node 'adam' (descend): " + what));
}

TEST(RecordingFaults, TwoCloseOneLoop) {
  const std::string yaml7 = loop(R"(      a: {type: times, in: {a: state.x}}
      adam: {type: descend, in: {parameters: state.x, loss: a.product}}
      eve: {type: descend, in: {parameters: state.x, loss: a.product}}
)");
  EXPECT_THAT(closing_faults(yaml7),
              HasSubstr("node 'fit.eve' (descend): 'adam' closes the loop already; a turn has one history"));
}

TEST(RecordingFaults, DescribedTypesTellThem) {
  graph::Registry described;
  described.add_described(graph::type_text(traced_registry()), nullptr);
  const std::string yaml = loop(R"(      a: {type: times, in: {a: state.x}}
      between: {type: through, in: {value: a.product}}
      adam: {type: descend, in: {parameters: state.x, loss: between.value}}
)");
  EXPECT_THAT(closing_faults(yaml, described), HasSubstr("node 'fit.between' (through): it breaks the way"));
  EXPECT_EQ(closing_faults(loop(kBeside + 1), described), "");
}

struct Half final : graph::Node {
  static constexpr graph::In<Traced> kIn{"in", "a number", false, true};
  static graph::Contract contract() { return {"half", "Closes.", kIn}; }
  void process(graph::Context&) const override {}
};

TEST(RecordingContracts, OptimisedAndClosesComeTogether) {
  graph::Registry made;
  EXPECT_THROW(made.add<Half>(), std::logic_error);
}

}  // namespace
