// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace graph {

/// A few threads that do the same piece of work once for each ticket. For calls whose threads are costly: libraries
/// keep handles and workspaces for each thread that uses a device.
class Submitters {
 public:
  /// `work` must not throw.
  Submitters(int threads, std::function<void()> work) : work_(std::move(work)) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
  }
  /// What is given before is done before.
  ~Submitters() {
    {
      const base::MutexLock lock(mutex_);
      over_ = true;
    }
    given_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Submitters(const Submitters&) = delete;
  Submitters& operator=(const Submitters&) = delete;

  void give_ticket() {
    {
      const base::MutexLock lock(mutex_);
      ++tickets_;
    }
    given_.notify_one();
  }

 private:
  void serve() {
    base::MutexLock lock(mutex_);
    while (true) {
      while (tickets_ == 0 && !over_) given_.wait(mutex_);
      if (tickets_ == 0) return;
      --tickets_;
      lock.unlock();
      work_();
      lock.lock();
    }
  }

  const std::function<void()> work_;
  base::Mutex mutex_;
  base::Condition given_;
  int tickets_ DECOUPAGE_GUARDED_BY(mutex_) = 0;
  bool over_ DECOUPAGE_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace graph
