// SPDX-License-Identifier: MIT
#include "observers/record/run_state.h"

#include <algorithm>

#include "graph/planning/layout.h"
#include "graph/planning/window.h"
#include "observers/record/item_records.h"
#include "observers/record/run_places.h"

namespace observers {

History read_history(const graph::Plan& plan, const std::string& folder, std::vector<std::string>& notes) {
  const RunPlaces run = places_of(folder);
  History history(plan, run.files);
  for (const auto& [path, shard] : find_item_files(run.record)) {
    ItemRecords items = read_item_records(path);
    notes.insert(notes.end(), items.notes.begin(), items.notes.end());
    if (items.torn) notes.push_back(path + ": its last line is cut off, as a crash leaves it, and counts for nothing");
    history.add(std::move(items.records), shard);
  }
  return history;
}

RunState state_of(const graph::Plan& plan, const History& history) {
  const graph::Layout layout(plan);
  RunState state;
  state.lacking.assign(plan.items(), false);
  for (const int sink : layout.sinks) {
    const graph::Scope scope = plan.scope(sink);
    const bool gathered = plan.after_gather(layout.root_of(plan.graph(), sink));
    for (std::int64_t item = 0; item < plan.items(); ++item) {
      if (plan.first_item(scope, item) != item || !graph::switched_on(plan, plan.graph().nodes[sink], item)) continue;
      if (history.whole(sink, item)) continue;
      (gathered ? state.gathered : state.missing).push_back({sink, item, history.gap(sink, item)});
      if (gathered) continue;
      for (const std::int64_t member : plan.members(scope, item)) state.lacking[member] = true;
    }
  }
  std::ranges::stable_sort(state.missing, {}, &MissingResult::item);
  state.whole_items = std::ranges::count(state.lacking, false);
  return state;
}

bool can_be_gathered(const graph::Plan& plan, const RunState& state, const MissingResult& result) {
  const std::vector<std::int64_t> members = plan.members(plan.scope(result.node), result.item);
  return std::ranges::none_of(members, [&](std::int64_t item) { return state.lacking[item]; });
}

int shards_of(const std::string& folder) {
  int count = 1;
  for (const auto& [path, shard] : find_item_files(places_of(folder).record)) count = std::max(count, shard.count);
  return count;
}

}  // namespace observers
