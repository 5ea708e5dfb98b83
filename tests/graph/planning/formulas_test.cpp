// SPDX-License-Identifier: MIT
// Arithmetic in graph files, where values are known only when a run has its params.
#include <gtest/gtest.h>

#include "tests/graph/run_graph.h"

namespace {
using fake::execute;
using fake::ints;
using fake::plan_of;
using fake::Seen;

constexpr const char* kFormulas = R"yaml(
graph: g
params:
  seed: {type: int, default: 3}
  num-steps: {type: int, default: 4}
  name: {type: string, default: cat}
nodes:
  next: {type: number, number: $(seed + 9001)}
  loop:
    type: loop
    steps: $(num_steps // 2)
    state: {x: next.value}
    nodes: {one: {type: add, plus: 1, in: {a: state.x}, when: {from: $(1 / 4), if: $(name != "dog")}}}
    next: {x: one.sum}
    out: {x: one.sum}
  text: {type: text, words: "${name}-$(seed + 1)"}
  other: {type: text, words: "$(seed + 1)"}
  write: {type: write, file: "$(seed * 2)-{item}.txt", in: {value: loop.x}}
)yaml";

TEST(Formulas, StandInPropertiesWindowsTurnsTextsAndNames) {
  const graph::Plan plan = plan_of(kFormulas, {ints("seed", 3, 4)});
  const graph::Graph& graph = plan.graph();
  const auto prop = [&](const std::string& node, int item) {
    return graph::to_text(plan.props(graph.find_node(node), item).values()[0]);
  };
  EXPECT_EQ(prop("next", 0), "9004");
  EXPECT_EQ(prop("next", 1), "9005");
  EXPECT_EQ(prop("text", 1), "cat-5");
  EXPECT_EQ(prop("other", 0), "4");
  EXPECT_EQ(prop("write", 1), "8-{item}.txt");
  EXPECT_EQ(plan.scope(graph.find_node("next")), 1u) << "it depends on the params that the formula names";
  Seen seen({"loop.x"});
  graph::RunOptions options;
  options.output_dir = testing::TempDir() + "formulas";
  EXPECT_EQ(execute(plan, options, &seen).done, 2);
  EXPECT_EQ(seen.last("loop.x", 1), 9006) << "two turns, of which the second is in the window";
}

TEST(Formulas, FaultsThatOnlyParamsTellAreToldBeforeTheRun) {
  const auto faults_of = [](const std::string& text, std::int64_t seed) {
    try {
      plan_of("graph: g\nparams: {seed: {type: int, default: 1}}\nnodes: {a: {type: add, plus: " + text +
                  ", in: {a: n.value}}, n: {type: number}}\n",
              {ints("seed", seed, seed)});
      return std::string();
    } catch (const graph::Faults& faults) {
      return std::string(faults.what());
    }
  };
  EXPECT_EQ(faults_of("$(8 // seed)", 2), "");
  EXPECT_EQ(faults_of("$(8 // seed)", 0), "graph.yaml:3:30: error: node 'a': plus: $(8 // seed): division by zero");
  EXPECT_EQ(faults_of("$(seed * 600)", 2), "graph.yaml:3:30: error: node 'a': plus: 1200 is above the maximum 1000");
  EXPECT_EQ(faults_of("$(seed + 2)", 9223372036854775806),
            "graph.yaml:3:30: error: node 'a': plus: $(seed + 2): the result of '+' is beyond 64 bits");
}

/// In a bin that was given constants the value is known with the graph.
TEST(Formulas, OfABinsConstantsAreConstants) {
  const graph::GraphSpec spec = graph::load_files(
      {{"main.yaml", "graph: g\nnodes: {b: {include: bin.yaml, k: 4}}\n"},
       {"bin.yaml", "graph: bin\nparams: {k: {type: int}}\nnodes: {n: {type: number, number: $(k * k)}}\n"}});
  const graph::Graph graph = graph::check(spec, fake::registry());
  EXPECT_EQ(graph.nodes[graph.find_node("b.n")].props[0].constant, graph::Scalar(std::int64_t{16}));
}

}  // namespace
