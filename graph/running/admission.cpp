// SPDX-License-Identifier: MIT
#include "graph/running/admission.h"

#include <algorithm>
#include <stdexcept>

#include "graph/planning/window.h"

namespace graph {

Admission::Admission(const Plan& plan, const Layout& layout, const RunOptions& options)
    : plan_(plan), layout_(layout), options_(options) {
  if (options.shard_count < 1 || options.shard_index < 0 || options.shard_index >= options.shard_count) {
    throw std::invalid_argument("shard " + std::to_string(options.shard_index + 1) + " of " +
                                std::to_string(options.shard_count) + ": expected 1/n to n/n");
  }
  const bool constant = std::none_of(layout.sinks.begin(), layout.sinks.end(), [&](int s) { return may_be_off(s); });
  all_ = options.shard_count == 1 && !options.whole && options.only.empty() && constant;
  count_ = plan.endless() ? kNoEnd : plan.items();
  if (options.shard_count > 1) left_out_ = layout.gathers;
  if (all_ || plan.endless()) return;
  mask_of_.assign(plan.items(), -1);
  count_ = 0;
  for (std::int64_t item = 0; item < plan.items(); ++item) {
    mask_of_[item] = find_mask(item);
    if (mask_of_[item] >= 0) ++count_;
  }
}

/// Whether `if` or `unless` can switch it off: then what only it needs does not run.
bool Admission::may_be_off(int sink) const {
  const std::optional<When>& when = plan_.graph().nodes[sink].when;
  return when && !(when->only_if.is_constant() && when->unless.is_constant() &&
                   std::get<bool>(when->only_if.constant) && !std::get<bool>(when->unless.constant));
}

std::vector<int> Admission::sinks_of(std::int64_t item) const {
  std::vector<int> sinks;
  if (item % options_.shard_count != options_.shard_index) return sinks;
  for (int sink : options_.only.empty() ? layout_.sinks : options_.only) {
    if (may_be_off(sink) && !switched_on(plan_, plan_.graph().nodes[sink], item)) continue;
    const std::int64_t first = plan_.first_item(plan_.scope(sink), item);
    if (options_.shard_count > 1) {
      // A shared result belongs to the shard of its first item; a gathered one to no shard.
      if (plan_.after_gather(layout_.root_of(plan_.graph(), sink))) continue;
      if (first % options_.shard_count != options_.shard_index) continue;
    }
    if (options_.whole && options_.whole(sink, first)) continue;
    sinks.push_back(sink);
  }
  return sinks;
}

int Admission::find_mask(std::int64_t item) const {
  const std::vector<int> sinks = sinks_of(item);
  if (sinks.empty()) return -1;
  const base::MutexLock lock(mutex_);
  const auto [entry, added] = by_sinks_.try_emplace(sinks, static_cast<int>(masks_.size()));
  if (added) masks_.push_back(layout_.needed_for(plan_, sinks));
  return entry->second;
}

int Admission::mask_of(std::int64_t item) const {
  return plan_.endless() ? find_mask(item) : mask_of_[item];
}

const Admission::Mask& Admission::mask(int index) const {
  const base::MutexLock lock(mutex_);
  return masks_[index];
}

std::int64_t Admission::next(std::int64_t item) const {
  while (item < plan_.items() && !all_ && mask_of(item) < 0) ++item;
  return item < plan_.items() ? item : -1;
}

const std::vector<bool>* Admission::needed(std::int64_t item) const {
  return all_ ? nullptr : &mask(mask_of(item));
}

std::vector<bool> Admission::needed_by_any() const {
  const Graph& graph = plan_.graph();
  std::vector<bool> any(graph.nodes.size(), all_);
  if (all_) return any;
  // Nobody knows what the items of a run without end will need.
  std::vector<Mask> masks;
  if (plan_.endless())
    masks.push_back(layout_.needed_for(plan_, options_.only.empty() ? layout_.sinks : options_.only));
  const base::MutexLock lock(mutex_);
  masks.insert(masks.end(), masks_.begin(), masks_.end());
  for (std::size_t n = 0; n < any.size(); ++n) {
    const int root = layout_.root_of(graph, static_cast<int>(n));
    any[n] = std::any_of(masks.begin(), masks.end(), [&](const Mask& needs) { return needs[root]; });
  }
  return any;
}

std::vector<std::int64_t> Admission::members(Scope scope, std::int64_t item, int node) const {
  std::vector<std::int64_t> members = plan_.members(scope, item);
  if (all_) return members;
  std::erase_if(members, [&](std::int64_t member) {
    const int index = mask_of(member);
    return index < 0 || (node >= 0 && !mask(index)[node]);
  });
  return members;
}

std::int64_t Admission::expected(Scope scope, std::int64_t item, int node) const {
  if (plan_.is_open(scope)) return kNoEnd;
  return all_ ? plan_.group_size(scope, item) : static_cast<std::int64_t>(members(scope, item, node).size());
}

}  // namespace graph
