// SPDX-License-Identifier: MIT
#include "graph/running/checkpoints.h"

#include <algorithm>
#include <stdexcept>

#include "graph/running/picks.h"

namespace graph {
namespace {

/// What the nodes of a region keep, and those of the eaches in it: `element` leads there.
void gather_slots(const Graph& graph, const Layout& layout, int region, const Kept& kept,
                  const std::vector<int>& element, std::vector<KeptSlot>& slots) {
  const std::vector<int>& nodes = graph.regions[region].nodes;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const GraphNode& node = graph.nodes[nodes[i]];
    if (node.sort == GraphNode::Sort::kNode && !kept.slots[i].empty() && !node.type->contract.slot_spec().cache)
      slots.push_back({nodes[i], element, kept.slots[i].value()});
    if (node.sort != GraphNode::Sort::kEach) continue;
    const std::vector<Kept>& elements = kept.eaches[layout.nodes[nodes[i]].each];
    for (std::size_t e = 0; e < elements.size(); ++e) {
      if (elements[e].slots.empty()) continue;  // nothing was kept of it
      std::vector<int> inner = element;
      inner.push_back(static_cast<int>(e));
      gather_slots(graph, layout, node.body, elements[e], inner, slots);
    }
  }
}

/// The place of a slot of a node in the loop's frame, made where it is not there.
Slot& slot_at(const Graph& graph, const Layout& layout, int loop_body, Kept& kept, const KeptSlot& slot) {
  std::vector<int> eaches;  // between the node and the loop, the outermost first
  for (int region = graph.nodes[slot.node].region; region != loop_body; region = graph.regions[region].parent)
    eaches.insert(eaches.begin(), graph.regions[region].owner);
  Kept* at = &kept;
  for (std::size_t i = 0; i < eaches.size(); ++i) {
    std::vector<Kept>& elements = at->eaches[layout.nodes[eaches[i]].each];
    const auto index = static_cast<std::size_t>(slot.element[i]);
    if (elements.size() <= index) elements.resize(index + 1);
    Kept& inner = elements[index];
    const Region& body = graph.regions[graph.nodes[eaches[i]].body];
    if (inner.slots.empty())
      inner = {std::vector<Slot>(body.nodes.size()),
               std::vector<std::vector<Kept>>(layout.regions[graph.nodes[eaches[i]].body].eaches)};
    at = &inner;
  }
  return at->slots[layout.nodes[slot.node].local];
}

/// How many eaches lie between a node and the loop's body; -1 where it is not in that, or in a loop in it.
int eaches_up_to(const Graph& graph, int node, int loop_body) {
  int count = 0;
  for (int region = graph.nodes[node].region; region != loop_body; region = graph.regions[region].parent, ++count) {
    if (region <= 0 || graph.nodes[graph.regions[region].owner].sort != GraphNode::Sort::kEach) return -1;
  }
  return count;
}

void expect(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

void expect_type(const Value& value, const ValueType* type) {
  expect(value.empty() || (type != nullptr && value.type() == *type), "it holds a value of another type");
}

}  // namespace

void add_file(Frame& frame, const Graph& graph, const Output& file) {
  for (Frame* at = &frame; at->parent != nullptr; at = at->parent) {
    if (graph.regions[at->region].checkpoint < 0) continue;
    const base::MutexLock lock(at->item->mutex);
    at->files.push_back(file);
  }
}

Checkpoints::Checkpoints(Environment& environment, const Admission& admission)
    : environment_(environment), admission_(admission), on_(environment.options.loop_states != nullptr) {
  for (const Region& region : environment.graph.regions) {
    if (region.checkpoint >= 0) loops_.push_back(region.owner);
  }
}

std::int64_t Checkpoints::every(const Frame& turns) const {
  const Region& body = environment_.graph.regions[turns.region];
  if (!on_ || body.checkpoint < 0) return 0;
  const GraphNode& loop = environment_.graph.nodes[body.owner];
  return std::get<std::int64_t>(environment_.plan.evaluate(loop.props[body.checkpoint], turns.item->item));
}

LoopPlace Checkpoints::place_of(const Frame& turns) const {
  LoopPlace place;
  place.loop = environment_.graph.regions[turns.region].owner;
  place.item = environment_.plan.describe(environment_.plan.scope(place.loop), turns.item->item);
  place.item.index += environment_.options.first_item;
  place.element = turns.element;
  place.turns = Environment::turns_around(turns);
  return place;
}

void Checkpoints::warn(const Frame& turns, const std::string& text) const {
  Event warning = environment_.event(Event::kWarning, turns, environment_.graph.regions[turns.region].owner);
  warning.text = text;
  environment_.post(std::move(warning));
}

bool Checkpoints::go_on(Frame& turns) {
  if (every(turns) <= 0) return false;
  const LoopPlace place = place_of(turns);
  {
    const Scope scope = environment_.plan.scope(place.loop);
    const std::int64_t first = environment_.plan.first_item(scope, turns.item->item);
    const int root = environment_.layout.root_of(environment_.graph, place.loop);
    const std::int64_t expected = admission_.expected(scope, turns.item->item, root);
    const base::MutexLock lock(mutex_);
    left_.try_emplace({place.loop, first}, expected == Admission::kNoEnd ? 1 : expected);
  }
  try {
    std::optional<KeptLoop> state = environment_.options.loop_states->load(place);
    if (state) restore(turns, std::move(*state));
    return state.has_value();
  } catch (const std::exception& e) {
    warn(turns, std::string("what was kept of it is not used, and it begins anew: ") + e.what());
  }
  return false;
}

/// All of it, or nothing.
void Checkpoints::restore(Frame& turns, KeptLoop state) {
  check(turns, state);
  restore_files(turns, state.files);
  const int first = environment_.layout.nodes[environment_.graph.regions[turns.region].head].first_port;
  std::move(state.states.begin(), state.states.end(), turns.values.begin() + first);
  turns.last = std::move(state.last);
  turns.collected = std::move(state.collected);
  restore_slots(turns, state.slots);
  add_picks(turns, std::move(state.picks));
  turns.turn.index = state.turn;
}

void Checkpoints::check(const Frame& turns, const KeptLoop& state) const {
  const Graph& graph = environment_.graph;
  const Region& body = graph.regions[turns.region];
  const GraphNode& loop = graph.nodes[body.owner];
  expect(state.turns == turns.turn.count, "it has another number of turns");
  expect(state.turn > 0 && state.turn <= state.turns, "it stands at a turn that the loop has not");
  expect(state.states.size() == body.next.size() && state.last.size() == body.out.size() &&
             state.collected.size() == body.collect.size(),
         "it has other states or outputs");
  for (std::size_t k = 0; k < state.states.size(); ++k) {
    expect(!state.states[k].empty(), "a state is not there");
    expect_type(state.states[k], graph.nodes[body.head].out_types[k]);
  }
  for (std::size_t k = 0; k < state.last.size(); ++k) expect_type(state.last[k], loop.out_types[k]);
  for (std::size_t k = 0; k < state.collected.size(); ++k) {
    expect(state.collected[k].size() == static_cast<std::size_t>(state.turns), "it has other turns");
    for (const Value& one : state.collected[k]) expect_type(one, loop.out_types[body.out.size() + k]->element);
  }
  for (const KeptSlot& slot : state.slots) {
    const bool known = slot.node >= 0 && graph.nodes[slot.node].type != nullptr;
    expect(known && eaches_up_to(graph, slot.node, turns.region) == static_cast<int>(slot.element.size()),
           "it has something of a node that is not in the loop");
    constexpr int kMost = 1 << 24;  // elements, before one would take the memory for all in front of it
    expect(std::ranges::all_of(slot.element, [](int index) { return index >= 0 && index < kMost; }),
           "it has something of an element that is not there");
    expect(!slot.value.empty(), "a slot is empty");
    expect_type(slot.value, graph.nodes[slot.node].type->contract.slot_spec().type);
  }
}

void Checkpoints::put_slots(const Frame& turns, KeptLoop& state) const {
  gather_slots(environment_.graph, environment_.layout, turns.region, turns.kept, {}, state.slots);
}

void Checkpoints::restore_slots(Frame& turns, const std::vector<KeptSlot>& slots) const {
  for (const KeptSlot& slot : slots)
    slot_at(environment_.graph, environment_.layout, turns.region, turns.kept, slot) = Slot(slot.value);
}

/// They count as written: by the item's record, and by who would write them once more.
void Checkpoints::restore_files(Frame& turns, const std::vector<Output>& files) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    try {
      environment_.claim_file(files[i].path);
    } catch (...) {
      for (std::size_t k = 0; k < i; ++k) environment_.release_file(files[k].path);
      throw;
    }
  }
  for (const Output& file : files) {
    {
      const base::MutexLock lock(turns.item->mutex);
      turns.item->outputs.push_back(file);
    }
    add_file(turns, environment_.graph, file);
  }
}

void Checkpoints::end_turn(Frame& turns) {
  const std::int64_t due = every(turns);
  if (due <= 0 || turns.turn.index % due != 0) return;
  const Region& body = environment_.graph.regions[turns.region];
  const auto first = turns.values.begin() + environment_.layout.nodes[body.head].first_port;
  KeptLoop state;
  state.turn = turns.turn.index;
  state.turns = turns.turn.count;
  state.states.assign(first, first + static_cast<std::ptrdiff_t>(body.next.size()));
  state.last = turns.last;
  state.collected = turns.collected;
  state.picks = picks_of(turns);
  std::vector<LoopPlace> inner;
  {
    const base::MutexLock lock(turns.item->mutex);
    state.files = turns.files;
    inner.swap(turns.stays);
  }
  try {
    put_slots(turns, state);
    // What was told of these turns is written before: a run that goes on from here does not tell it again.
    if (environment_.options.bus) environment_.options.bus->drain();
    environment_.options.loop_states->save(place_of(turns), state);
    for (const LoopPlace& stay : inner) environment_.options.loop_states->drop(stay);
  } catch (const std::exception& e) {
    warn(turns, "it could not be kept after turn " + std::to_string(state.turn) + ": " + e.what());
    const base::MutexLock lock(turns.item->mutex);
    turns.stays.insert(turns.stays.end(), inner.begin(), inner.end());
  }
}

/// What was kept of it is of use until the loop with checkpoints around it has been kept beyond it.
void Checkpoints::end_stay(const Frame& turns) {
  if (every(turns) <= 0) return;
  for (Frame* at = turns.parent; at->parent != nullptr; at = at->parent) {
    if (environment_.graph.regions[at->region].checkpoint < 0) continue;
    const base::MutexLock lock(at->item->mutex);
    at->stays.push_back(place_of(turns));
    return;
  }
}

void Checkpoints::end_item(const ItemRun& item, ItemStatus status) {
  if (!on_ || status != ItemStatus::kDone) return;
  for (const int loop : loops_) {
    const std::int64_t first = environment_.plan.first_item(environment_.plan.scope(loop), item.item);
    {
      const base::MutexLock lock(mutex_);
      const auto left = left_.find({loop, first});
      if (left == left_.end() || --left->second > 0) continue;
      left_.erase(left);
    }
    environment_.options.loop_states->drop_all(loop, first + environment_.options.first_item);
  }
}

}  // namespace graph
