// SPDX-License-Identifier: MIT
// Turns that several items share: one runs them, and the others go on from there.
#include "graph/running/executor.h"

namespace graph {

/// What the item shares of a loop of the root; null: nothing.
Stage* Executor::stage_of(const Frame* frame, int loop) const {
  const int position = frame->region == 0 ? sharing_.find(loop) : -1;
  return position < 0 ? nullptr : frame->item->stages[position].get();
}

/// Another item has run turns for this one: what ended in them has ended for this item, too.
void Executor::note_shared_turns(Frame* frame, int loop) {
  for (int sink : layout_.sinks) {
    if (sink != loop && layout_.root_of(graph_, sink) == loop) note_ran(frame, sink);
  }
}

/// Takes the loop to where the item's stage begins.
void Executor::go_on_from(Frame* turns, Stage& stage) {
  turns->scope = stage.scope;
  if (!stage.start) return;
  const Region& body = graph_.regions[turns->region];
  const LoopState& state = *stage.start;
  try {
    turns->slots = state.slots;
  } catch (const std::exception& e) {
    fail(turns, body.loop, std::string("what its nodes keep could not be copied: ") + e.what());
  }
  const int first = body.state < 0 ? 0 : layout_.nodes[body.state].first_port;
  for (std::size_t k = 0; k < state.states.size(); ++k) turns->values[first + k] = state.states[k];
  turns->last = state.last;
  turns->turn.index = state.turn;
  if (stage.waiting.empty()) stage.start = nullptr;
}

/// Before a turn: items that have been alike and will not be in this one go on each from a copy of what there is.
void Executor::part_ways(Frame* turns) {
  const Region& body = graph_.regions[turns->region];
  const Stage* stage = stage_of(turns->parent, body.loop);
  if (!stage) return;
  ItemRun& item = *turns->item;
  const auto parts = sharing_.parts(*stage, item.item, turns->turn);
  if (parts.empty()) return;
  const auto state = std::make_shared<LoopState>();
  const int first = body.state < 0 ? 0 : layout_.nodes[body.state].first_port;
  for (std::size_t k = 0; k < body.next.size(); ++k) state->states.push_back(turns->values[first + k]);
  state->turn = turns->turn.index;
  state->last = turns->last;
  try {
    state->slots = turns->slots;
  } catch (const std::exception& e) {
    return fail(turns, body.loop, std::string("what its nodes keep could not be copied: ") + e.what());
  }
  const int position = sharing_.find(body.loop);
  sharing_.split(item, position, parts, state);
  turns->scope = item.stages[position]->scope;
  wake_lanes();
}

/// The item has passed the loop, in whatever way.
void Executor::end_stage(Frame* frame, int loop, const std::vector<Value>& outputs, Outcome outcome) {
  const int position = sharing_.find(loop);
  switch (outcome) {
    case Outcome::kDone:
      sharing_.done(*frame->item, position, outputs);
      break;
    case Outcome::kFailed:
      sharing_.failed(*frame->item, position, shared_error(frame, loop));
      break;
    case Outcome::kAbandoned:
      sharing_.abandoned(*frame->item, position);
      break;
  }
  wake_lanes();
}

}  // namespace graph
