// SPDX-License-Identifier: MIT
#pragma once

#include "graph/plan.h"

namespace graph {

/// The place of a turn in a window: active, and how far in it.
struct WindowPlace {
  bool active = true;
  double place = 0;
};
/// False when `if` or `unless` switch the node off for an item, whatever the turn.
bool switched_on(const Plan& plan, const GraphNode& node, std::int64_t item);
WindowPlace place_in_window(const Plan& plan, const GraphNode& node, const Turn& turn, std::int64_t item);

}  // namespace graph
