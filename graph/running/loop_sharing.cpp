// SPDX-License-Identifier: MIT
#include "graph/running/loop_sharing.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "graph/planning/planner.h"
#include "graph/planning/window.h"

namespace graph {

LoopSharing::LoopSharing(const Plan& plan, const Layout& layout, const Admission& admission)
    : plan_(plan), admission_(admission), position_(plan.graph().nodes.size(), -1) {
  const Graph& graph = plan.graph();
  for (int node : graph.regions[0].nodes) {
    const Scope first = plan.first_turn_scope(node);
    if (graph.nodes[node].sort != GraphNode::Sort::kLoop || layout.gather_of[node] >= 0 || first == plan.scope(node))
      continue;
    if (has_checkpoint(graph, node)) continue;  // what is kept is one stay's
    if (plan.is_open(first)) continue;          // who shares with it nobody can list
    position_[node] = static_cast<int>(loops_.size());
    loops_.push_back({node, {}});
    for (int inner : turn_nodes(graph, node)) {
      const Late late{inner, plan.acting_scope(inner), plan.when_scope(inner)};
      if ((late.acting | late.when) & ~first) loops_.back().late.push_back(late);
    }
  }
  stage_of_.resize(loops_.size());
}

bool LoopSharing::Before::operator()(const std::shared_ptr<Stage>& a, const std::shared_ptr<Stage>& b) const {
  const auto key = [](const Stage& s) { return std::tuple(s.group, -s.turn, s.number); };
  return key(*a) < key(*b);
}

bool LoopSharing::admit(ItemRun& run, int lane) {
  const base::MutexLock lock(mutex_);
  run.item = choose();
  if (run.item < 0) {
    parked_.push_back(lane);
    return false;
  }
  take(run);
  return true;
}

bool LoopSharing::none_left() {
  const base::MutexLock lock(mutex_);
  const std::int64_t item = admission_.next(next_);
  next_ = item < 0 ? plan_.items() : item;
  return item < 0 && std::ranges::all_of(stage_of_, [](const auto& stage_of) { return stage_of.empty(); });
}

std::vector<int> LoopSharing::unpark() {
  const base::MutexLock lock(mutex_);
  return std::exchange(parked_, {});
}

std::int64_t LoopSharing::choose() {
  for (const auto& stage : ready_) {
    for (const std::int64_t item : stage->waiting) {
      if (may_start(item)) return item;
    }
  }
  for (std::int64_t item; (item = admission_.next(next_)) >= 0;) {
    next_ = item + 1;
    if (known_.erase(item) == 0) return item;
  }
  return -1;
}

/// With several loops, an item that could start by one may have to wait by another.
bool LoopSharing::may_start(std::int64_t item) const {
  return std::ranges::none_of(stage_of_, [&](const auto& stage_of) {
    const auto found = stage_of.find(item);
    return found != stage_of.end() && found->second->state == Stage::State::kRunning;
  });
}

void LoopSharing::take(ItemRun& run) {
  run.stages.resize(loops_.size());
  for (std::size_t l = 0; l < loops_.size(); ++l) {
    auto found = stage_of_[l].find(run.item);
    const std::shared_ptr<Stage> stage =
        found != stage_of_[l].end() ? found->second : open(static_cast<int>(l), run.item);
    if (!stage) continue;
    run.stages[l] = stage;
    stage_of_[l].erase(run.item);
    stage->waiting.erase(std::ranges::lower_bound(stage->waiting, run.item));
    if (stage->state == Stage::State::kNew) {
      ready_.erase(stage);
      stage->state = Stage::State::kRunning;
      stage->owner = &run;
      stage->scope = agreed(run.item, stage->waiting);
    } else if (stage->waiting.empty()) {
      ready_.erase(stage);
    }
  }
}

/// The stage at a loop's start, with all items that begin alike. Null: the item is alone, or does not need the loop.
std::shared_ptr<Stage> LoopSharing::open(int position, std::int64_t item) {
  const Loop& loop = loops_[position];
  const std::vector<std::int64_t> members = admission_.members(plan_.first_turn_scope(loop.node), item, loop.node);
  if (members.size() < 2 || !std::ranges::binary_search(members, item)) return nullptr;
  const auto stage = std::make_shared<Stage>();
  stage->loop = position;
  stage->group = stage->number = stages_++;
  stage->waiting.assign(members.begin(), members.end());
  for (const std::int64_t member : members) {
    stage_of_[position][member] = stage;
    if (member >= next_) known_.insert(member);
  }
  return stage;
}

Scope LoopSharing::agreed(std::int64_t first, const std::deque<std::int64_t>& others) const {
  Scope scope = 0;
  for (std::size_t k = 0; k < plan_.sweeps().size(); ++k) {
    const Scope bit = Scope{1} << k;
    const std::int64_t value = plan_.group(bit, first);
    if (std::ranges::all_of(others, [&](std::int64_t item) { return plan_.group(bit, item) == value; })) scope |= bit;
  }
  return scope;
}

void LoopSharing::make_ready(const std::shared_ptr<Stage>& stage) {
  if (!stage->waiting.empty()) ready_.insert(stage);
}

std::vector<std::vector<std::int64_t>> LoopSharing::parts(const Stage& stage, std::int64_t item,
                                                          const Turn& turn) const {
  if (stage.waiting.empty()) return {};
  std::vector<std::int64_t> items{item};
  items.insert(items.end(), stage.waiting.begin(), stage.waiting.end());
  std::vector<int> part_of(items.size(), 0);
  int parts = 1;
  for (const Late& late : loops_[stage.loop].late) {
    if (((late.acting | late.when) & ~stage.scope) == 0) continue;
    const GraphNode& node = plan_.graph().nodes[late.node];
    const bool one_place = (late.when & ~stage.scope) == 0;
    WindowPlace place = place_in_window(plan_, node, turn, item);
    if (one_place && !place.active) continue;
    std::map<std::int64_t, WindowPlace> places;  // by what `when` depends on
    std::map<std::tuple<int, double, std::int64_t>, int> finer;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!one_place) {
        const auto [known, added] = places.try_emplace(plan_.group(late.when, items[i]));
        if (added) known->second = place_in_window(plan_, node, turn, items[i]);
        place = known->second;
      }
      const std::int64_t group = place.active ? plan_.group(late.acting, items[i]) : 0;
      part_of[i] =
          finer.try_emplace({part_of[i], place.active ? place.place : -1, group}, static_cast<int>(finer.size()))
              .first->second;
    }
    parts = static_cast<int>(finer.size());
  }
  if (parts == 1) return {};
  std::vector<std::vector<std::int64_t>> result(parts);
  for (std::size_t i = 0; i < items.size(); ++i) result[part_of[i]].push_back(items[i]);
  return result;
}

void LoopSharing::split(ItemRun& run, int position, const std::vector<std::vector<std::int64_t>>& parts,
                        const std::shared_ptr<const LoopState>& state) {
  const base::MutexLock lock(mutex_);
  const std::int64_t group = run.stages[position]->group;
  for (const std::vector<std::int64_t>& part : parts) {
    const auto stage = std::make_shared<Stage>();
    const bool own = &part == &parts.front();
    stage->loop = position;
    stage->group = group;
    stage->number = stages_++;
    stage->turn = state->turn;
    stage->waiting.assign(part.begin() + (own ? 1 : 0), part.end());
    if (!stage->waiting.empty()) stage->start = state;
    for (const std::int64_t item : stage->waiting) stage_of_[position][item] = stage;
    if (!own) {
      make_ready(stage);
      continue;
    }
    stage->state = Stage::State::kRunning;
    stage->owner = &run;
    stage->scope = agreed(run.item, stage->waiting);
    run.stages[position] = stage;
  }
}

/// What the item runs; null when another one has run it.
std::shared_ptr<Stage> LoopSharing::release(ItemRun& run, int position) {
  std::shared_ptr<Stage> stage = std::exchange(run.stages[position], nullptr);
  if (!stage || stage->owner != &run) return nullptr;
  stage->owner = nullptr;
  return stage;
}

void LoopSharing::done(ItemRun& run, int position, const std::vector<Value>& outputs, std::vector<Pick> picks) {
  const base::MutexLock lock(mutex_);
  const std::shared_ptr<Stage> stage = release(run, position);
  if (!stage || stage->waiting.empty()) return;
  stage->state = Stage::State::kDone;
  stage->start = nullptr;
  stage->outputs = outputs;
  stage->picks = std::move(picks);
  make_ready(stage);
}

void LoopSharing::failed(ItemRun& run, int position, const std::string& error) {
  const base::MutexLock lock(mutex_);
  const std::shared_ptr<Stage> stage = release(run, position);
  if (!stage || stage->waiting.empty()) return;
  stage->state = Stage::State::kFailed;
  stage->start = nullptr;
  stage->error = error;
  make_ready(stage);
}

void LoopSharing::abandoned(ItemRun& run, int position) {
  const base::MutexLock lock(mutex_);
  const std::shared_ptr<Stage> stage = release(run, position);
  if (!stage || stage->waiting.empty()) return;
  stage->state = Stage::State::kNew;
  make_ready(stage);
}

void LoopSharing::leave(ItemRun& run) {
  for (std::size_t l = 0; l < run.stages.size(); ++l) abandoned(run, static_cast<int>(l));
}

std::size_t LoopSharing::waiting() const {
  const base::MutexLock lock(mutex_);
  std::size_t count = 0;
  for (const auto& stage_of : stage_of_) count += stage_of.size();
  return count;
}

}  // namespace graph
