// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "graph/plan.h"

namespace graph {

/// The place of a turn in a window: active, and how far in it.
struct WindowPlace {
  bool active = true;
  double place = 0;
};
/// False when `if` or `unless` switch the node off for an item, whatever the turn.
bool switched_on(const Plan& plan, const GraphNode& node, std::int64_t item);
/// Whether its own `if` or `unless` switch it off for all items.
bool switched_off(const Plan& plan, int node);
WindowPlace place_in_window(const Plan& plan, const GraphNode& node, const Turn& turn, std::int64_t item);

/// What to tell of a node that would act in a loop of `turns` turns, and whose window holds none of them: "its window,
/// from 0.95 to 0.96, holds none of the 4 turns, so it does nothing". "" when it holds some, or none is meant (every or
/// nth is 0).
std::string empty_window(const Plan& plan, const GraphNode& node, int turns, std::int64_t item);

}  // namespace graph
