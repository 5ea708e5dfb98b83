// SPDX-License-Identifier: MIT
#include "graph/running/watchdog.h"

#include <algorithm>

namespace graph {

Watchdog::Watchdog(const Environment& environment, const Flights& flights, const Pulse& pulse)
    : environment_(environment), flights_(flights), pulse_(pulse), thread_([this] { watch(); }) {}

Watchdog::~Watchdog() {
  {
    const base::MutexLock lock(mutex_);
    stop_ = true;
  }
  over_.notify_all();
  thread_.join();
}

void Watchdog::watch() {
  const auto stall_after = environment_.options.stall_after;
  const auto look = std::clamp<std::chrono::milliseconds>(stall_after / 4, std::chrono::milliseconds(5),
                                                          std::chrono::milliseconds(200));
  std::int64_t beats = -1;
  Clock::time_point since = Clock::now();
  base::MutexLock lock(mutex_);
  while (true) {
    const Clock::time_point next = Clock::now() + look;
    while (!stop_ && over_.wait_until(mutex_, next)) {
    }
    if (stop_) return;
    lock.unlock();
    const Clock::time_point now = Clock::now();
    if (pulse_.beats() != beats || pulse_.call_running()) {
      beats = pulse_.beats();
      since = now;
    }
    if (environment_.stop_at_once()) {
      give_up();
    } else if (now - since >= stall_after) {
      since = now;
      fail_stalled();
    }
    lock.lock();
  }
}

void Watchdog::give_up() const {
  for (const auto& flight : flights_.deferred()) flight->end(Outcome::kAbandoned, "");
}

void Watchdog::fail_stalled() const {
  const auto after = environment_.options.stall_after.count();
  const std::string error = "stands still: its call was deferred and nothing has moved for " +
                            std::to_string(after / 1000) + "." + std::to_string(after % 1000 / 100) + " s";
  for (const auto& flight : flights_.deferred()) {
    Event stalled;
    stalled.kind = Event::kStalled;
    stalled.item = flight->rows().front()->frame().item->item + environment_.options.first_item;
    stalled.node = flight->node();
    stalled.text = error;
    environment_.post(std::move(stalled));
    flight->end(Outcome::kFailed, error);
  }
}

}  // namespace graph
