// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

/// What guards what, said so that clang checks it (-Wthread-safety, `make lint`); nothing to other compilers.
#if defined(__clang__)
#define DECOUPAGE_THREAD_SAFETY(attribute) __attribute__((attribute))
#else
#define DECOUPAGE_THREAD_SAFETY(attribute)
#endif
/// The member is read and written only while the mutex is held.
#define DECOUPAGE_GUARDED_BY(mutex) DECOUPAGE_THREAD_SAFETY(guarded_by(mutex))
/// The function is called only while the mutex is held.
#define DECOUPAGE_REQUIRES(mutex) DECOUPAGE_THREAD_SAFETY(requires_capability(mutex))
/// The function is called only while the mutex is not held: it takes it.
#define DECOUPAGE_EXCLUDES(mutex) DECOUPAGE_THREAD_SAFETY(locks_excluded(mutex))
#define DECOUPAGE_ACQUIRE(...) DECOUPAGE_THREAD_SAFETY(acquire_capability(__VA_ARGS__))
#define DECOUPAGE_RELEASE(...) DECOUPAGE_THREAD_SAFETY(release_capability(__VA_ARGS__))

namespace base {

/// A std::mutex of which clang knows what it guards.
class DECOUPAGE_THREAD_SAFETY(capability("mutex")) Mutex {
 public:
  void lock() DECOUPAGE_ACQUIRE() { mutex_.lock(); }
  void unlock() DECOUPAGE_RELEASE() { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

/// Holds a mutex for as long as it lives, but for what lies between unlock() and lock().
class DECOUPAGE_THREAD_SAFETY(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) DECOUPAGE_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() DECOUPAGE_RELEASE() {
    if (held_) mutex_.unlock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void unlock() DECOUPAGE_RELEASE() {
    held_ = false;
    mutex_.unlock();
  }
  void lock() DECOUPAGE_ACQUIRE() {
    mutex_.lock();
    held_ = true;
  }

 private:
  Mutex& mutex_;
  bool held_ = true;
};

/// A std::condition_variable. Waiting is a loop around the condition, which clang then sees under its mutex:
///   while (!ready_) changed_.wait(mutex_);
class Condition {
 public:
  void wait(Mutex& mutex) DECOUPAGE_REQUIRES(mutex) {
    std::unique_lock held(mutex.mutex_, std::adopt_lock);
    changed_.wait(held);
    held.release();
  }
  /// False when it is that late.
  bool wait_until(Mutex& mutex, std::chrono::steady_clock::time_point late) DECOUPAGE_REQUIRES(mutex) {
    std::unique_lock held(mutex.mutex_, std::adopt_lock);
    const bool in_time = changed_.wait_until(held, late) == std::cv_status::no_timeout;
    held.release();
    return in_time;
  }
  void notify_one() { changed_.notify_one(); }
  void notify_all() { changed_.notify_all(); }

 private:
  std::condition_variable changed_;
};

}  // namespace base
