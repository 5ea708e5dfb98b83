// SPDX-License-Identifier: MIT
#pragma once

#include <set>

#include "graph/plan.h"

namespace program {

/// What a node's result depends on, by index.
struct Dependence {
  std::set<int> nodes;   ///< itself, and all in front of it; of a loop or an each: all that is in it
  std::set<int> params;  ///< of the graph itself, that these name in properties, windows, file names or `per`
};
Dependence dependence_of(const graph::Plan& plan, int node);

}  // namespace program
