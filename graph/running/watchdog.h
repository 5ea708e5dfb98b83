// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "graph/running/environment.h"
#include "graph/running/flights.h"

namespace graph {

/// Signs of life of a run. Thread-safe, and costs one atomic addition each.
class Pulse {
 public:
  /// Something has come a step further.
  void beat() { beats_.fetch_add(1, std::memory_order_relaxed); }
  /// A thread or a device is at work on a call.
  void begin_call() { running_.fetch_add(1, std::memory_order_relaxed); }
  void end_call() {
    running_.fetch_sub(1, std::memory_order_relaxed);
    beat();
  }

  std::int64_t beats() const { return beats_.load(std::memory_order_relaxed); }
  bool call_running() const { return running_.load(std::memory_order_relaxed) > 0; }

 private:
  std::atomic<std::int64_t> beats_{0};
  std::atomic<int> running_{0};
};

/// Looks from outside whether a run still moves. While items are in flight, no call is running and nothing has moved
/// for RunOptions::stall_after, only a deferred call can be what everything waits for: it is named and failed. When the
/// run is to stop at once, deferred calls are given up. Calls that a device works on count as running.
class Watchdog {
 public:
  Watchdog(const Environment& environment, const Flights& flights, const Pulse& pulse);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void watch();
  void give_up() const;
  void fail_stalled() const;

  const Environment& environment_;
  const Flights& flights_;
  const Pulse& pulse_;
  base::Mutex mutex_;
  base::Condition over_;
  bool stop_ DECOUPAGE_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace graph
