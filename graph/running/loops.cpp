// SPDX-License-Identifier: MIT
#include "graph/running/loops.h"

#include <algorithm>

#include "graph/planning/window.h"
#include "graph/running/lists.h"

namespace graph {

void Loops::start(Frame* frame, int loop) {
  const Environment& environment = run_.environment;
  const GraphNode& spec = environment.graph.nodes[loop];
  std::vector<Value> inputs;
  const Region& body = environment.graph.regions[spec.body];
  const std::size_t links = body.next.size() + body.lists.size() + (body.has_over ? 1 : 0);
  for (std::size_t k = 0; k < links; ++k) inputs.push_back(environment.given(*frame, loop, k));
  if (std::any_of(inputs.begin(), inputs.end(), [](const Value& input) { return input.empty(); })) {
    std::vector<Value> nothing(spec.outs.size());
    return run_.ends.finish(frame, loop, nothing, Outcome::kDone);
  }
  Stage* const stage = stage_of(frame, loop);
  if (stage && stage->state == Stage::State::kDone) {
    std::vector<Value> outputs = stage->outputs;
    add_picks(*frame, stage->picks);
    return run_.ends.finish(frame, loop, outputs, Outcome::kDone);
  }
  begin(new Frame(environment.layout, environment.graph, spec.body, *frame->item, frame), std::move(inputs), stage);
}

/// Throws what the expression, the length of the value or lists of several lengths throw.
int Loops::count_turns(const Region& body, const std::vector<Value>& inputs, const Frame& turns) const {
  if (body.has_over) return static_cast<int>(inputs.back().length());
  if (!turns.lists.empty()) return static_cast<int>(common_length(body, turns.lists));
  const GraphNode& loop = run_.environment.graph.nodes[body.owner];
  const Scalar steps = run_.environment.plan.evaluate(loop.props[0], turns.item->item);
  return static_cast<int>(std::get<std::int64_t>(steps));
}

/// Where the body's frame keeps its first state.
int Loops::first_state(const Region& body) const {
  return run_.environment.layout.nodes[body.head].first_port;
}

/// Of each node once: it does the same in every item, or nearly.
void Loops::warn_of_empty_windows(const Frame& turns) {
  const Environment& environment = run_.environment;
  for (const int node : environment.graph.regions[turns.region].nodes) {
    if (!environment.graph.nodes[node].when) continue;
    const std::string why =
        empty_window(environment.plan, environment.graph.nodes[node], turns.turn.count, turns.item->item);
    if (why.empty() || told_[node].exchange(true)) continue;
    Event warning;
    warning.kind = Event::kWarning;
    warning.node = node;
    warning.text = why;
    environment.post(std::move(warning));
  }
}

void Loops::begin(Frame* turns, std::vector<Value> inputs, Stage* stage) {
  const Environment& environment = run_.environment;
  const Region& body = environment.graph.regions[turns->region];
  turns->turn = {0, 0};
  const auto first_list = inputs.begin() + static_cast<std::ptrdiff_t>(body.next.size());
  turns->lists.assign(first_list, first_list + static_cast<std::ptrdiff_t>(body.lists.size()));
  try {
    turns->turn.count = count_turns(body, inputs, *turns);
  } catch (const std::exception& e) {
    environment.fail(*turns, body.owner, e.what());
  }
  turns->last.resize(body.out.size());
  turns->collected.assign(body.collect.size(), std::vector<Value>(std::max(0, turns->turn.count)));
  // The state's slots are read again at the end, when the loop had no turn at all.
  for (std::size_t k = 0; k < body.next.size(); ++k) turns->values[first_state(body) + k] = std::move(inputs[k]);
  if (stage && stage->state == Stage::State::kFailed) environment.fail(*turns, body.owner, stage->error);
  else if (stage) go_on_from(turns, *stage);
  if (run_.checkpoints.go_on(*turns)) post_turn(turns);
  const bool idle = turns->turn.index >= turns->turn.count || environment.layout.regions[turns->region].leaves.empty();
  if (idle || environment.dead(*turns->parent, body.owner)) return end(turns);
  warn_of_empty_windows(*turns);
  begin_turn(turns);
}

void Loops::begin_turn(Frame* turns) {
  if (turns->parent->region == 0) part_ways(turns);
  if (turns->failed) return end(turns);
  const Environment& environment = run_.environment;
  turns->rewind(environment.layout, environment.graph);
  const Region& body = environment.graph.regions[turns->region];
  for (const int state : environment.plan.recording().optimised[turns->region]) {
    Value& value = turns->values[first_state(body) + state];
    value = value.leaf();  // a history begins, the turn's own
    environment.branch(*turns, body.head, state);
  }
  set_element(environment.layout, body, turns->lists, {turns->turn.index, turns->turn.count}, *turns);
  run_.flow.start(turns);
}

void Loops::end_turn(Frame* turns) {
  take_outputs(turns);
  take_states(turns);
  run_.pulse.beat();
  const bool given_up = run_.environment.dead(*turns, run_.environment.graph.regions[turns->region].owner);
  ++turns->turn.index;
  if (!given_up) post_turn(turns);
  if (!given_up) run_.checkpoints.end_turn(*turns);
  if (given_up || turns->turn.index >= turns->turn.count) return end(turns);
  begin_turn(turns);
}

/// What the turn sent of the loop's outputs.
void Loops::take_outputs(Frame* turns) const {
  const Region& body = run_.environment.graph.regions[turns->region];
  for (std::size_t k = 0; k < body.out.size(); ++k) {
    if (Value value = sent(*turns, body.out[k]); !value.empty()) turns->last[k] = std::move(value);
  }
  for (std::size_t k = 0; k < body.collect.size(); ++k)
    turns->collected[k][turns->turn.index] = sent(*turns, body.collect[k]);
}

/// What a port of the body sent in this turn, without the turn's history.
Value Loops::sent(const Frame& turns, const PortRef& port) const {
  const Value& value = turns.values[run_.environment.layout.nodes[port.node].first_port + port.port];
  return run_.environment.plan.recording().may_have_history(run_.environment.graph, port) ? value.detached() : value;
}

/// What the next turn begins with; every other value ends with the turn.
void Loops::take_states(Frame* turns) const {
  const Region& body = run_.environment.graph.regions[turns->region];
  std::vector<Value> next;
  next.reserve(body.next.size());
  for (std::size_t k = 0; k < body.next.size(); ++k) {
    next.push_back(body.next[k] ? sent(*turns, body.next[k]) : Value());
    if (next.back().empty()) next.back() = sent(*turns, {body.head, static_cast<int>(k)});
  }
  turns->drop_values();
  std::move(next.begin(), next.end(), turns->values.begin() + first_state(body));
}

void Loops::post_turn(const Frame* turns) const {
  if (!run_.environment.wanted(Event::kStep)) return;
  Event step = run_.environment.event(Event::kStep, *turns, run_.environment.graph.regions[turns->region].owner);
  step.turn = turns->turn.index;
  step.around = run_.environment.turns_around(*turns);
  step.count = run_.environment.first_item(*turns, step.node);
  run_.environment.post(std::move(step));
}

void Loops::end(Frame* turns) {
  const std::unique_ptr<Frame> owned(turns);
  const Region& body = run_.environment.graph.regions[turns->region];
  const int first = first_state(body);
  std::vector<Value> outputs = std::move(turns->last);
  for (std::size_t k = 0; k < body.out.size(); ++k) {
    // Never sent: a state of that source has its last value, the initial one when there was no turn.
    for (std::size_t s = 0; outputs[k].empty() && s < body.next.size(); ++s) {
      const bool is_state = body.out[k] == PortRef{body.head, static_cast<int>(s)};
      if (is_state || (body.next[s] && body.out[k] == body.next[s])) outputs[k] = turns->values[first + s];
    }
  }
  for (std::size_t k = 0; k < body.collect.size(); ++k) {
    const ValueType& list = *run_.environment.graph.nodes[body.owner].out_types[body.out.size() + k];
    outputs.push_back(Value::list(*list.element, std::move(turns->collected[k])));
  }
  const bool given_up = run_.environment.dead(*turns, body.owner);
  if (given_up) outputs.assign(outputs.size(), Value());
  if (turns->failed) turns->parent->failed = true;
  add_picks(*turns->parent, take_picks(*turns));
  if (!given_up) run_.checkpoints.end_stay(*turns);
  run_.ends.finish(turns->parent, body.owner, outputs,
                   turns->failed ? Outcome::kFailed
                   : given_up    ? Outcome::kAbandoned
                                 : Outcome::kDone);
}

}  // namespace graph
