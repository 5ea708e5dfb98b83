// SPDX-License-Identifier: MIT
// Nodes of the root that several items share, and nodes that gather from several items.
#include <algorithm>

#include "graph/running/executor.h"

namespace graph {

/// True when this frame is to run the node for its group. Otherwise the frame has been taken care of: it waits for the
/// one that runs it, or has been given the result.
bool Executor::join_group(Frame* frame, int node) {
  Shared& shared = *shared_[node];
  const Scope scope = plan_.scope(node);
  std::unique_lock lock(shared.mutex);
  Group& group = group_at(shared, scope, frame, node);
  switch (group.state) {
    case Group::State::kNew:
      group.state = Group::State::kRunning;
      group.owner = frame;
      return true;
    case Group::State::kRunning:
      if (group.owner == frame) return true;
      group.waiting.push_back(frame);
      return false;
    case Group::State::kDone: {
      std::vector<Value> outputs = group.outputs;
      lock.unlock();
      deliver(frame, node, outputs);
      return false;
    }
    case Group::State::kFailed: {
      const std::string error = group.error;
      lock.unlock();
      fail(frame, node, error);
      leave_group(frame, node);
      send_on(frame, node);
      return false;
    }
  }
  return false;
}

Executor::Group& Executor::group_at(Shared& shared, Scope scope, const Frame* frame, int node) {
  const auto [entry, added] = shared.groups.try_emplace(plan_.group(scope, frame->item->item));
  if (added) entry->second.left = admission_.expected(scope, frame->item->item, node);
  return entry->second;
}

void Executor::deliver(Frame* frame, int node, std::vector<Value>& outputs) {
  store(frame, node, outputs, false);
  leave_group(frame, node);
  send_on(frame, node);
}

void Executor::finish_group(Frame* frame, int node, std::vector<Value>& outputs, Outcome outcome) {
  if (!needed(frame, node)) return send_on(frame, node);
  Shared& shared = *shared_[node];
  std::vector<Frame*> waiting;
  {
    const std::lock_guard lock(shared.mutex);
    Group& group = group_at(shared, plan_.scope(node), frame, node);
    if (group.owner == frame) {
      group.owner = nullptr;
      waiting.swap(group.waiting);
      group.state = outcome == Outcome::kDone     ? Group::State::kDone
                    : outcome == Outcome::kFailed ? Group::State::kFailed
                                                  : Group::State::kNew;
      if (outcome == Outcome::kDone) group.outputs = outputs;
      if (outcome == Outcome::kFailed) group.error = shared_error(frame, node);
    }
  }
  store(frame, node, outputs, true);
  leave_group(frame, node);
  send_on(frame, node);
  for (Frame* other : waiting) {
    // Done: they share the result. Failed: they share the failure. Given up, because the item that ran it failed
    // elsewhere: the next one runs it.
    push(other, node);
  }
}

void Executor::leave_group(Frame* frame, int node) {
  Shared& shared = *shared_[node];
  const std::lock_guard lock(shared.mutex);
  const auto entry = shared.groups.find(plan_.group(plan_.scope(node), frame->item->item));
  if (--entry->second.left == 0) shared.groups.erase(entry);
}

/// Why an item failed, for those that share what it ran.
std::string Executor::shared_error(Frame* frame, int node) const {
  ItemRun& item = *frame->item;
  const base::MutexLock lock(item.mutex);
  if (item.error.find(" (shared with item ") != std::string::npos) return item.error;
  const bool inside = item.error_node >= 0 && item.error_node != node;
  return (inside ? "'" + graph_.nodes[item.error_node].id + "': " : std::string()) + item.error +
         " (shared with item " + std::to_string(item.item + options_.first_item) + ")";
}

/// An item arrives at a node that gathers. All but the last leave their value and end here; the last one runs the node,
/// and what comes after it, for all. A failed item leaves nothing, so that the others' result is made without it.
Executor::Fate Executor::join_gathering(Call& call) {
  Frame* frame = &call.frame();
  const int node = call.index();
  if (!needed(frame, node)) {
    release_reads(frame, node);
    regions_[0].end->try_put(frame);
    return Fate::kGone;
  }
  const auto& ins = graph_.nodes[node].type->contract.ins();
  const auto port =
      static_cast<int>(std::find_if(ins.begin(), ins.end(), [](const InSpec& in) { return in.gather; }) - ins.begin());
  Gathered mine{plan_.describe(~Scope{0}, frame->item->item), Value()};
  mine.item.index += options_.first_item;
  if (!frame->item->failed && !frame->item->cancelled) {
    call_guarded(call, [&] {
      const Node& instance = instances_.get(node, *frame->item);
      if (const Value& value = call.input(port); !value.empty()) mine.value = instance.keep(value);
    });
  }
  std::vector<Gathered> all;
  {
    Shared& shared = *shared_[node];
    const std::lock_guard lock(shared.mutex);
    Group& group = group_at(shared, plan_.scope(node), frame, node);
    group.gathered.push_back(std::move(mine));
    if (--group.left == 0) {
      all = std::move(group.gathered);
      shared.groups.erase(plan_.group(plan_.scope(node), frame->item->item));
    }
  }
  if (all.empty()) {
    release_reads(frame, node);
    regions_[0].end->try_put(frame);
    return Fate::kGone;
  }
  frame->leaves.fetch_add(layout_.gather_leaves[node] - 1, std::memory_order_acq_rel);
  std::sort(all.begin(), all.end(), [](const Gathered& a, const Gathered& b) { return a.item.index < b.item.index; });
  const bool anything = std::any_of(all.begin(), all.end(), [](const Gathered& g) { return !g.value.empty(); });
  call.set_gathered(std::move(all), port);
  if (dead(frame, node) || !anything || !call.complete()) return Fate::kPass;
  return Fate::kCall;
}

}  // namespace graph
