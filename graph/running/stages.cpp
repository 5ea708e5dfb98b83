// SPDX-License-Identifier: MIT
// Turns that several items share: one runs them, and the others go on from there.
#include "graph/running/loops.h"

namespace graph {

/// What the item shares of a loop of the root; null: nothing.
Stage* Loops::stage_of(const Frame* frame, int loop) const {
  const int position = frame->region == 0 ? run_.sharing.find(loop) : -1;
  return position < 0 ? nullptr : frame->item->stages[position].get();
}

/// False when that throws, as a node's own copying may: that has failed the loop.
bool Loops::copy_slots(Frame* turns, Kept& to, const Kept& from) const {
  try {
    to = from;
    return true;
  } catch (const std::exception& e) {
    run_.environment.fail(*turns, run_.environment.graph.regions[turns->region].owner,
                          std::string("what its nodes keep could not be copied: ") + e.what());
  }
  return false;
}

/// Takes the loop to where the item's stage begins.
void Loops::go_on_from(Frame* turns, Stage& stage) const {
  turns->scope = stage.scope;
  if (!stage.start) return;
  const LoopState& state = *stage.start;
  copy_slots(turns, turns->kept, state.kept);
  const int first = first_state(run_.environment.graph.regions[turns->region]);
  for (std::size_t k = 0; k < state.states.size(); ++k) turns->values[first + k] = state.states[k];
  turns->last = state.last;
  turns->collected = state.collected;
  add_picks(*turns, state.picks);
  turns->turn.index = state.turn;
  if (stage.waiting.empty()) stage.start = nullptr;
}

/// Before a turn: items that have been alike and will not be in this one go on each from a copy of what there is.
void Loops::part_ways(Frame* turns) {
  const Region& body = run_.environment.graph.regions[turns->region];
  const Stage* stage = stage_of(turns->parent, body.owner);
  if (!stage) return;
  ItemRun& item = *turns->item;
  const auto parts = run_.sharing.parts(*stage, item.item, turns->turn);
  if (parts.empty()) return;
  const auto state = std::make_shared<LoopState>();
  const auto first = turns->values.begin() + first_state(body);
  state->states.assign(first, first + static_cast<std::ptrdiff_t>(body.next.size()));
  state->turn = turns->turn.index;
  state->last = turns->last;
  state->collected = turns->collected;
  state->picks = picks_of(*turns);
  if (!copy_slots(turns, state->kept, turns->kept)) return;
  const int position = run_.sharing.find(body.owner);
  run_.sharing.split(item, position, parts, state);
  turns->scope = item.stages[position]->scope;
  run_.items.wake_lanes();
}

void Loops::pass(const Frame* frame, int node, const std::vector<Value>& outputs, Outcome outcome) {
  const int position = frame->region == 0 ? run_.sharing.find(node) : -1;
  if (position < 0) return;
  switch (outcome) {
    case Outcome::kDone:
      run_.sharing.done(*frame->item, position, outputs,
                        picks_of_node(*frame, node, run_.environment.layout, run_.environment.graph));
      break;
    case Outcome::kFailed:
      run_.sharing.failed(*frame->item, position, run_.environment.shared_error(*frame, node));
      break;
    case Outcome::kAbandoned:
      run_.sharing.abandoned(*frame->item, position);
      break;
  }
  run_.items.wake_lanes();
}

}  // namespace graph
