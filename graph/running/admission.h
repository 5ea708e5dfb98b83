// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "graph/planning/layout.h"
#include "graph/run.h"

namespace graph {

/// Which items a run admits, in order, and which of their nodes must run: what sharding, resuming and RunOptions::only
/// leave over. Immutable.
class Admission {
 public:
  Admission(const Plan& plan, const Layout& layout, const RunOptions& options);

  int count() const { return static_cast<int>(all_ ? plan_.items() : items_.size()); }
  int item(int k) const { return all_ ? k : items_[k]; }
  /// By node of the root (loops stand for their bodies); null: everything.
  const std::vector<bool>* needed(int item) const;
  /// Every node that some item needs, bodies of loops included.
  std::vector<bool> needed_by_any() const;
  /// Items of this run in the item's group; with `node` only those that need it.
  std::int64_t expected(Scope scope, int item, int node = -1) const;
  /// These items, ascending.
  std::vector<int> members(Scope scope, int item, int node) const;
  /// Gathering nodes that a shard leaves to the run that has everything.
  const std::vector<int>& left_out() const { return left_out_; }

 private:
  std::vector<int> sinks_of(int item, const RunOptions& options) const;
  bool may_be_off(int sink) const;

  const Plan& plan_;
  const Layout& layout_;
  bool all_ = true;  ///< all items, all nodes: nothing else is kept then
  std::vector<int> items_;
  std::vector<int> mask_of_;  ///< by item: index into masks_; -1: not in this run
  std::vector<std::vector<bool>> masks_;
  std::vector<int> left_out_;
};

}  // namespace graph
