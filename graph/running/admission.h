// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <vector>

#include "base/mutex.h"
#include "graph/planning/layout.h"
#include "graph/run.h"

namespace graph {

/// Which items a run admits, in order, and which of their nodes must run: what sharding, resuming and RunOptions::only
/// leave over. Of a run that ends this is found out at once, of another item by item. Thread-safe.
class Admission {
 public:
  /// `plan`, `layout` and `options` must outlive it.
  Admission(const Plan& plan, const Layout& layout, const RunOptions& options);

  static constexpr std::int64_t kNoEnd = std::numeric_limits<std::int64_t>::max();

  /// How many items; kNoEnd: as many as there is time for.
  std::int64_t count() const { return count_; }
  /// The first item that is not before `item`; -1: there is none.
  std::int64_t next(std::int64_t item) const;
  /// By node of the root (loops stand for their bodies); null: everything.
  const std::vector<bool>* needed(std::int64_t item) const;
  /// Every node that some item needs, bodies of loops included.
  std::vector<bool> needed_by_any() const;
  /// Items of this run in the item's group, kNoEnd where it never ends; with `node` only those that need it.
  std::int64_t expected(Scope scope, std::int64_t item, int node = -1) const;
  /// These items, ascending. REQUIRES: the group ends.
  std::vector<std::int64_t> members(Scope scope, std::int64_t item, int node) const;
  /// Gathering nodes that a shard leaves to the run that has everything.
  const std::vector<int>& left_out() const { return left_out_; }

 private:
  using Mask = std::vector<bool>;
  std::vector<int> sinks_of(std::int64_t item) const;
  bool may_be_off(int sink) const;
  int mask_of(std::int64_t item) const;
  int find_mask(std::int64_t item) const;
  const Mask& mask(int index) const;

  const Plan& plan_;
  const Layout& layout_;
  const RunOptions& options_;
  bool all_ = true;  ///< all items, all nodes: nothing else is kept then
  std::int64_t count_ = 0;
  std::vector<int> mask_of_;  ///< by item of a run that ends: index into masks_; -1: not in this run
  std::vector<int> left_out_;
  mutable base::Mutex mutex_;  ///< nothing else is locked while it is held
  mutable std::deque<Mask> masks_ DECOUPAGE_GUARDED_BY(mutex_);
  /// By sinks; few: items differ in what is whole, and mostly do not.
  mutable std::map<std::vector<int>, int> by_sinks_ DECOUPAGE_GUARDED_BY(mutex_);
};

}  // namespace graph
