// SPDX-License-Identifier: MIT
// Graph files: a main one and one that it may include. What can be loaded is checked against the nodes of the engine's
// tests, and what is right is planned, described and drawn.
#include "graph/drawing.h"
#include "graph/load.h"
#include "graph/plan.h"
#include "tests/fuzz/input.h"
#include "tests/graph/fake_nodes.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto [main, part] = fuzz::parts_of<2>(fuzz::text_of(data, size));
  try {
    const graph::GraphSpec spec =
        graph::load_files({{"main.yaml", std::string(main)}, {"part.yaml", std::string(part)}});
    const auto graph = std::make_shared<const graph::Graph>(graph::check(spec, fake::registry()));
    const graph::Plan plan(graph, {});
    fuzz::require(plan.items() == 1, "a graph that sweeps nothing has one item");
    for (int node = 0; node < static_cast<int>(graph->nodes.size()); ++node) {
      if (graph->nodes[node].type != nullptr) plan.props(node, 0);
    }
    graph::to_dot(*graph, &plan);
  } catch (const graph::Faults& faults) {
    fuzz::require(!faults.list().empty(), "what is refused has a fault");
  }
  return 0;
}
