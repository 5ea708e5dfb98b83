// SPDX-License-Identifier: MIT
#include "graph/running/picks.h"

#include <iterator>
#include <utility>

namespace graph {

void add_picks(Frame& frame, std::vector<Pick> picks) {
  if (picks.empty()) return;
  const base::MutexLock lock(frame.item->mutex);
  std::move(picks.begin(), picks.end(), std::back_inserter(frame.picks));
}

std::vector<Pick> take_picks(Frame& frame) {
  const base::MutexLock lock(frame.item->mutex);
  return std::exchange(frame.picks, {});
}

std::vector<Pick> picks_of(const Frame& frame) {
  const base::MutexLock lock(frame.item->mutex);
  return frame.picks;
}

std::vector<Pick> picks_around(const Frame& frame) {
  std::vector<Pick> all;
  for (const Frame* at = &frame; at != nullptr; at = at->parent) {
    std::vector<Pick> picks = picks_of(*at);
    std::move(picks.begin(), picks.end(), std::back_inserter(all));
  }
  return all;
}

std::vector<Pick> picks_of_node(const Frame& root, int node, const Layout& layout, const Graph& graph) {
  std::vector<Pick> picks = picks_of(root);
  std::erase_if(picks, [&](const Pick& pick) { return layout.root_of(graph, pick.node) != node; });
  return picks;
}

GivenPicks::GivenPicks(const std::vector<Pick>& picks) {
  for (const Pick& pick : picks) picked_.insert_or_assign(place_of(pick, pick.item), pick.picked);
}

const std::vector<std::string>* GivenPicks::find(const Pick& pick) const {
  if (picked_.empty()) return nullptr;
  auto found = picked_.find(place_of(pick, pick.item));
  if (found == picked_.end()) found = picked_.find(place_of(pick, -1));
  return found == picked_.end() ? nullptr : &found->second;
}

GivenPicks::Place GivenPicks::place_of(const Pick& pick, std::int64_t item) {
  return {pick.node, item, pick.turns, pick.element, pick.name};
}

}  // namespace graph
