// SPDX-License-Identifier: MIT
#include "graph/bus.h"

#include <exception>

namespace graph {
namespace {
constexpr std::size_t kMostWaiting = 65'536;
constexpr std::chrono::milliseconds kTick{100};
}  // namespace

const char* status_name(ItemStatus status) {
  switch (status) {
    case ItemStatus::kDone:
      return "done";
    case ItemStatus::kFailed:
      return "failed";
    case ItemStatus::kCancelled:
      return "cancelled";
  }
  return "";
}

Bus::Bus() = default;

Bus::~Bus() {
  {
    const base::MutexLock lock(mutex_);
    stop_ = true;
  }
  more_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Bus::attach(BusObserver& observer) {
  flush();
  const base::MutexLock observers_lock(observers_mutex_);
  observers_.emplace_back(observer.wants(), &observer);
  wants_ |= observer.wants();
  if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
}

void Bus::post(Event event) {
  if (!wanted(event.kind)) return;
  const base::MutexLock lock(mutex_);
  while (queue_.size() >= kMostWaiting && !stop_) less_.wait(mutex_);
  if (event.time == Clock::time_point{}) event.time = Clock::now();
  queue_.push_back(std::move(event));
  ++posted_;
  if (queue_.size() == 1) more_.notify_one();
}

void Bus::drain() {
  const base::MutexLock lock(mutex_);
  const std::uint64_t until = posted_;
  while (observed_ < until && !stop_) less_.wait(mutex_);
}

void Bus::flush() {
  drain();
  const base::MutexLock lock(mutex_);
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void Bus::loop() {
  std::vector<Event> batch;
  base::MutexLock lock(mutex_);
  while (true) {
    const Clock::time_point tick = Clock::now() + kTick;
    while (queue_.empty() && !stop_ && more_.wait_until(mutex_, tick)) {
    }
    if (queue_.empty() && stop_) return;
    batch.swap(queue_);
    lock.unlock();
    less_.notify_all();
    const std::exception_ptr error = observe_all(batch);
    const std::size_t count = batch.size();
    batch.clear();
    lock.lock();
    observed_ += count;
    if (error && !error_) error_ = error;
    less_.notify_all();
  }
}

/// An observer that fails is not asked again; the others go on, and flush() tells. The first such failure.
std::exception_ptr Bus::observe_all(const std::vector<Event>& batch) {
  std::exception_ptr error;
  const base::MutexLock lock(observers_mutex_);
  for (auto& [wants, observer] : observers_) {
    try {
      for (const Event& event : batch) {
        if (wants & event.kind) observer->observe(event);
      }
      if (wants) observer->idle();
    } catch (...) {
      wants = 0;
      if (!error) error = std::current_exception();
    }
  }
  return error;
}

}  // namespace graph
