// SPDX-License-Identifier: MIT
#include "graph/running/admission.h"

#include <algorithm>
#include <stdexcept>

#include "graph/planning/window.h"

namespace graph {

Admission::Admission(const Plan& plan, const Layout& layout, const RunOptions& options) : plan_(plan), layout_(layout) {
  if (options.shard_count < 1 || options.shard_index < 0 || options.shard_index >= options.shard_count) {
    throw std::invalid_argument("shard " + std::to_string(options.shard_index + 1) + " of " +
                                std::to_string(options.shard_count) + ": expected 1/n to n/n");
  }
  const bool constant = std::none_of(layout.sinks.begin(), layout.sinks.end(), [&](int s) { return may_be_off(s); });
  all_ = options.shard_count == 1 && !options.whole && options.only.empty() && constant;
  if (all_) return;
  if (options.shard_count > 1) left_out_ = layout.gathers;
  std::map<std::vector<int>, int> masks;  // few: items differ in what is whole, and mostly do not
  mask_of_.assign(plan.items(), -1);
  for (int item = 0; item < plan.items(); ++item) {
    const std::vector<int> sinks = sinks_of(item, options);
    if (sinks.empty()) continue;
    const auto [entry, added] = masks.try_emplace(sinks, static_cast<int>(masks_.size()));
    if (added) masks_.push_back(layout.needed_for(plan, sinks));
    mask_of_[item] = entry->second;
    items_.push_back(item);
  }
}

/// Whether `if` or `unless` can switch it off: then what only it needs does not run.
bool Admission::may_be_off(int sink) const {
  const std::optional<When>& when = plan_.graph().nodes[sink].when;
  return when && !(when->only_if.is_constant() && when->unless.is_constant() &&
                   std::get<bool>(when->only_if.constant) && !std::get<bool>(when->unless.constant));
}

std::vector<int> Admission::sinks_of(int item, const RunOptions& options) const {
  std::vector<int> sinks;
  if (item % options.shard_count != options.shard_index) return sinks;
  for (int sink : options.only.empty() ? layout_.sinks : options.only) {
    if (may_be_off(sink) && !switched_on(plan_, plan_.graph().nodes[sink], item)) continue;
    const int first = plan_.first_item(plan_.scope(sink), item);
    if (options.shard_count > 1) {
      // A shared result belongs to the shard of its first item; a gathered one to no shard.
      if (plan_.after_gather(layout_.root_of(plan_.graph(), sink))) continue;
      if (first % options.shard_count != options.shard_index) continue;
    }
    if (options.whole && options.whole(sink, first)) continue;
    sinks.push_back(sink);
  }
  return sinks;
}

const std::vector<bool>* Admission::needed(int item) const {
  return all_ ? nullptr : &masks_[mask_of_[item]];
}

std::vector<bool> Admission::needed_by_any() const {
  const Graph& graph = plan_.graph();
  std::vector<bool> any(graph.nodes.size(), all_);
  if (all_) return any;
  for (std::size_t n = 0; n < any.size(); ++n) {
    const int root = layout_.root_of(graph, static_cast<int>(n));
    any[n] = std::any_of(masks_.begin(), masks_.end(), [&](const auto& mask) { return mask[root]; });
  }
  return any;
}

std::vector<int> Admission::members(Scope scope, int item, int node) const {
  std::vector<int> members = plan_.members(scope, item);
  if (!all_) std::erase_if(members, [&](int m) { return mask_of_[m] < 0 || !masks_[mask_of_[m]][node]; });
  return members;
}

std::int64_t Admission::expected(Scope scope, int item, int node) const {
  if (all_) return plan_.items() / plan_.groups(scope);
  std::int64_t count = 0;
  for (int member : plan_.members(scope, item)) {
    if (mask_of_[member] >= 0 && (node < 0 || masks_[mask_of_[member]][node])) ++count;
  }
  return count;
}

}  // namespace graph
