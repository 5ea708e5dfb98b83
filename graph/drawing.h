// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "graph/plan.h"

namespace graph {

/// A graph as DOT text for Graphviz. Bins and loops are boxes around their nodes; a node says its name and type; an
/// arrow says which port feeds which and what type travels; what a loop carries from turn to turn is a dashed arrow
/// back to its state. A node that gathers many items has a double border.
///
/// With a plan that sweeps params, a node's colour is its scope (the swept params that it depends on), and a legend
/// says which is which and how many times each runs.
std::string to_dot(const Graph& graph, const Plan* plan = nullptr);

}  // namespace graph
