// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <string>
#include <vector>

#include "graph/plan.h"

/// What sets a picture apart from the one that its recipe was taken of.
namespace program {

/// A line for each setting, or place in a data param, that is not the recipe's: "seed 7 (was 3)". What was not
/// `recorded` was the graph's default. A change that the result of `node` (an index) does not depend on says so.
std::vector<std::string> changes(const graph::Plan& plan, int node, const std::vector<graph::Assignment>& given,
                                 const std::vector<graph::Assignment>& recorded);

/// The paths that an assignment names, those inside of its data included.
std::set<std::string> paths_in(const graph::Graph& graph, const graph::Assignment& assignment);

}  // namespace program
