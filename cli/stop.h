// SPDX-License-Identifier: MIT
#pragma once

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "graph/run.h"

namespace cli {

/// Turns Ctrl-C (and SIGTERM) into stops: the first lets items in flight finish, the second stops at once, and the
/// process leaves with code 130 three seconds later, or at the third, if the run has not ended by then. A SIGTERM
/// within five seconds of the first signal is the same order once more, and stops nothing at once; when the run has
/// stopped, SIGTERM is ignored until the process has left, so that its exit code is the run's.
///
/// Make it before any other thread, so that no thread but its own gets the signals.
class SignalWatch {
 public:
  explicit SignalWatch(graph::StopSignal& stop);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  void watch();

  graph::StopSignal& stop_;
  sigset_t signals_, before_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace cli
