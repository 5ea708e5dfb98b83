// SPDX-License-Identifier: MIT
#pragma once

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "cli/signs_of_life.h"
#include "graph/run.h"

namespace cli {

/// Turns Ctrl-C (and SIGTERM) into stops: the first lets items in flight finish, the second stops at once, and the
/// process leaves with code 130 three seconds later, or at the third, if the run has not ended by then. A SIGTERM
/// within five seconds of the first signal is the same order once more, and stops nothing at once; when the run has
/// stopped, SIGTERM is ignored until the process has left, so that its exit code is the run's. SIGXCPU, by which the
/// system tells that the processor's time is up (ulimit -t), is a first signal, too. Before anything runs there is
/// nothing to finish: then the process leaves three seconds after the first signal, or at the second.
///
/// While libraries are loaded and nodes are opened, it looks for signs of life, and ends a process that has none: see
/// opening().
///
/// Make it before any other thread, so that no thread but its own gets the signals.
class SignalWatch {
 public:
  /// Says how many threads can be started, and sets base::limit_threads() with a warning (but for `quiet`) where these
  /// are few. Throws program::UsageError: too few for anything.
  explicit SignalWatch(graph::StopSignal& stop, bool quiet = false);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  /// From now on something is loaded or opened: `what`, for the message. Where there is no sign of life for
  /// `stall_after`, the process says so and ends with code 1.
  void opening(const std::string& what, std::chrono::milliseconds stall_after);
  /// For RunOptions::opening: `what` is the node's id.
  std::function<void(int node)> opening(const graph::Graph& graph, std::chrono::milliseconds stall_after);
  /// Everything is open: the run looks after itself.
  void running();

 private:
  enum class Phase { kBefore, kOpening, kRunning };

  void watch();
  /// The next signal; looks for signs of life meanwhile.
  int next_signal();
  void look();
  [[noreturn]] void leave_stalled() const;
  /// After the first signal: leaves where nothing runs within kPatience.
  void leave_before_run();

  graph::StopSignal& stop_;
  sigset_t signals_, before_;
  std::atomic<bool> ended_{false};
  std::atomic<Phase> phase_{Phase::kBefore};
  std::mutex mutex_;
  std::string what_;                          // what is opened
  std::chrono::milliseconds stall_after_{0};  // of that
  SignsOfLife signs_;
  std::thread thread_;
};

}  // namespace cli
