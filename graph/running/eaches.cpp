// SPDX-License-Identifier: MIT
#include "graph/running/eaches.h"

#include <algorithm>
#include <memory>

#include "base/limits.h"
#include "graph/running/lists.h"

namespace graph {
namespace {

constexpr base::Limit kElements{"each-elements"};

/// The most that a number of an each can be; `unknown` where the run decides.
std::int64_t most_of(const GraphNode& each, int prop, std::int64_t unknown) {
  if (prop < 0 || !each.props[prop].is_constant()) return unknown;
  return std::get<std::int64_t>(each.props[prop].constant);
}

std::int64_t at_once_in(const Graph& graph, int region, std::int64_t most) {
  std::int64_t widest = 1;
  for (const int n : graph.regions[region].nodes) {
    const GraphNode& node = graph.nodes[n];
    if (node.body < 0) continue;
    std::int64_t width = at_once_in(graph, node.body, most);
    if (node.sort == GraphNode::Sort::kEach) {
      const Region& body = graph.regions[node.body];
      width *= std::clamp(std::min(most_of(node, body.at_once, most), most_of(node, body.times, most)), std::int64_t{1},
                          most);
    }
    widest = std::max(widest, std::min(width, most));
  }
  return widest;
}

}  // namespace

int elements_at_once(const Plan& plan, int most) {
  return static_cast<int>(at_once_in(plan.graph(), 0, most));
}

void Eaches::start(Frame* frame, int node) {
  const Environment& environment = run_.environment;
  const GraphNode& spec = environment.graph.nodes[node];
  const Region& body = environment.graph.regions[spec.body];
  std::vector<Value> lists;
  for (std::size_t l = 0; l < body.lists.size(); ++l) lists.push_back(environment.given(*frame, node, l));
  if (std::ranges::any_of(lists, &Value::empty)) return end_without(frame, node, Outcome::kDone);
  int count = 0;
  try {
    count = count_elements(*frame, body, lists);
  } catch (const std::exception& e) {
    environment.fail(*frame, node, e.what());
    return end_without(frame, node, Outcome::kFailed);
  }
  // In a loop what the elements keep lives on, but for those that this turn lacks.
  if (loop_around(environment.graph, spec.region) >= 0)
    frame->kept.eaches[environment.layout.nodes[node].each].resize(count);
  auto* const each = new EachRun(*frame, node, std::move(lists), count, static_cast<int>(spec.outs.size()));
  {
    // All that can begin is ready before anything is called, so that it is called together.
    const Flow::Hold hold(run_.flow);
    for (int left = at_once(*frame, node); left > 0; --left) {
      const int element = each->begin_next();
      if (element < 0) break;
      begin(*each, element, new Frame(environment.layout, environment.graph, spec.body, *frame->item, frame));
    }
  }
  if (each->release()) end(each);
}

/// Throws std::runtime_error: lists of several lengths, too many elements; and what the expression throws.
int Eaches::count_elements(const Frame& frame, const Region& body, const std::vector<Value>& lists) const {
  const GraphNode& spec = run_.environment.graph.nodes[body.owner];
  if (body.times >= 0) {
    const Scalar times = run_.environment.plan.evaluate(spec.props[body.times], frame.item->item);
    return static_cast<int>(std::get<std::int64_t>(times));
  }
  const std::size_t length = common_length(body, lists);
  if (length > kElements.most()) {
    throw std::runtime_error(std::to_string(length) + " elements are too many: at most " + kElements.text());
  }
  return static_cast<int>(length);
}

/// How many elements are on their way at a time: as many as fill the largest batch of the body as often as its resource
/// makes calls, and where nothing is batched, the cores.
int Eaches::at_once(const Frame& frame, int node) const {
  const GraphNode& spec = run_.environment.graph.nodes[node];
  const Region& body = run_.environment.graph.regions[spec.body];
  if (body.at_once < 0) return run_.flow.width_of(spec.body);
  const Scalar given = run_.environment.plan.evaluate(spec.props[body.at_once], frame.item->item);
  return static_cast<int>(std::get<std::int64_t>(given));
}

void Eaches::begin(EachRun& each, int element, Frame* frame) const {
  const Environment& environment = run_.environment;
  const Region& body = environment.graph.regions[frame->region];
  const Frame& around = *frame->parent;
  frame->each = &each;
  frame->each_frame = frame;
  frame->element = around.element;
  frame->element.push_back(element);
  frame->turn = around.turn;
  frame->failed = false;
  auto& kept = frame->parent->kept.eaches[environment.layout.nodes[each.node].each];
  if (!kept.empty() && !kept[element].slots.empty()) frame->kept = std::move(kept[element]);
  frame->rewind(environment.layout, environment.graph);
  set_element(environment.layout, body, each.lists, {element, each.count}, *frame);
  for (std::size_t l = 0; l < body.lists.size(); ++l)
    environment.branch(*frame, body.head, body.list_port(static_cast<int>(l)));
  run_.flow.start(frame);
}

/// What the element sent, and what its nodes keep.
void Eaches::take_outputs(EachRun& each, Frame& frame) const {
  const Environment& environment = run_.environment;
  const Region& body = environment.graph.regions[frame.region];
  const int element = frame.element.back();
  for (std::size_t port = 0; port < body.out.size(); ++port) {
    const int slot = environment.layout.nodes[body.out[port].node].first_port + body.out[port].port;
    each.send(static_cast<int>(port), element, frame.values[slot]);
  }
  auto& kept = frame.parent->kept.eaches[environment.layout.nodes[each.node].each];
  const bool has_kept = std::ranges::any_of(frame.kept.slots, [](const Slot& slot) { return !slot.empty(); }) ||
                        std::ranges::any_of(frame.kept.eaches, [](const auto& inner) { return !inner.empty(); });
  if (!has_kept) return;
  const Kept fresh{std::vector<Slot>(frame.kept.slots.size()),
                   std::vector<std::vector<Kept>>(frame.kept.eaches.size())};
  Kept mine = std::exchange(frame.kept, fresh);
  if (!kept.empty()) kept[element] = std::move(mine);
}

void Eaches::end_element(Frame* frame) {
  EachRun& each = *frame->each;
  run_.pulse.beat();
  if (run_.environment.dead(each.frame, each.node)) each.give_up();
  take_outputs(each, *frame);
  add_picks(each.frame, take_picks(*frame));
  frame->drop_values();
  const int next = each.begin_next();
  const EachRun::Ended ended = each.end_element();
  post_progress(each, ended.count);
  if (next >= 0) return begin(each, next, frame);
  delete frame;
  if (ended.all) end(&each);
}

void Eaches::post_progress(const EachRun& each, int ended) const {
  if (!run_.environment.wanted(Event::kStep) || each.has_failed()) return;
  Event step = run_.environment.event(Event::kStep, each.frame, each.node);
  step.turn = ended;
  step.turns = each.count;
  run_.environment.post(std::move(step));
}

void Eaches::end(EachRun* ended) const {
  const std::unique_ptr<EachRun> each(ended);
  const Environment& environment = run_.environment;
  Frame& frame = each->frame;
  if (each->has_failed()) {
    environment.fail(frame, each->failing());
    return end_without(&frame, each->node, Outcome::kFailed);
  }
  if (environment.dead(frame, each->node)) return end_without(&frame, each->node, Outcome::kAbandoned);
  std::vector<Value> outputs;
  std::vector<std::vector<Value>> sent = each->take_sent();
  for (std::size_t port = 0; port < sent.size(); ++port) {
    const ValueType& list = *environment.graph.nodes[each->node].out_types[port];
    outputs.push_back(Value::list(*list.element, std::move(sent[port])));
  }
  run_.ends.finish(&frame, each->node, outputs, Outcome::kDone);
}

void Eaches::end_without(Frame* frame, int node, Outcome outcome) const {
  std::vector<Value> nothing(run_.environment.graph.nodes[node].outs.size());
  run_.ends.finish(frame, node, nothing, outcome);
}

}  // namespace graph
