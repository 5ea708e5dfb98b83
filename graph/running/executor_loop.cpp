// SPDX-License-Identifier: MIT
// Loops: a frame of the body that goes round the flow graph once a turn.
#include <algorithm>

#include "graph/running/executor.h"

namespace graph {

void Executor::start_loop(Frame* frame, int node) {
  const GraphNode& loop = graph_.nodes[node];
  const Region& body = graph_.regions[loop.body];
  std::vector<Value> inputs;
  for (const PortRef& ref : loop.ins) {
    const Frame* level = frame;
    while (level->region != graph_.nodes[ref.node].region) level = level->parent;
    inputs.push_back(level->values[layout_.nodes[ref.node].first_port + ref.port]);
  }
  if (std::any_of(inputs.begin(), inputs.end(), [](const Value& input) { return input.empty(); })) {
    std::vector<Value> nothing(loop.outs.size());
    return finish(frame, node, nothing, Outcome::kDone);
  }
  Stage* const stage = stage_of(frame, node);
  if (stage && (stage->start || stage->state == Stage::State::kDone)) note_shared_turns(frame, node);
  if (stage && stage->state == Stage::State::kDone) {
    std::vector<Value> outputs = stage->outputs;
    return finish(frame, node, outputs, Outcome::kDone);
  }
  auto* turns = new Frame(layout_, graph_, loop.body, *frame->item, frame);
  turns->turn.count = 0;
  try {
    if (body.has_over) {
      turns->turn.count = static_cast<int>(inputs.back().length());
    } else {
      turns->turn.count = static_cast<int>(std::get<std::int64_t>(plan_.evaluate(loop.props[0], frame->item->item)));
    }
  } catch (const std::exception& e) {
    fail(turns, node, e.what());
  }
  turns->last.resize(body.out.size());
  // The state's slots are read again at the end, when the loop had no turn at all.
  const int first = body.state < 0 ? 0 : layout_.nodes[body.state].first_port;
  for (std::size_t k = 0; k < body.next.size(); ++k) turns->values[first + k] = inputs[k];
  if (stage && stage->state == Stage::State::kFailed) fail(turns, node, stage->error);
  else if (stage) go_on_from(turns, *stage);
  if (turns->turn.count <= 0 || layout_.regions[loop.body].leaves.empty() || dead(frame, node)) return end_loop(turns);
  begin_turn(turns);
}

void Executor::begin_turn(Frame* frame) {
  if (frame->parent->region == 0) part_ways(frame);
  if (frame->failed) return end_loop(frame);
  frame->rewind(layout_, graph_);
  regions_[frame->region].start->try_put(frame);
}

/// The last leaf of a frame has ended: a pass through the root is over, or a turn.
void Executor::end_turn(Frame* frame) {
  if (frame->region == 0) return end_item(frame);
  const Region& body = graph_.regions[frame->region];
  const auto value_at = [&](const PortRef& ref) -> const Value& {
    return frame->values[layout_.nodes[ref.node].first_port + ref.port];
  };
  for (std::size_t k = 0; k < body.out.size(); ++k) {
    if (const Value& value = value_at(body.out[k]); !value.empty()) frame->last[k] = value;
  }
  std::vector<Value> next;
  next.reserve(body.next.size());
  const int first = body.state < 0 ? 0 : layout_.nodes[body.state].first_port;
  for (std::size_t k = 0; k < body.next.size(); ++k) {
    const bool sent = body.next[k] && !value_at(body.next[k]).empty();
    next.push_back(sent ? value_at(body.next[k]) : frame->values[first + k]);
  }
  std::fill(frame->values.begin(), frame->values.end(), Value());
  for (std::size_t k = 0; k < next.size(); ++k) frame->values[first + k] = std::move(next[k]);
  moved_.fetch_add(1, std::memory_order_relaxed);
  const bool given_up = dead(frame, body.loop);
  if (!given_up) post_turn(frame);
  if (given_up || frame->turn.index + 1 >= frame->turn.count) return end_loop(frame);
  ++frame->turn.index;
  begin_turn(frame);
}

void Executor::post_turn(const Frame* frame) {
  if (!wanted(Event::kStep)) return;
  Event step = event(Event::kStep, frame, graph_.regions[frame->region].loop);
  step.turn = frame->turn.index + 1;
  post(std::move(step));
}

void Executor::end_loop(Frame* frame) {
  const std::unique_ptr<Frame> owned(frame);
  const Region& body = graph_.regions[frame->region];
  Frame* outer = frame->parent;
  const int first = body.state < 0 ? 0 : layout_.nodes[body.state].first_port;
  std::vector<Value> outputs = std::move(frame->last);
  for (std::size_t k = 0; k < body.out.size(); ++k) {
    // Never sent: a state of that source has its last value, the initial one when there was no turn.
    for (std::size_t s = 0; outputs[k].empty() && s < body.next.size(); ++s) {
      const bool is_state = body.out[k] == PortRef{body.state, static_cast<int>(s)};
      if (is_state || (body.next[s] && body.out[k] == body.next[s])) outputs[k] = frame->values[first + s];
    }
  }
  const bool given_up = dead(frame, body.loop);
  if (given_up) outputs.assign(outputs.size(), Value());
  if (frame->failed) outer->failed = true;
  finish(outer, body.loop, outputs, frame->failed ? Outcome::kFailed : given_up ? Outcome::kAbandoned : Outcome::kDone);
}

}  // namespace graph
