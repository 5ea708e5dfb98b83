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
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  more_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Bus::attach(BusObserver& observer) {
  flush();
  const std::scoped_lock lock(observers_mutex_, mutex_);
  observers_.emplace_back(observer.wants(), &observer);
  wants_ |= observer.wants();
  if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
}

void Bus::post(Event event) {
  if (!wanted(event.kind)) return;
  std::unique_lock lock(mutex_);
  less_.wait(lock, [this] { return queue_.size() < kMostWaiting || stop_; });
  if (event.time == Clock::time_point{}) event.time = Clock::now();
  queue_.push_back(std::move(event));
  ++posted_;
  if (queue_.size() == 1) more_.notify_one();
}

void Bus::drain() {
  std::unique_lock lock(mutex_);
  less_.wait(lock, [this, until = posted_] { return observed_ >= until || stop_; });
}

void Bus::flush() {
  drain();
  const std::lock_guard lock(mutex_);
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void Bus::loop() {
  std::vector<Event> batch;
  std::unique_lock lock(mutex_);
  while (true) {
    more_.wait_for(lock, kTick, [this] { return !queue_.empty() || stop_; });
    if (queue_.empty() && stop_) return;
    batch.swap(queue_);
    lock.unlock();
    less_.notify_all();
    std::exception_ptr error;
    std::unique_lock observers_lock(observers_mutex_);
    for (auto& [wants, observer] : observers_) {
      // An observer that fails is not asked again; the others go on, and flush() tells.
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
    observers_lock.unlock();
    const std::size_t count = batch.size();
    batch.clear();
    lock.lock();
    observed_ += count;
    if (error && !error_) error_ = error;
    less_.notify_all();
  }
}

}  // namespace graph
