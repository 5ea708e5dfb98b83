// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "graph/running/executor.h"

namespace graph {

/// A call on its way that may end later than process() returns: ended once, by the node, by the loss of its last
/// Completion, by the lane's device, or by the watchdog. It lands when it has ended and process() has returned,
/// whichever comes last. Lives as long as one of these may still end it, so that a late send() hits nothing.
class Executor::Flight : public std::enable_shared_from_this<Executor::Flight> {
 public:
  Flight(Rows rows, int number, Clock::time_point start) : rows_(std::move(rows)), number_(number), start_(start) {}

  /// process() has returned, and the node or a device goes on. `land` is called once, from any thread, when that has
  /// ended; without hand_over() never.
  void hand_over(std::function<void()> land);
  void end(Outcome outcome, const std::string& error);
  std::shared_ptr<Completion> completion();

  const Rows& rows() const { return rows_; }
  int node() const { return rows_.front()->index(); }
  int number() const { return number_; }
  Clock::time_point start() const { return start_; }
  bool handed_over() const { return handed_over_; }
  /// The node has asked for a Completion, and says when it ends; otherwise a device does. Known when process() has
  /// returned.
  bool deferred() const { return deferred_; }
  Clock::duration on_device() const { return deferred_ ? Clock::duration{} : Clock::now() - handed_over_at_; }
  /// Throws what it ended with, if that is a failure.
  void check() const;

 private:
  void arrive();

  const Rows rows_;
  const int number_;
  const Clock::time_point start_;
  bool deferred_ = false;
  Clock::time_point handed_over_at_{};
  std::function<void()> land_;
  std::atomic<bool> handed_over_{false}, ended_{false};
  std::atomic<int> missing_{2};  ///< of its end and its handing over, before it lands
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
