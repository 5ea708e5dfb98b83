// SPDX-License-Identifier: MIT
#include "graph/builder.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/graph/fake_nodes.h"

namespace graph {
namespace {

std::string faults_in(const Builder& builder) {
  try {
    builder.check(fake::registry());
    return "(none)";
  } catch (const Faults& faults) {
    return faults.what();
  }
}

TEST(Builder, BuildsWhatAFileWouldSay) {
  Builder body("body");
  body.node("more", "nudge", {{"by", "0..${n}"}}, {{"value", "state.x"}}).when("0", "0.5");
  body.state("x", "start.value", "more.value").out("x", "more.value");
  Builder builder("built");
  builder.param("n", std::int64_t{3}, {0, 9, {}}, "how far")
      .node("start", "number", {{"number", "010"}})
      .loop("repeat", "4", body)
      .node("end", "sink", {}, {{"value", "repeat.x"}});
  const Graph graph = builder.check(fake::registry());
  EXPECT_EQ(graph.name, "built");
  ASSERT_EQ(graph.params.size(), 1u);
  EXPECT_EQ(graph.params[0].kind, Kind::kInt);
  EXPECT_EQ(graph.params[0].range.max, 9);
  EXPECT_EQ(graph.params[0].about, "how far");
  const int start = graph.find_node("start");
  EXPECT_EQ(graph.nodes[start].props[0].constant, Scalar(std::int64_t{10}));
  const int repeat = graph.find_node("repeat");
  EXPECT_EQ(graph.nodes[repeat].props[0].constant, Scalar(std::int64_t{4}));
  EXPECT_EQ(graph.nodes[repeat].ins[0], (PortRef{start, 0}));
  const GraphNode& more = graph.nodes[graph.find_node("repeat.more")];
  EXPECT_EQ(more.props[0].pieces.size(), 2u);
  EXPECT_EQ(more.when->to.constant, Scalar(0.5));
  EXPECT_EQ(graph.regions[1].next[0].node, graph.find_node("repeat.more"));
  EXPECT_EQ(graph.nodes[graph.find_node("end")].ins[0], (PortRef{repeat, 0}));
}

TEST(Builder, LoopsOverValues) {
  Builder body("body");
  body.node("pick", "pick", {}, {{"values", "range.values"}}).out("last", "pick.value");
  Builder builder("built");
  builder.node("range", "range", {{"count", "5"}}).loop_over("each", "range.values", body);
  const Graph graph = builder.check(fake::registry());
  EXPECT_TRUE(graph.regions[1].has_over);
  EXPECT_TRUE(graph.nodes[graph.find_node("each")].props.empty());
}

TEST(Builder, Eaches) {
  Builder cell("cell");
  cell.node("sum", "join", {}, {{"parts", "row.x"}, {"parts", "column.index"}}).out("number", "sum.number");
  Builder body("body");
  body.each("columns", "3", cell).as("column").out("numbers", "columns.number");
  Builder builder("built");
  builder.node("list", "list", {{"count", "2"}}).each_over("rows", {{"x", "list.values"}}, body).as("row");
  const Graph graph = builder.check(fake::registry());
  const GraphNode& sum = graph.nodes[graph.find_node("rows.columns.sum")];
  ASSERT_EQ(sum.several.size(), 1u);
  EXPECT_EQ(sum.several[0].count, 2);
  EXPECT_STREQ(graph.nodes[graph.find_node("rows")].out_types[0]->name, "int[][]");
}

TEST(Builder, ValuesAreNoTextWithParamsInIt) {
  Builder builder("built");
  builder.param("price", std::string("5 $ or $price")).node("t", "text", {{"words", "$price"}});
  const Graph graph = builder.check(fake::registry());
  EXPECT_EQ(graph.params[0].value->constant, Scalar(std::string("5 $ or $price")));
}

TEST(Builder, FaultsNameTheGraph) {
  Builder builder("built");
  builder.node("a", "nmber").node("b", "add", {{"puls", "1"}}, {{"a", "a.value"}});
  EXPECT_EQ(faults_in(builder),
            "built: error: node 'a': unknown type 'nmber' (did you mean 'number'?)\n"
            "built: error: node 'b' (add): no property 'puls' (did you mean 'plus'?)");
  EXPECT_EQ(
      faults_in(Builder("a b").node("a", "number")),
      "a b: error: graph: 'a b' is not a name; a name has letters, digits, '_' and '-', and starts with a letter or "
      "'_'");
}

TEST(Builder, WhatAFileCannotSayTwiceIsRefused) {
  Builder body("body");
  body.node("n", "nudge", {}, {{"value", "state.x"}});
  body.state("x", "a.value", "n.value").state("x", "a.value", "n.value").out("y", "n.value").out("y", "n.value");
  Builder builder("built");
  builder.param("p", true)
      .param("p", true)
      .node("a", "number", {{"number", "1"}, {"number", "2"}})
      .node("a", "number")
      .node("t", "text", {{"trim", "$p"}})
      .node("m", "add", {}, {{"a", "a.value"}, {"a", "a.value"}})
      .loop("l", "2", body);
  EXPECT_EQ(faults_in(builder),
            "body: error: loop 'l': next: state 'x' is given twice\n"
            "body: error: loop 'l': output 'y' is given twice\n"
            "body: error: loop 'l': state 'x' is given twice\n"
            "built: error: node 'a' (number): property 'number' is given twice\n"
            "built: error: node 'a' is given twice; names are ids\n"
            "built: error: node 'm' (add): input 'a': one link is due, found a list; an input is fed by one port\n"
            "built: error: param 'p': it is given twice; first at built ('-' and '_' are the same in flags)");
}

TEST(Builder, WhenNeedsANode) {
  EXPECT_THROW(Builder("built").when("0", "1"), std::logic_error);
  EXPECT_EQ(faults_in(Builder("built").node("a", "number").when("0", "1")),
            "built: error: node 'a' (number): when counts the turns of a loop, and it is in none; outside of loops it "
            "may say if and unless");
}

}  // namespace
}  // namespace graph
