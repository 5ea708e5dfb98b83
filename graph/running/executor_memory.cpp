// SPDX-License-Identifier: MIT
// What is done about memory: lanes that a budget keeps back, and calls that have run out of it.
#include "base/fault_injection.h"
#include "graph/running/executor.h"

namespace graph {
namespace {
constexpr const char* kLessMemory = "fewer lanes (--lanes), a memory budget (--memory) or a smaller size need less";
}

/// Room for one more item? Otherwise the lane waits until an item has ended.
bool Executor::fits(int lane) {
  if (!budget_ || budget_->admit()) return true;
  parked_.push_back(lane);
  return false;
}

/// There may be room for another one.
void Executor::unpark() {
  if (parked_.empty()) return;
  const int lane = parked_.back();
  parked_.pop_back();
  admit_->try_put(lane);
}

void Executor::note_memory() {
  budget_->ended();
  const std::optional<std::string> text = budget_->take_warning();
  if (!text) return;
  Event warning;
  warning.kind = Event::kWarning;
  warning.text = *text;
  post(std::move(warning));
}

bool Executor::out_of_memory(const std::exception& error) const {
  return dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
         (options_.out_of_memory && options_.out_of_memory(error));
}

/// What belongs to a row's call. When memory runs out, the call is made once more after all others have ended. (Not
/// where a node gathers: what it has gathered is used up.)
void Executor::call_fed(Call& row, const std::function<void()>& body) {
  call_guarded(row, [&] {
    try {
      body();
    } catch (const std::exception& error) {
      if (!out_of_memory(error)) throw;
      if (row.is_alone()) {
        throw std::runtime_error(std::string("out of memory, even with no other call running: ") + kLessMemory);
      }
      if (graph_.nodes[row.index()].gathers) throw std::runtime_error(std::string("out of memory: ") + kLessMemory);
      row.clear();
      row.set_starved();
    }
  });
}

void Executor::call_row(Call& row) {
  call_fed(row, [&] {
    base::injection::strike("call", row.node_id());
    row.node().process(row);
  });
}

/// A batch has failed. When it was for want of memory, the node's batches are smaller from now on.
void Executor::note_batch_failure(std::span<Call* const> rows, const std::exception& error) {
  if (!out_of_memory(error)) return;
  const int node = rows.front()->index();
  const int most = resources_[nodes_[node].resource]->ready.halve_batch(node, static_cast<int>(rows.size()));
  if (batch_lowered_.exchange(true)) return;
  rows.front()->warn("memory ran out in a call with " + std::to_string(rows.size()) +
                     " packets: they are done one by one, and calls have at most " + std::to_string(most) +
                     " from now on; --max-batch " + std::to_string(most) + " spares the attempt");
}

/// The row's call ran out of memory: until it has been made again, no other one begins.
void Executor::starve(Call& row) {
  const std::lock_guard lock(starved_mutex_);
  if (!starving_.exchange(true)) {
    for (const auto& resource : resources_) resource->ready.hold();
  }
  Frame* frame = &row.frame();
  const int node = row.index();
  starved_.push_back({frame->item->order, nodes_[node].depth, node, frame, Clock::now(), true});
}

/// A call has ended. When it was the last one: the next of those that are to run alone, or, after them, all others.
void Executor::serve_starved() {
  const std::lock_guard lock(starved_mutex_);
  if (!starving_) return;
  for (const auto& resource : resources_) {
    if (!resource->ready.quiet()) return;
  }
  if (!starved_.empty()) {
    const Ready next = starved_.front();
    starved_.pop_front();
    Resource& resource = *resources_[nodes_[next.node].resource];
    resource.ready.push_alone(next);
    return give_ticket(resource);
  }
  starving_ = false;
  for (const auto& resource : resources_) {
    for (std::size_t left = resource->ready.release(); left > 0; --left) give_ticket(*resource);
  }
}

}  // namespace graph
