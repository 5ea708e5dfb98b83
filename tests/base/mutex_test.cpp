// SPDX-License-Identifier: MIT
#include "base/mutex.h"

#include <gtest/gtest.h>

#include <thread>

namespace {

/// A count that is changed under its mutex.
struct Counted {
  base::Mutex mutex;
  base::Condition changed;
  int count DECOUPAGE_GUARDED_BY(mutex) = 0;

  void add() {
    const base::MutexLock lock(mutex);
    ++count;
    changed.notify_all();
  }
};

TEST(Mutex, LetsOneThreadInAtATime) {
  Counted counted;
  const auto add_many = [&] {
    for (int i = 0; i < 10'000; ++i) counted.add();
  };
  std::thread other(add_many);
  add_many();
  other.join();
  const base::MutexLock lock(counted.mutex);
  EXPECT_EQ(counted.count, 20'000);
}

TEST(MutexLock, CanBeGivenUpForAWhile) {
  Counted counted;
  base::MutexLock lock(counted.mutex);
  lock.unlock();
  counted.add();
  lock.lock();
  EXPECT_EQ(counted.count, 1);
}

TEST(Condition, IsWaitedForUnderTheMutex) {
  Counted counted;
  std::thread other([&] { counted.add(); });
  {
    const base::MutexLock lock(counted.mutex);
    while (counted.count == 0) counted.changed.wait(counted.mutex);
  }
  other.join();
}

TEST(Condition, IsNotWaitedForTooLong) {
  Counted counted;
  const base::MutexLock lock(counted.mutex);
  const auto late = std::chrono::steady_clock::now() + std::chrono::milliseconds(5);
  while (counted.changed.wait_until(counted.mutex, late)) {
  }
  EXPECT_GE(std::chrono::steady_clock::now(), late);
}

}  // namespace
