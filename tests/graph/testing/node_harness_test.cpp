// SPDX-License-Identifier: MIT
#include "graph/testing/node_harness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "graph/mark.h"
#include "tests/graph/fake_nodes.h"

namespace graph {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string thrown_by(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "";
}

// y = k·x, and the sum of all y so far; with files, warnings, steps and previews on the way.
class Gain final : public Node {
 public:
  static constexpr In<double> kX{"x", "float"};
  static constexpr In<double> kMore{"more", "float, added to x", true};
  static constexpr Out<double> kY{"y", "float"};
  static constexpr Out<double> kSum{"sum", "float"};
  static constexpr Prop<double> kK{.name = "k", .help = "factor", .min = -10, .max = 10};
  static constexpr Prop<Ramp> kPlus{.name = "plus", .help = "added to y", .value = Ramp{0, 0}};
  static constexpr Prop<Pattern> kPath{.name = "path", .help = "file", .value = ""};
  static Contract contract() {
    return Contract("gain", "Multiplies.", kX, kMore, kY, kSum, kK, kPlus, kPath).batch(8).slot<double>();
  }

  explicit Gain(const Props& props) : k_(props.get(kK)), plus_(props.get(kPlus)), path_(props.get(kPath)) {}
  void open() override {
    if (k_ == 0) throw std::runtime_error("k is 0");
    ++opened;
  }
  void process(Context& cx) const override {
    if (cx.cancelled()) throw Cancelled();
    const double* more = cx.find(kMore);
    const double y = k_ * (cx.get(kX) + (more ? *more : 0)) + plus_.at(cx.window());
    if (!path_.text.empty()) cx.write_file(cx.expand(path_), std::as_bytes(std::span("text", 4)));
    for (const Text& text : cx.recipe()) cx.warn(text.keyword + " on lane " + std::to_string(cx.lane()));
    cx.step(1, 2);
    cx.preview(Value::of(y));
    cx.send(kY, y);
    if (cx.wanted(kSum)) cx.send(kSum, cx.slot<double>() += y);
  }
  void process_batch(std::span<Context* const> rows) const override {
    if (rows.size() > 2) throw std::runtime_error("no more than two");
    for (Context* row : rows) row->send(kY, 1000 + static_cast<const Gain&>(row->node()).k_ * row->get(kX));
  }
  std::string batch_key(const Context&) const override { return k_ < 0 ? "negative" : "positive"; }

  inline static int opened = 0;

 private:
  const double k_;
  const Ramp plus_;
  const Pattern path_;
};

// The sum of what was gathered; keep() halves it.
class Sum final : public Node {
 public:
  static constexpr Gather<double> kAll{"all", "float"};
  static constexpr Out<std::string> kText{"text", "string"};
  static Contract contract() { return Contract("sum", "Adds.", kAll, kText); }
  Value keep(const Value& value) const override { return Value::of(value.as<double>() / 2); }
  void process(Context& cx) const override {
    std::string text;
    for (const Gathered& one : cx.get(kAll)) {
      text += one.item.label + ":" + (one.value.empty() ? "none" : to_text(one.value.as<double>())) + " ";
    }
    cx.send(kText, text);
  }
};

// Ends its calls from another thread.
class Later final : public Node {
 public:
  static constexpr In<std::string> kHow{"how", "string"};
  static constexpr Out<std::string> kDone{"done", "string"};
  static Contract contract() { return Contract("later", "Waits.", kHow, kDone).defers(); }
  void process(Context& cx) const override {
    std::thread([&cx, how = cx.get(kHow), completion = cx.defer()] {
      if (how == "fail") return completion->fail("told to");
      if (how == "drop") return;
      cx.send(kDone, how);
      completion->done();
    }).detach();
  }
};

// Works on batches alone, and leaves two things for when its device is done.
class Twice final : public Node {
 public:
  static constexpr In<std::string> kIn{"in", "string"};
  static constexpr Out<std::string> kOut{"out", "string"};
  static Contract contract() { return Contract("twice", "Says it again.", kIn, kOut).batch(4); }
  void process_batch(std::span<Context* const> rows) const override {
    for (Context* row : rows) {
      const auto text = std::make_shared<std::string>(row->get(kIn));
      row->when_done([text] {
        if (*text == "bad") throw std::runtime_error("refused");
        *text += *text;
      });
      row->when_done([row, text] { row->send(kOut, std::string(*text)); });
    }
  }
};

const Registry& registry() {
  static const Registry kRegistry = [] {
    Registry types;
    types.add<Gain>();
    types.add<Sum>();
    types.add<Later>();
    types.add<Twice>();
    return types;
  }();
  return kRegistry;
}

TEST(NodeHarness, RunsANode) {
  NodeHarness node(registry(), "gain", {{"k", "3"}});
  EXPECT_EQ(node.in("x", 2.0).run().out<double>("y"), 6);
  EXPECT_EQ(node.in("more", 1.0).run().out<double>("y"), 9);
  EXPECT_EQ(node.in("more", Value()).run().out<double>("y"), 6);
}

TEST(NodeHarness, OpensOnce) {
  Gain::opened = 0;
  NodeHarness node(registry(), "gain", {{"k", "3"}});
  EXPECT_EQ(Gain::opened, 0);
  node.in("x", 2.0).run().run().open();
  EXPECT_EQ(Gain::opened, 1);
  EXPECT_EQ(thrown_by([] { NodeHarness(registry(), "gain", {{"k", "0"}}).open(); }), "k is 0");
}

TEST(NodeHarness, SlotsLastUntilTheItemEnds) {
  NodeHarness node(registry(), "gain", {{"k", "1"}});
  node.in("x", 2.0).run().run();
  EXPECT_EQ(node.out<double>("sum"), 4);
  EXPECT_EQ(node.end_item().run().out<double>("sum"), 2);
}

TEST(NodeHarness, OutputsAreTheLastCalls) {
  NodeHarness node(registry(), "gain", {{"k", "1"}});
  node.in("x", 2.0).run();
  EXPECT_TRUE(node.sent("sum"));
  EXPECT_FALSE(node.unwanted("sum").run().sent("sum"));
  EXPECT_EQ(thrown_by([&] { node.out<double>("sum"); }), "nothing was sent to 'sum'");
}

TEST(NodeHarness, ShowsThePlace) {
  NodeHarness node(registry(), "gain", {{"k", "1"}, {"plus", "0..10"}, {"path", "{node}-{item:03}-{turn}-{seed}.txt"}});
  node.in("x", 0.0).node_id("a.b").turn(2, 5).lane(3).recipe({{"decoupage", "{}"}});
  node.item({7, {{"seed", std::int64_t{4}}}, ""}).run();
  EXPECT_EQ(node.out<double>("y"), 5);
  EXPECT_EQ(node.window(0.25).run().out<double>("y"), 2.5);
  EXPECT_THAT(node.files(), ElementsAre(std::pair<const std::string, std::string>("a_b-007-2-4.txt", "text")));
  EXPECT_THAT(node.warnings(), ElementsAre("decoupage on lane 3", "decoupage on lane 3"));
  EXPECT_THAT(node.steps(), ElementsAre(std::pair(1, 2), std::pair(1, 2)));
  EXPECT_EQ(node.previews().at(1).as<double>(), 2.5);
}

TEST(NodeHarness, FilesStayBelowTheFolder) {
  for (const char* path : {"../a.txt", "/a.txt", "b/../../a.txt"}) {
    NodeHarness node(registry(), "gain", {{"k", "1"}, {"path", path}});
    EXPECT_THAT(thrown_by([&] { node.in("x", 1.0).run(); }), HasSubstr("is not below the output folder"));
  }
  NodeHarness node(registry(), "gain", {{"k", "1"}, {"path", "{sed}.txt"}});
  EXPECT_THAT(thrown_by([&] { node.in("x", 1.0).run(); }), HasSubstr("'{sed}' in '{sed}.txt' names no param"));
}

TEST(NodeHarness, CancelledIsSeen) {
  NodeHarness node(registry(), "gain", {{"k", "1"}});
  EXPECT_THROW(node.in("x", 1.0).cancel().run(), Cancelled);
}

TEST(NodeHarness, Gathers) {
  NodeHarness node(registry(), "sum");
  node.gather("all", {0, {}, "a"}, Value::of(3.0)).gather("all", {1, {}, "b"}, Value());
  EXPECT_EQ(node.run().out<std::string>("text"), "a:1.5 b:none ");
}

TEST(NodeHarness, RunsBatchesOfRowsWithOtherProperties) {
  NodeHarness one(registry(), "gain", {{"k", "1"}}), two(registry(), "gain", {{"k", "2"}});
  one.in("x", 1.0), two.in("x", 10.0);
  NodeHarness::run_batch({&one, &two});
  EXPECT_EQ(one.out<double>("y"), 1001);
  EXPECT_EQ(two.out<double>("y"), 1020);
}

TEST(NodeHarness, ABatchThatThrowsIsRunRowByRow) {
  NodeHarness a(registry(), "gain", {{"k", "1"}}), b(registry(), "gain", {{"k", "1"}}),
      c(registry(), "gain", {{"k", "1"}});
  for (NodeHarness* row : {&a, &b, &c}) row->in("x", 5.0);
  NodeHarness::run_batch({&a, &b, &c});
  EXPECT_EQ(c.out<double>("y"), 5);
}

TEST(NodeHarness, ANodeOfBatchesIsCalledWithABatchOfOne) {
  NodeHarness node(registry(), "twice");
  EXPECT_EQ(node.in("in", std::string("so")).run().out<std::string>("out"), "soso");
}

TEST(NodeHarness, WhatIsLeftIsDoneInOrderUpToWhatThrows) {
  NodeHarness node(registry(), "twice");
  node.in("in", std::string("bad"));
  EXPECT_EQ(thrown_by([&] { node.run(); }), "refused");
  EXPECT_FALSE(node.sent("out"));
}

TEST(NodeHarness, BatchesAreOfOneKind) {
  NodeHarness plus(registry(), "gain", {{"k", "1"}}), minus(registry(), "gain", {{"k", "-1"}}), sum(registry(), "sum");
  plus.in("x", 1.0), minus.in("x", 1.0);
  EXPECT_EQ(thrown_by([&] { NodeHarness::run_batch({&plus, &minus}); }), "batch keys 'positive' and 'negative' differ");
  EXPECT_EQ(thrown_by([&] { NodeHarness::run_batch({&plus, &sum}); }), "a batch of several node types");
  EXPECT_EQ(thrown_by([&] { NodeHarness::run_batch({}); }), "a batch without rows");
}

TEST(NodeHarness, WaitsForDeferredCalls) {
  NodeHarness node(registry(), "later");
  EXPECT_EQ(node.in("how", std::string("well")).run().out<std::string>("done"), "well");
  EXPECT_EQ(thrown_by([&] { node.in("how", std::string("fail")).run(); }), "told to");
  EXPECT_EQ(thrown_by([&] { node.in("how", std::string("drop")).run(); }),
            "the deferred call was dropped without done() or fail()");
}

TEST(NodeHarness, ReportsAllFaultsOfItsPropertiesAtOnce) {
  try {
    NodeHarness(registry(), "gain", {{"kk", "1"}, {"plus", "x"}, {"path", "a"}, {"path", "b"}});
    FAIL() << "nothing was thrown";
  } catch (const Faults& faults) {
    EXPECT_EQ(faults.list().size(), 4u) << faults.what();
    EXPECT_THAT(faults.what(), HasSubstr("node 'gain': no property 'kk' (did you mean 'k'?)"));
    EXPECT_THAT(faults.what(), HasSubstr("node 'gain': property 'plus': "));
    EXPECT_THAT(faults.what(), HasSubstr("node 'gain': property 'path' is given twice"));
    EXPECT_THAT(faults.what(), HasSubstr("node 'gain': property 'k' must be given"));
  }
  EXPECT_THAT(thrown_by([] {
                NodeHarness(registry(), "gain", {{"k", "11"}});
              }),
              HasSubstr("11 is above the maximum 10"));
  EXPECT_THAT(thrown_by([] { NodeHarness(registry(), "gian"); }),
              HasSubstr("no node type 'gian' (did you mean 'gain'?)"));
}

TEST(NodeHarness, RefusesTheTestsOwnMistakes) {
  NodeHarness node(registry(), "gain", {{"k", "1"}});
  EXPECT_EQ(thrown_by([&] { node.in("z", 1.0); }), "'gain' declares no input 'z'");
  EXPECT_EQ(thrown_by([&] { node.in("x", true); }), "input 'x' of 'gain' takes float, not bool");
  EXPECT_EQ(thrown_by([&] { node.gather("x", {}, Value()); }), "'gain' declares no gathering input 'x'");
  EXPECT_EQ(thrown_by([&] { node.output("z"); }), "'gain' declares no output 'z'");
  EXPECT_EQ(thrown_by([&] { node.run(); }),
            "input 'x' of 'gain' is required and absent: the engine would not call the node");
}

TEST(NodeHarness, ListsSeveralLinksAndFedProperties) {
  NodeHarness digits(fake::registry(), "digits");
  digits.in("values", List<std::int64_t>({3, 4, 5})).run();
  EXPECT_EQ(digits.out<std::int64_t>("number"), 1345);
  EXPECT_EQ(thrown_by([&] { digits.in("values", std::int64_t{3}); }),
            "input 'values' of 'digits' takes int[], not int");
  NodeHarness list(fake::registry(), "list", {{"count", "4"}, {"hole", "2"}});
  const List<std::int64_t> sent = list.run().out<List<std::int64_t>>("values");
  EXPECT_EQ(sent.size(), 4u);
  EXPECT_FALSE(sent.has(2));
  EXPECT_EQ(sent[3], 3);
  EXPECT_EQ(thrown_by([&] { sent[2]; }), "no value where a int is due");
  NodeHarness join(fake::registry(), "join");
  EXPECT_EQ(thrown_by([&] { join.run(); }),
            "input 'parts' of 'join' is required and absent: the engine would not call the node");
  join.links("parts", {Value::of(std::int64_t{2}), Value(), Value::of(std::int64_t{4})}).run();
  EXPECT_EQ(join.out<std::int64_t>("number"), 1294);
  EXPECT_EQ(thrown_by([&] { join.in("parts", std::int64_t{2}); }), "'parts' takes several links: use links()");
}

TEST(NodeHarness, FeedsProperties) {
  fake::clear_calls();
  NodeHarness bound(fake::registry(), "bound", {{"number", "1"}});
  EXPECT_EQ(bound.run().out<std::int64_t>("sum"), 1);
  bound.feed("number", std::int64_t{7}).feed("plus", std::int64_t{2}).run();
  EXPECT_EQ(bound.out<std::int64_t>("sum"), 9);
  EXPECT_EQ(fake::calls("open"), 1);
  EXPECT_EQ(fake::calls("bind"), 2);
  EXPECT_EQ(thrown_by([&] { bound.feed("number", std::int64_t{100}); }), "100 is above the maximum 99");
  EXPECT_EQ(thrown_by([&] { bound.feed("fixed", std::string("x")); }), "no link may feed the property 'fixed'");
  EXPECT_EQ(thrown_by([&] { bound.feed("number", std::string("x")); }), "the property 'number' takes int");
  NodeHarness number(fake::registry(), "number", {});
  EXPECT_EQ(number.feed("number", std::int64_t{5}).run().out<std::int64_t>("value"), 5);
}

}  // namespace
}  // namespace graph
