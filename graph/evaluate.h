// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "graph/graph.h"

namespace graph {

/// An expression's value where `param` gives those of the graph's own params, by index: what a run is told before it is
/// planned. Throws std::invalid_argument when it is not of its kind, and what `param` throws.
Scalar evaluate(const Graph& graph, const Expr& expr, const std::function<Scalar(int param)>& param);

}  // namespace graph
