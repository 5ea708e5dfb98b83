// SPDX-License-Identifier: MIT
#include "nodes/residency.h"

#include <algorithm>

namespace nodes {

Resident::Resident(std::shared_ptr<Residency> residency, Source source)
    : residency_(std::move(residency)), source_(std::move(source)) {
  const std::lock_guard lock(residency_->mutex_);
  residency_->residents_.insert(this);
}

Resident::~Resident() {
  const std::lock_guard lock(residency_->mutex_);
  residency_->residents_.erase(this);
  if (network_) residency_->counts_.bytes -= bytes_;
}

Leases::~Leases() {
  if (!held_.empty()) held_.front()->residency().give_back(held_);
}

void Residency::set_budget(std::optional<std::int64_t> bytes) {
  const std::lock_guard lock(mutex_);
  budget_ = bytes;
  drop_idle();
  changed_.notify_all();
}

Residency::Counts Residency::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

Leases Residency::lease(std::vector<std::shared_ptr<Resident>> wanted) {
  std::ranges::sort(wanted);
  wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
  for (const auto& resident : wanted)
    std::call_once(resident->measured_, [&] { resident->bytes_ = resident->source_.bytes(); });
  {
    std::unique_lock lock(mutex_);
    const std::uint64_t ticket = ++clock_;
    waiting_.push_back(ticket);
    changed_.wait(lock, [&] { return waiting_.front() == ticket && fits(wanted); });
    waiting_.pop_front();
    for (const auto& resident : wanted) {
      if (!resident->network_ && resident->leases_ == 0) counts_.bytes += resident->bytes_;
      ++resident->leases_;
    }
    drop_idle();
    counts_.most_bytes = std::max(counts_.most_bytes, counts_.bytes);
    changed_.notify_all();
  }
  Leases leases(std::move(wanted));
  for (const auto& resident : leases.held_) load(*resident);
  return leases;
}

/// Whether a call may hold these beside what others hold.
bool Residency::fits(const std::vector<std::shared_ptr<Resident>>& wanted) const {
  if (!budget_) return true;
  std::int64_t held = 0, more = 0;
  for (const Resident* resident : residents_) {
    if (resident->leases_ > 0) held += resident->bytes_;
  }
  for (const auto& resident : wanted) {
    if (resident->leases_ == 0) more += resident->bytes_;
  }
  return more == 0 || held == 0 || held + more <= *budget_;
}

/// Networks that nobody leases leave until the rest is within the budget.
void Residency::drop_idle() {
  while (budget_ && counts_.bytes > *budget_) {
    Resident* oldest = nullptr;
    for (Resident* resident : residents_) {
      const bool idle = resident->network_ && resident->leases_ == 0;
      if (idle && (oldest == nullptr || resident->last_used_ < oldest->last_used_)) oldest = resident;
    }
    if (oldest == nullptr) return;
    oldest->network_.reset();
    counts_.bytes -= oldest->bytes_;
  }
}

/// One that is leased: reads it, or waits for who does. A thread that reads waits for nobody.
void Residency::load(Resident& resident) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !resident.loading_; });
  if (resident.network_) return;
  resident.loading_ = true;
  lock.unlock();
  std::shared_ptr<const void> network;
  const auto loaded = [&] {
    lock.lock();
    resident.loading_ = false;
    changed_.notify_all();
  };
  try {
    network = resident.source_.load();
  } catch (...) {
    loaded();
    throw;
  }
  loaded();
  resident.network_ = std::move(network);
  ++counts_.loads;
}

void Residency::give_back(const std::vector<std::shared_ptr<Resident>>& held) {
  const std::lock_guard lock(mutex_);
  ++clock_;
  for (const auto& resident : held) {
    --resident->leases_;
    resident->last_used_ = clock_;
    if (resident->leases_ == 0 && !resident->network_) counts_.bytes -= resident->bytes_;  // it could not be read
  }
  drop_idle();
  changed_.notify_all();
}

}  // namespace nodes
