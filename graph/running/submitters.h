// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

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
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    given_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Submitters(const Submitters&) = delete;
  Submitters& operator=(const Submitters&) = delete;

  void give_ticket() {
    {
      const std::lock_guard lock(mutex_);
      ++tickets_;
    }
    given_.notify_one();
  }

 private:
  void serve() {
    std::unique_lock lock(mutex_);
    while (true) {
      given_.wait(lock, [this] { return tickets_ > 0 || over_; });
      if (tickets_ == 0) return;
      --tickets_;
      lock.unlock();
      work_();
      lock.lock();
    }
  }

  const std::function<void()> work_;
  std::mutex mutex_;
  std::condition_variable given_;
  int tickets_ = 0;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace graph
