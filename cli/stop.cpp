// SPDX-License-Identifier: MIT
#include "cli/stop.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "base/cores.h"
#include "cli/command.h"
#include "program/usage_error.h"

namespace cli {
namespace {

constexpr std::chrono::seconds kPatience{3};
constexpr std::chrono::seconds kSameOrder{5};
constexpr timespec kLook{0, 200'000'000};
constexpr timespec kNow{};

/// Not through a stream: another thread may hold its lock and hang.
void say(const std::string& text) {
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
}

/// The watch's own, the bus's, the engine's, and one that oneTBB has in any case.
constexpr int kLeastThreads = 4;

/// Looks how many threads can be started. Of c cores each of several pools takes c - 1: oneTBB's, OpenMP's for what
/// opens and for what computes, and libtorch's other one.
void fit_threads(bool quiet) {
  constexpr int kPools = 4, kOthers = 6;
  const int cores = base::usable_cores(), wanted = kLeastThreads + kOthers + kPools * cores;
  const int threads = base::startable_threads(wanted);
  if (threads == wanted) return;
  if (threads < kLeastThreads) {
    throw program::UsageError("only " + std::to_string(threads) + " more threads can be started here, and " +
                              std::to_string(kLeastThreads) +
                              " are needed: raise the limit of processes and threads (ulimit -u, or pids.max of a "
                              "container) or of memory (ulimit -v)");
  }
  const int most = std::clamp(1 + (threads - kLeastThreads - 1) / kPools, 1, cores);
  base::limit_threads(most);
  // Read by the libraries when they are loaded.
  for (const char* name : {"OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"})
    setenv(name, std::to_string(most).c_str(), 1);
  if (quiet) return;
  std::cerr << "warning: only " << threads
            << " more threads can be started here (ulimit -u, a container's pids.max, or "
            << "ulimit -v): " << most << " of " << cores << (cores == 1 ? " core computes\n" : " cores compute\n");
}

}  // namespace

SignalWatch::SignalWatch(graph::StopSignal& stop, bool quiet) : stop_(stop) {
  sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGXCPU}) sigaddset(&signals_, signal);
  fit_threads(quiet);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  thread_ = std::thread([this] { watch(); });
}

SignalWatch::~SignalWatch() {
  ended_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);  // wakes it
  thread_.join();
  if (stop_.level > 0) {
    // The order was carried out: once more, while it was or from now on, must not turn the end into a death by signal.
    signal(SIGTERM, SIG_IGN);
    while (sigtimedwait(&signals_, nullptr, &kNow) > 0) continue;
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void SignalWatch::opening(const std::string& what, std::chrono::milliseconds stall_after) {
  const std::lock_guard lock(mutex_);
  what_ = what;
  stall_after_ = stall_after;
  signs_.begin();
  phase_ = Phase::kOpening;
}

std::function<void(int node)> SignalWatch::opening(const graph::Graph& graph, std::chrono::milliseconds stall_after) {
  return [this, &graph, stall_after](int node) {
    if (node < 0) running();
    else opening("node '" + graph.nodes[node].id + "'", stall_after);
  };
}

void SignalWatch::running() {
  phase_ = Phase::kRunning;
}

int SignalWatch::next_signal() {
  while (true) {
    const int signal = sigtimedwait(&signals_, nullptr, &kLook);
    if (signal > 0 || ended_) return signal;
    look();
  }
}

void SignalWatch::look() {
  if (phase_ != Phase::kOpening) return;
  const std::lock_guard lock(mutex_);
  if (signs_.none_for(stall_after_)) leave_stalled();
}

void SignalWatch::leave_stalled() const {
  const auto after = stall_after_.count();
  say("\ndecoupage: error: " + what_ + " is being opened, and stands still: there was no sign of life for " +
      std::to_string(after / 1000) + "." + std::to_string(after % 1000 / 100) +
      " s. A library may wait for threads or memory that it did not get (ulimit -u, ulimit -v, a container's limits), "
      "or a disk does not answer; --watchdog SECONDS waits longer\n");
  _exit(kSomeFailed);
}

void SignalWatch::leave_before_run() {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (phase_ != Phase::kRunning && !ended_ && std::chrono::steady_clock::now() < end) {
    const int signal = sigtimedwait(&signals_, nullptr, &kLook);
    if (signal == SIGINT) break;
  }
  if (phase_ == Phase::kRunning || ended_) return;
  say("\ndecoupage: nothing has begun: leaving\n");
  _exit(kInterrupted);
}

void SignalWatch::watch() {
  int signal = next_signal();
  if (ended_) return;
  stop_.level = 1;
  if (signal == SIGXCPU) say("\ndecoupage: the processor's time is up (ulimit -t)");
  if (phase_ == Phase::kRunning) {
    say("\ndecoupage: stopping: items in flight are finished first; once more to stop at once\n");
  } else {
    say("\ndecoupage: stopping before the first item\n");
    leave_before_run();
  }
  // Schedulers signal a job's every process, and scripts pass on what they get: the same order comes several times. So
  // does SIGXCPU, each second.
  const auto told = std::chrono::steady_clock::now();
  do {
    signal = next_signal();
    if (ended_) return;
  } while (signal == SIGXCPU || (signal == SIGTERM && std::chrono::steady_clock::now() - told < kSameOrder));
  stop_.level = 2;
  say("\ndecoupage: stopping at once: items in flight are dropped\n");
  constexpr timespec patience{kPatience.count(), 0};
  sigtimedwait(&signals_, nullptr, &patience);
  if (ended_) return;
  say("\ndecoupage: a node does not come back: leaving\n");
  _exit(kInterrupted);
}

}  // namespace cli
