// SPDX-License-Identifier: MIT
#pragma once

#include "graph/registry.h"

namespace graph {

/// Adds the node types of the graph language itself: `column`, `first`, `text-grid` and `value`. They compute nothing,
/// so that every program with the engine has them, whatever else it loads.
void add_elements(Registry& registry);

}  // namespace graph
