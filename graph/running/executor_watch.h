// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "graph/running/executor.h"

namespace graph {

/// A call on its way that ends later than process() returns: ended once, by the node, by the loss of its last
/// Completion, by the lane's device, or by the watchdog. Lives as long as one of these may still end it, so that a late
/// send() hits nothing.
class Executor::Flight : public std::enable_shared_from_this<Executor::Flight> {
 public:
  Flight(Rows rows, int number) : rows_(std::move(rows)), number_(number), start_(Clock::now()) {}

  /// Counts the call in the flow graph, so that the run waits for it. Before that it cannot end.
  void begin(DeferNode::gateway_type& gateway);
  void end(Outcome outcome, const std::string& error);
  std::shared_ptr<Completion> completion();

  const Rows& rows() const { return rows_; }
  int node() const { return rows_.front()->index(); }
  int number() const { return number_; }
  Clock::time_point start() const { return start_; }
  Outcome outcome() const { return outcome_; }
  const std::string& error() const { return error_; }
  /// When process() had returned.
  void set_handed_over() { handed_over_ = Clock::now(); }
  Clock::duration on_device() const { return handed_over_ ? Clock::now() - *handed_over_ : Clock::duration{}; }
  bool begun() const { return gateway_.load() != nullptr; }

 private:
  const Rows rows_;
  const int number_;
  const Clock::time_point start_;
  std::optional<Clock::time_point> handed_over_;
  std::atomic<DeferNode::gateway_type*> gateway_{nullptr};
  std::atomic<bool> ended_{false};
  Outcome outcome_ = Outcome::kDone;
  std::string error_;
};

/// Looks from outside whether a run still moves. While items are in flight, no call is running and nothing has moved
/// for RunOptions::stall_after, only a deferred call can be what everything waits for: it is named and failed. When the
/// run is to stop at once, deferred calls are given up. Calls that a device works on count as running.
class Executor::Watchdog {
 public:
  explicit Watchdog(Executor& executor);
  ~Watchdog();

 private:
  void watch();
  void end_flights(Outcome outcome, const std::string& error);

  Executor& executor_;
  std::mutex mutex_;
  std::condition_variable over_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace graph
