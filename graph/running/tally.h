// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <vector>

#include "base/mutex.h"
#include "graph/running/environment.h"

namespace graph {

/// The books of a run: which items came and how they ended, and what calls took. Thread-safe.
class Tally {
 public:
  Tally(const Environment& environment, int lanes);

  void admit_item() { ++admitted_; }
  std::int64_t admitted() const { return admitted_; }
  /// When nothing works on it any more.
  void end_item(ItemRun& item, ItemStatus status);
  void bring_home(int lanes) { lanes_home_ += lanes; }
  /// Why not all items are admitted.
  enum class Cut { kStopped, kFailures, kTime };
  /// The bus is told once.
  void cut_short(Cut why);
  bool is_cut_short() const { return cut_short_; }
  bool too_many_failures() const;

  /// A node was not called for a packet.
  void pass(int node) { nodes_[node].passed.fetch_add(1, std::memory_order_relaxed); }
  /// The number of a call that begins.
  int begin_call() { return calls_made_.fetch_add(1, std::memory_order_relaxed); }
  struct CallTimes {
    Clock::duration busy{}, queued{};
    PhaseTimes phases;
  };
  void end_call(int node, int rows, const CallTimes& times);

  /// Throws EngineError: items or lanes are not all where they belong at the end.
  void check() const;
  /// What is known here: items, failures, nodes, lanes.
  RunReport report() const;

 private:
  struct NodeSums {
    std::atomic<std::int64_t> calls{0}, packets{0}, passed{0};
    std::atomic<std::int64_t> busy_ns{0}, queued_ns{0}, copied_ns{0}, waited_ns{0}, backward_ns{0};
  };
  void note_failure(ItemRun& item);

  const Environment& environment_;
  const int lanes_;
  std::atomic<std::int64_t> admitted_{0}, done_{0}, failed_{0}, cancelled_{0};
  std::atomic<int> lanes_home_{0};
  std::atomic<bool> cut_short_noted_{false};
  std::atomic<bool> interrupted_{false};  ///< somebody stopped it
  std::atomic<bool> time_is_up_{false};
  std::atomic<bool> cut_short_{false};  ///< not all items were admitted, or not all came to their end
  std::atomic<int> calls_made_{0};
  std::vector<NodeSums> nodes_;
  mutable base::Mutex mutex_;  ///< nothing else is locked while it is held
  std::vector<RunReport::Failure> failures_ DECOUPAGE_GUARDED_BY(mutex_);
};

}  // namespace graph
