// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "graph/executor.h"

namespace graph {

/// A deferred call on its way: ended once, by the node, by the loss of its last Completion, or by the watchdog. Lives
/// as long as the node holds a Completion, so that a late send() hits nothing.
class Executor::Deferral : public std::enable_shared_from_this<Executor::Deferral> {
 public:
  Deferral(std::unique_ptr<Call> call, Clock::time_point start) : call_(std::move(call)), start_(start) {}

  /// Counts the call in the flow graph, so that the run waits for it.
  void begin(DeferNode::gateway_type& gateway);
  void end(Outcome outcome, const std::string& error);
  std::shared_ptr<Completion> completion();

  Call& call() { return *call_; }
  Clock::time_point start() const { return start_; }
  Outcome outcome() const { return outcome_; }
  const std::string& error() const { return error_; }

 private:
  const std::unique_ptr<Call> call_;
  const Clock::time_point start_;
  DeferNode::gateway_type* gateway_ = nullptr;
  std::atomic<bool> ended_{false};
  Outcome outcome_ = Outcome::kDone;
  std::string error_;
};

/// Looks from outside whether a run still moves. While items are in flight, no call is running and nothing has moved
/// for RunOptions::stall_after, only a deferred call can be what everything waits for: it is named and failed. When the
/// run is to stop at once, deferred calls are given up.
class Executor::Watchdog {
 public:
  explicit Watchdog(Executor& executor);
  ~Watchdog();

 private:
  void watch();
  void end_deferred(Outcome outcome, const std::string& error);

  Executor& executor_;
  std::mutex mutex_;
  std::condition_variable over_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace graph
