// SPDX-License-Identifier: MIT
#pragma once

#include <set>

#include "graph/plan.h"

namespace program {

/// The params of the graph itself (by index) that a node's result depends on: those that it or any node in front of it
/// names, in properties, windows, file names or `per`. A node of a loop depends on all that is in the loop.
std::set<int> params_needed(const graph::Plan& plan, int node);

}  // namespace program
