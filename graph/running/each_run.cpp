// SPDX-License-Identifier: MIT
#include "graph/running/each_run.h"

namespace graph {

int EachRun::begin_next() {
  const base::MutexLock lock(mutex_);
  if (given_up_ || next_ >= count || dead(next_)) return -1;
  ++running_;
  return next_++;
}

/// An element that begins another one does so before it ends: so the last to end is known.
EachRun::Ended EachRun::end_element() {
  const base::MutexLock lock(mutex_);
  --running_;
  return {++ended_, running_ == 0};
}

bool EachRun::release() {
  const base::MutexLock lock(mutex_);
  return --running_ == 0;
}

void EachRun::give_up() {
  const base::MutexLock lock(mutex_);
  given_up_ = true;
}

void EachRun::fail(int element, Failing failing) {
  const base::MutexLock lock(mutex_);
  if (dead(element)) return;
  failing_ = std::move(failing);
  failed_.store(element, std::memory_order_release);
}

Failing EachRun::failing() const {
  const base::MutexLock lock(mutex_);
  return failing_;
}

}  // namespace graph
