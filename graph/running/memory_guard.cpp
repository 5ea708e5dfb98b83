// SPDX-License-Identifier: MIT
#include "graph/running/memory_guard.h"

#include <new>
#include <utility>

namespace graph {

void MemoryGuard::start(int lanes) {
  const RunOptions& options = environment_.options;
  if (options.memory == 0) return;
  budget_ = std::make_unique<MemoryBudget>(options.memory, lanes,
                                           options.memory_in_use ? options.memory_in_use : resident_memory);
}

bool MemoryGuard::admit(int lane) {
  if (!budget_ || budget_->admit()) return true;
  parked_.push_back(lane);
  return false;
}

void MemoryGuard::give_back() {
  if (budget_) budget_->give_back();
}

void MemoryGuard::free_next_lane() {
  if (parked_.empty()) return;
  const int lane = parked_.back();
  parked_.pop_back();
  flow_.free_lane(lane);
}

int MemoryGuard::dismiss_lanes() {
  return static_cast<int>(std::exchange(parked_, {}).size());
}

void MemoryGuard::end_item() {
  if (!budget_) return;
  budget_->ended();
  const std::optional<std::string> text = budget_->take_warning();
  if (!text) return;
  Event warning;
  warning.kind = Event::kWarning;
  warning.text = *text;
  environment_.post(std::move(warning));
}

std::optional<int> MemoryGuard::most_lanes() const {
  return budget_ ? std::optional(budget_->most()) : std::nullopt;
}

bool MemoryGuard::ran_out(const std::exception& error) const {
  return dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
         (environment_.options.out_of_memory && environment_.options.out_of_memory(error));
}

void MemoryGuard::note_batch_failure(std::span<Call* const> rows, const std::exception& error) {
  if (!ran_out(error)) return;
  const int node = rows.front()->index();
  const int most = flow_.resource_of(node).queue.halve_batch(node, static_cast<int>(rows.size()));
  if (batch_lowered_.exchange(true)) return;
  rows.front()->warn("memory ran out in a call with " + std::to_string(rows.size()) +
                     " packets: they are done one by one, and calls have at most " + std::to_string(most) +
                     " from now on; --max-batch " + std::to_string(most) + " spares the attempt");
}

void MemoryGuard::starve(Call& row) {
  const base::MutexLock lock(mutex_);
  if (!starving_.exchange(true)) {
    for (const auto& resource : flow_.resources()) resource->queue.hold();
  }
  starved_.push_back(flow_.ready(&row.frame(), row.index()));
  starved_.back().alone = true;
}

void MemoryGuard::serve_starved() {
  const base::MutexLock lock(mutex_);
  if (!starving_) return;
  for (const auto& resource : flow_.resources()) {
    if (!resource->queue.quiet()) return;
  }
  if (!starved_.empty()) {
    const Ready next = starved_.front();
    starved_.pop_front();
    Resource& resource = flow_.resource_of(next.node);
    resource.queue.push_alone(next);
    return resource.give_ticket();
  }
  starving_ = false;
  for (const auto& resource : flow_.resources()) {
    for (std::size_t left = resource->queue.release(); left > 0; --left) resource->give_ticket();
  }
}

}  // namespace graph
