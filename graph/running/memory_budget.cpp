// SPDX-License-Identifier: MIT
#include "graph/running/memory_budget.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "graph/run.h"

namespace graph {
namespace {

constexpr std::chrono::milliseconds kLookEvery{5};

std::string bytes_text(std::uint64_t bytes) {
  std::array<char, 32> text{};
  const double mib = static_cast<double>(bytes) / (1 << 20);
  if (mib < 1024) std::snprintf(text.data(), text.size(), "%.0f MiB", mib);
  else std::snprintf(text.data(), text.size(), "%.1f GiB", mib / 1024);
  return text.data();
}

/// The number that a file begins with; nothing where there is none, as in "max".
std::optional<std::uint64_t> number_in(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::uint64_t number = 0;
  if (in >> number) return number;
  return std::nullopt;
}

/// Of the process's control groups, from its own up to the root. Version 2, and version 1 as containers have it.
std::uint64_t lowest_group_limit(std::uint64_t limit) {
  const std::filesystem::path root = "/sys/fs/cgroup";
  std::string group;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.starts_with("0::/")) group = line.substr(4);
  }
  const auto lower = [&](const std::filesystem::path& file) {
    limit = std::min(limit, number_in(file).value_or(limit));
  };
  for (std::filesystem::path at = group;; at = at.parent_path()) {
    lower(root / at / "memory.max");
    if (at.empty()) break;
  }
  lower(root / "memory" / "memory.limit_in_bytes");
  return limit;
}

}  // namespace

std::uint64_t resident_memory() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  if (!(statm >> size >> resident)) return 0;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t usable_memory() {
  const auto pages = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES));
  return lowest_group_limit(pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
}

MemoryBudget::MemoryBudget(std::uint64_t budget, int lanes, std::function<std::uint64_t()> in_use)
    : budget_(budget), lanes_(lanes), in_use_(std::move(in_use)), base_(in_use_()), thread_([this] { watch(); }) {}

MemoryBudget::~MemoryBudget() {
  {
    const base::MutexLock lock(mutex_);
    stop_ = true;
  }
  over_.notify_all();
  thread_.join();
}

void MemoryBudget::watch() {
  const base::MutexLock lock(mutex_);
  while (!stop_) {
    over_.wait_until(mutex_, Clock::now() + kLookEvery);
    look_locked();
  }
}

void MemoryBudget::look() {
  const base::MutexLock lock(mutex_);
  look_locked();
}

void MemoryBudget::look_locked() {
  peak_ = std::max(peak_, in_use_());
}

bool MemoryBudget::admit() {
  const base::MutexLock lock(mutex_);
  if (in_flight_ >= allowed_) return false;
  most_ = std::max(most_, ++in_flight_);
  return true;
}

void MemoryBudget::give_back() {
  const base::MutexLock lock(mutex_);
  --in_flight_;
}

void MemoryBudget::ended() {
  const base::MutexLock lock(mutex_);
  look_locked();
  const int with = in_flight_--;
  if (with >= allowed_) {
    const std::uint64_t grown = peak_ > base_ ? (peak_ - base_) / static_cast<std::uint64_t>(with) : 0;
    per_item_ = std::max(per_item_, grown);
    const std::uint64_t left = budget_ > base_ ? budget_ - base_ : 0;
    const std::uint64_t fitting =
        per_item_ == 0 ? static_cast<std::uint64_t>(lanes_) : std::min<std::uint64_t>(left / per_item_, lanes_);
    const int fit = std::max(1, static_cast<int>(fitting));
    allowed_ = fit > allowed_ ? allowed_ + 1 : fit;
    if (allowed_ == fit && fit < lanes_ && !std::exchange(warned_, true)) {
      warning_ = "the memory budget of " + bytes_text(budget_) + " allows " + std::to_string(fit) + " of " +
                 std::to_string(lanes_) + " lanes: " + bytes_text(base_) +
                 " were in use before the first item, and each item in flight takes about " + bytes_text(per_item_);
      if (fitting == 0) *warning_ += ", so that even one is above it: a smaller size, or a larger budget";
    }
  }
  peak_ = 0;
}

int MemoryBudget::most() const {
  const base::MutexLock lock(mutex_);
  return most_;
}

std::optional<std::string> MemoryBudget::take_warning() {
  const base::MutexLock lock(mutex_);
  return std::exchange(warning_, std::nullopt);
}

}  // namespace graph
