// SPDX-License-Identifier: MIT
#pragma once

#include <iosfwd>

#include "graph/graph.h"

namespace cli {

/// The params of a graph as flags: name, type and range, default, what it is about.
void print_params(std::ostream& out, const graph::Graph& graph);

/// The flags alone, a line each, for completion.
void list_param_flags(std::ostream& out, const graph::Graph& graph);

/// "seed, steps", or "none".
std::string param_names(const graph::Graph& graph);

/// A param's default as written, "" when there is none.
std::string default_text(const graph::Graph& graph, const graph::Param& param);

}  // namespace cli
