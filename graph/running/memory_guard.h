// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/mutex.h"
#include "graph/running/call.h"
#include "graph/running/flow.h"
#include "graph/running/memory_budget.h"

namespace graph {

/// What is done about memory: a budget keeps lanes back, batches that ran out of it get smaller, and calls of one row
/// that did are made again when no other call is going on.
class MemoryGuard {
 public:
  MemoryGuard(const Environment& environment, Flow& flow) : environment_(environment), flow_(flow) {}
  /// Before the first item: what is in use now is not the items'.
  void start(int lanes);

  // Lanes. From where items are admitted, one at a time.
  /// Room for one more item? Otherwise the lane waits until one has been admitted or the items are at an end.
  bool admit(int lane);
  /// admit() was true, but there was no item to start.
  void give_back();
  /// A lane that waits may try again.
  void free_next_lane();
  /// There will be no more items. How many lanes waited for one.
  int dismiss_lanes();

  // The rest from any thread.
  /// What the item held is free.
  void end_item();
  /// At a call's end, when what it has made is still there.
  void look() {
    if (budget_) budget_->look();
  }
  /// The most items that were in flight at once; nothing without a budget.
  std::optional<int> most_lanes() const;

  /// Whether the exception says that memory ran out.
  bool ran_out(const std::exception& error) const;
  /// What a batch threw. When memory ran out, the node's batches are smaller from now on.
  void note_batch_failure(std::span<Call* const> rows, const std::exception& error);
  /// The row's call ran out of memory: until it has been made again, no other one begins.
  void starve(Call& row);
  /// A call has ended. When it was the last one: the next of those that are to run alone, or, after them, all others.
  void end_call() {
    if (starving_) serve_starved();
  }

 private:
  void serve_starved();

  const Environment& environment_;
  Flow& flow_;
  std::unique_ptr<MemoryBudget> budget_;  ///< null: none
  std::vector<int> parked_;               ///< lanes without an item
  std::atomic<bool> batch_lowered_{false};
  std::atomic<bool> starving_{false};
  base::Mutex mutex_;  ///< taken before those of the ready queues and of those who take tickets
  std::deque<Ready> starved_ DECOUPAGE_GUARDED_BY(mutex_);
};

}  // namespace graph
