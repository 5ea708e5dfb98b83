// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "graph/node.h"
#include "graph/planning/layout.h"
#include "graph/running/frame.h"

/// Picks (Context::choose) are kept by the frame in which they were made, go to the frame around it with what that
/// takes of the region's results, and to other items with what these share. Thread-safe.
namespace graph {

/// Adds to those of a frame.
void add_picks(Frame& frame, std::vector<Pick> picks);
/// Takes those of a frame away.
std::vector<Pick> take_picks(Frame& frame);
std::vector<Pick> picks_of(const Frame& frame);
/// Those that a node in the frame may stand behind: of the frame, and of those around it.
std::vector<Pick> picks_around(const Frame& frame);
/// Those of a node of the root, and of all inside of it.
std::vector<Pick> picks_of_node(const Frame& root, int node, const Layout& layout, const Graph& graph);

/// What a run picks as an earlier one did. Immutable.
class GivenPicks {
 public:
  explicit GivenPicks(const std::vector<Pick>& picks);

  /// What was picked at the place of `pick`, for its item or whatever the item; null: nothing is known.
  const std::vector<std::string>* find(const Pick& pick) const;

 private:
  using Place = std::tuple<std::int64_t, std::int64_t, std::vector<int>, std::vector<int>, std::string>;
  static Place place_of(const Pick& pick, std::int64_t item);

  std::map<Place, std::vector<std::string>> picked_;
};

}  // namespace graph
