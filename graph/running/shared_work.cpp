// SPDX-License-Identifier: MIT
#include "graph/running/shared_work.h"

#include <algorithm>
#include <iterator>

namespace graph {

SharedWork::SharedWork(const Environment& environment, const Admission& admission)
    : environment_(environment), admission_(admission), nodes_(environment.graph.nodes.size()) {
  const Plan& plan = environment.plan;
  for (int node : environment.graph.regions[0].nodes) {
    // Behind a gathering node only its last item comes: nothing is shared there.
    const bool alone = plan.after_gather(node) || plan.is_alone(plan.scope(node));
    if (environment.graph.nodes[node].gathers || !alone) nodes_[node] = std::make_unique<Shared>();
  }
}

std::int64_t SharedWork::key(const Frame* frame, int node) const {
  return environment_.plan.group(environment_.plan.scope(node), frame->item->item);
}

SharedWork::Group& SharedWork::group_at(Shared& shared, const Frame* frame, int node) {
  const auto [entry, added] = shared.groups.try_emplace(key(frame, node));
  if (added) {
    entry->second.left = admission_.expected(environment_.plan.scope(node), frame->item->item, node);
  }
  return entry->second;
}

SharedWork::Place SharedWork::join(Frame* frame, int node) {
  Shared& shared = *nodes_[node];
  const base::MutexLock lock(shared.mutex);
  Group& group = group_at(shared, frame, node);
  switch (group.state) {
    case Group::State::kNew:
      group.state = Group::State::kRunning;
      group.owner = frame;
      return {Place::Part::kRun};
    case Group::State::kRunning:
      if (group.owner == frame) return {Place::Part::kRun};
      group.waiting.push_back(frame);
      return {Place::Part::kWait};
    case Group::State::kDone:
      return {Place::Part::kTake, group.outputs, group.picks};
    case Group::State::kFailed:
      return {Place::Part::kFail, {}, {}, group.error};
  }
  return {};
}

std::vector<Frame*> SharedWork::finish(const Frame* frame, int node, const std::vector<Value>& outputs,
                                       Outcome outcome) {
  const std::string error = outcome == Outcome::kFailed ? environment_.shared_error(*frame, node) : "";
  std::vector<Pick> picks = picks_of_node(*frame, node, environment_.layout, environment_.graph);
  std::vector<Frame*> waiting;
  Shared& shared = *nodes_[node];
  const base::MutexLock lock(shared.mutex);
  Group& group = group_at(shared, frame, node);
  if (group.owner != frame) return waiting;
  group.owner = nullptr;
  waiting.swap(group.waiting);
  switch (outcome) {
    case Outcome::kDone:
      group.state = Group::State::kDone;
      group.outputs = outputs;
      group.picks = std::move(picks);
      break;
    case Outcome::kFailed:
      group.state = Group::State::kFailed;
      group.error = error;
      break;
    case Outcome::kAbandoned:
      group.state = Group::State::kNew;
      break;
  }
  return waiting;
}

void SharedWork::leave(const Frame* frame, int node) {
  Shared& shared = *nodes_[node];
  const base::MutexLock lock(shared.mutex);
  const auto entry = shared.groups.find(key(frame, node));
  if (--entry->second.left == 0) shared.groups.erase(entry);
}

SharedWork::Gathering SharedWork::gather(const Frame* frame, int node, Gathered mine) {
  std::vector<Pick> picks = mine.value.empty() ? std::vector<Pick>() : picks_of(*frame);
  for (Pick& pick : picks) {
    if (pick.item >= 0) continue;
    // Behind another gathering node it is one of the group's, whose first item a rerun names it by.
    const Plan& plan = environment_.plan;
    pick.item = environment_.layout.after_gather[pick.node]
                    ? plan.first_item(plan.scope(pick.node), frame->item->item) + environment_.options.first_item
                    : mine.item.index;
  }
  Gathering all;
  {
    Shared& shared = *nodes_[node];
    const base::MutexLock lock(shared.mutex);
    Group& group = group_at(shared, frame, node);
    group.gathered.push_back(std::move(mine));
    std::move(picks.begin(), picks.end(), std::back_inserter(group.picks));
    if (--group.left > 0) return {};
    all = {std::move(group.gathered), std::move(group.picks)};
    shared.groups.erase(key(frame, node));
  }
  std::ranges::sort(all.values, {}, [](const Gathered& one) { return one.item.index; });
  return all;
}

void SharedWork::check(bool cut_short) const {
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    if (!nodes_[n]) continue;
    Shared& shared = *nodes_[n];
    const base::MutexLock lock(shared.mutex);
    for (const auto& [key, group] : shared.groups) {
      if (cut_short && group.waiting.empty() && group.state != Group::State::kRunning) continue;
      throw EngineError("engine: node '" + environment_.graph.nodes[n].id + "' still waits for " +
                        std::to_string(group.left) + " items");
    }
  }
}

}  // namespace graph
