// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "graph/running/call.h"

namespace graph {

/// The packets of one call.
using Rows = std::vector<std::unique_ptr<Call>>;

/// A call on its way that may end later than process() returns: ended once, by the node, by the loss of its last
/// Completion, by the lane's device, or by the watchdog. It lands when it has ended and process() has returned,
/// whichever comes last. Lives as long as one of these may still end it, so that a late send() hits nothing.
class Flight : public std::enable_shared_from_this<Flight> {
 public:
  Flight(Rows rows, int number, Clock::time_point start) : rows_(std::move(rows)), number_(number), start_(start) {}

  /// process() has returned, and the node or a device goes on. `land` is called once, from any thread, when that has
  /// ended; without hand_over() never.
  void hand_over(std::function<void()> land);
  /// Only the first end counts. From any thread.
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
  /// Throws what it ended with, if that is a failure. When it lands.
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
  std::atomic<int> missing_{2};  ///< of its end and its handing over, before it lands; orders what both wrote
  Outcome outcome_ = Outcome::kDone;
  std::string error_;
};

/// The calls of a run that may end later than they return. Thread-safe.
class Flights {
 public:
  std::shared_ptr<Flight> take_off(Rows rows, int number, Clock::time_point start);
  /// It has ended.
  void forget(const Flight& flight);
  /// Those that only their nodes can end: what a device works on uses the call's values, and ends by itself.
  std::vector<std::shared_ptr<Flight>> deferred() const;
  /// Throws EngineError: one is left.
  void check() const;

 private:
  mutable base::Mutex mutex_;  ///< nothing else is locked while it is held
  std::map<const Flight*, std::shared_ptr<Flight>> all_ DECOUPAGE_GUARDED_BY(mutex_);
};

}  // namespace graph
