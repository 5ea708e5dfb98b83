// SPDX-License-Identifier: MIT
#include "base/cores.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <limits>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace base {
namespace {

std::atomic<int> thread_limit = std::numeric_limits<int>::max();

/// Threads that are started and wait for their end.
class Waiting {
 public:
  ~Waiting() {
    end_ = true;
    end_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  bool add() {
    try {
      threads_.emplace_back([this] { end_.wait(false); });
      return true;
    } catch (const std::system_error&) {
      return false;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

 private:
  std::atomic<bool> end_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

void limit_threads(int most) {
  thread_limit = std::max(1, most);
}

int most_threads() {
  return thread_limit;
}

int startable_threads(int wanted) {
  Waiting waiting;
  int started = 0;
  while (started < wanted && waiting.add()) ++started;
  return started;
}

int usable_cores() {
  int cores = static_cast<int>(std::thread::hardware_concurrency());
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
  // TBB before 2022.3 does not see a container's quota.
  std::ifstream quota("/sys/fs/cgroup/cpu.max");
  std::string most;
  double period = 0;
  if (quota >> most >> period && most != "max" && period > 0) {
    cores = std::min(cores, std::max(1, static_cast<int>(std::lround(std::stod(most) / period))));
  }
  return std::clamp(cores, 1, most_threads());
}

}  // namespace base
