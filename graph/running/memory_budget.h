// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "base/mutex.h"

namespace graph {

/// How many items may be in flight in a run that is to stay below so many bytes. What an item needs is measured while
/// it runs: the first one is alone, and one more lane is let in after an item has ended as long as what the lanes so
/// far have taken at their peak, and as much again for each further one, fits. One lane always goes on. Thread-safe.
class MemoryBudget {
 public:
  /// `in_use`: the process's bytes, asked from several threads; the first time here, before any item.
  MemoryBudget(std::uint64_t budget, int lanes, std::function<std::uint64_t()> in_use);
  ~MemoryBudget();
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  /// Looks at the memory in use. A thread of its own does so every few milliseconds; calls do at their end, when what
  /// they have made is still there.
  void look();
  /// True when one more item may be in flight; then it is.
  bool admit();
  /// admit() was true, but there was no item to start.
  void give_back();
  /// An item in flight has ended, and what it held is free.
  void ended();

  /// The most that were in flight at once.
  int most() const;
  /// Once, as soon as it is known that not all lanes fit: the reason.
  std::optional<std::string> take_warning();

 private:
  void watch();
  void look_locked() DECOUPAGE_REQUIRES(mutex_);

  const std::uint64_t budget_;
  const int lanes_;
  const std::function<std::uint64_t()> in_use_;
  const std::uint64_t base_;  ///< in use before the first item

  mutable base::Mutex mutex_;
  int allowed_ DECOUPAGE_GUARDED_BY(mutex_) = 1;
  int in_flight_ DECOUPAGE_GUARDED_BY(mutex_) = 0;
  int most_ DECOUPAGE_GUARDED_BY(mutex_) = 0;
  std::uint64_t peak_ DECOUPAGE_GUARDED_BY(mutex_) = 0;  ///< since an item last ended
  /// The highest peak above the base, divided by the items that were in flight then.
  std::uint64_t per_item_ DECOUPAGE_GUARDED_BY(mutex_) = 0;
  bool warned_ DECOUPAGE_GUARDED_BY(mutex_) = false;
  std::optional<std::string> warning_ DECOUPAGE_GUARDED_BY(mutex_);

  base::Condition over_;
  bool stop_ DECOUPAGE_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

/// Bytes of this process that are in memory now; 0 where the system does not tell.
std::uint64_t resident_memory();

}  // namespace graph
