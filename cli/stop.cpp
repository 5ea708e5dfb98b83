// SPDX-License-Identifier: MIT
#include "cli/stop.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

#include "cli/command.h"

namespace cli {
namespace {

constexpr timespec kPatience{3, 0};
constexpr std::chrono::seconds kSameOrder{5};

/// Not through a stream: another thread may hold its lock and hang.
void say(const char* text) {
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text, std::strlen(text));
}

}  // namespace

SignalWatch::SignalWatch(graph::StopSignal& stop) : stop_(stop) {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
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
    constexpr timespec kNow{};
    while (sigtimedwait(&signals_, nullptr, &kNow) > 0) continue;
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void SignalWatch::watch() {
  int signal = 0;
  if (sigwait(&signals_, &signal) != 0 || ended_) return;
  stop_.level = 1;
  say("\ndecoupage: stopping: items in flight are finished first; once more to stop at once\n");
  // Schedulers signal a job's every process, and scripts pass on what they get: the same order comes several times.
  const auto told = std::chrono::steady_clock::now();
  do {
    if (sigwait(&signals_, &signal) != 0 || ended_) return;
  } while (signal == SIGTERM && std::chrono::steady_clock::now() - told < kSameOrder);
  stop_.level = 2;
  say("\ndecoupage: stopping at once: items in flight are dropped\n");
  sigtimedwait(&signals_, nullptr, &kPatience);
  if (ended_) return;
  say("\ndecoupage: a node does not come back: leaving\n");
  _exit(kInterrupted);
}

}  // namespace cli
