// SPDX-License-Identifier: MIT
// One ticket's work: take what is best, decide what becomes of it, and call the node.
#include <algorithm>

#include "graph/planning/window.h"
#include "graph/running/executor.h"

namespace graph {

void Executor::work(Resource& resource) {
  Flow::Worker worker(resource);
  do use_ticket(resource);
  while (worker.take());
}

void Executor::use_ticket(Resource& resource) {
  Ready best;
  std::vector<Ready> more;
  if (!resource.queue.take(best, more)) return;  // a batch took what this ticket was for, or a limit holds it back
  if (resource.queue.wants_ticket()) resource.give_ticket();
  const NodeType* type = environment_.graph.nodes[best.node].type;
  bool over = true;
  if (more.empty() && !environment_.asynchronous && !(type && type->contract.deferred())) {
    Call call(environment_, best);
    if (settle(call) && give_instance(call)) calls_.call_here(call);
  } else {
    Rows batch = pick_batch(ready_rows(best, more));
    over = batch.empty() || calls_.call(std::move(batch));
  }
  if (over) end_call(resource, best.node);
}

/// In an each, what is switched off is nothing that its elements wait for: what stands behind it becomes ready for all
/// of them together, and shares calls.
bool Executor::pass_by(Frame* frame, int node) {
  constexpr int kDeepest = 16;  // passes in one another, on the thread's stack
  thread_local int depth = 0;
  if (!switched_off_[node] || !frame->each || depth == kDeepest) return false;
  ++depth;
  Call call(environment_, flow_.ready(frame, node));
  if (settle(call)) throw EngineError("engine: a node that is switched off is to be called");
  --depth;
  return true;
}

/// What was taken from the queue for a call of the node has ended.
void Executor::end_call(Resource& resource, int node) {
  if (resource.queue.ended(node)) resource.give_ticket();
  memory_.end_call();
}

void Executor::land(Flight& landed) {
  const std::shared_ptr<Flight> flight = landed.shared_from_this();
  flights_.forget(*flight);
  calls_.land(*flight);
  end_call(flow_.resource_of(flight->node()), flight->node());
}

/// Those for which the node is to be called; with the others, what there was to do has been done.
Rows Executor::ready_rows(const Ready& best, const std::vector<Ready>& more) {
  Rows rows;
  const auto add = [&](const Ready& ready) {
    auto call = std::make_unique<Call>(environment_, ready);
    if (settle(*call) && give_instance(*call)) rows.push_back(std::move(call));
  };
  add(best);
  for (const Ready& ready : more) add(ready);
  return rows;
}

/// True when the node is to be called; otherwise what there was to do has been done, and the frame may be gone.
bool Executor::settle(Call& call) {
  switch (prepare(call)) {
    case Fate::kCall:
      return true;
    case Fate::kPass:
      pass(call);
      return false;
    case Fate::kBody:
      if (environment_.graph.nodes[call.index()].sort == GraphNode::Sort::kLoop) {
        loops_.start(&call.frame(), call.index());
      } else {
        eaches_.start(&call.frame(), call.index());
      }
      return false;
    case Fate::kGone:
      return false;
  }
  return false;
}

/// False when the node could not be made for this item: that has failed it.
bool Executor::give_instance(Call& row) {
  guard_.run(row, [&] {
    if (row.has_fed()) row.set_bound(instances_.bind(row.index(), *row.frame().item, row.fed()));
    else row.set_instance(instances_.get(row.index(), *row.frame().item));
  });
  if (row.outcome() == Outcome::kDone) return true;
  finish(&row.frame(), row.index(), row.outputs(), row.outcome());
  return false;
}

Executor::Fate Executor::prepare(Call& call) {
  Frame* frame = &call.frame();
  const int node = call.index();
  if (environment_.stop_at_once()) frame->item->cancelled = true;
  const GraphNode& spec = environment_.graph.nodes[node];
  if (spec.gathers) return join_gathering(call);
  if (environment_.dead(*frame, node) || !environment_.needed(*frame, node)) return Fate::kPass;
  if (shared_.has(node) && join_group(frame, node) == Fate::kGone) return Fate::kGone;
  if (spec.when &&
      !(place_in_window(environment_.plan, spec, frame->turn, frame->item->item).active && call.switched_on())) {
    return Fate::kPass;
  }
  if (spec.body >= 0) return Fate::kBody;
  return call.complete() ? Fate::kCall : Fate::kPass;
}

/// Gone: the frame waits for the one that runs the node for its group, or has been given the result.
Executor::Fate Executor::join_group(Frame* frame, int node) {
  SharedWork::Place place = shared_.join(frame, node);
  switch (place.part) {
    case SharedWork::Place::Part::kRun:
      return Fate::kCall;
    case SharedWork::Place::Part::kWait:
      break;
    case SharedWork::Place::Part::kTake:
      add_picks(*frame, std::move(place.picks));
      store(frame, node, place.outputs, false);
      leave_group(frame, node);
      break;
    case SharedWork::Place::Part::kFail:
      environment_.fail(*frame, node, place.error);
      leave_group(frame, node);
      break;
  }
  return Fate::kGone;
}

/// An item arrives at a node that gathers. All but the last leave their value and end here; the last one runs the node,
/// and what comes after it, for all. A failed item leaves nothing, so that the others' result is made without it.
Executor::Fate Executor::join_gathering(Call& call) {
  Frame* frame = &call.frame();
  const int node = call.index();
  const auto end_here = [&] {
    release_reads(frame, node);
    flow_.end_leaf(frame);
    return Fate::kGone;
  };
  if (!environment_.needed(*frame, node)) return end_here();
  const auto& ins = environment_.graph.nodes[node].type->contract.ins();
  const auto port =
      static_cast<int>(std::find_if(ins.begin(), ins.end(), [](const InSpec& in) { return in.gather; }) - ins.begin());
  Gathered mine{environment_.plan.describe(kAllOfIt, frame->item->item), Value()};
  mine.item.index += environment_.options.first_item;
  const GraphNode& spec = environment_.graph.nodes[node];
  const bool on = place_in_window(environment_.plan, spec, frame->turn, frame->item->item).active;
  if (on && !frame->item->failed && !frame->item->cancelled) {
    guard_.run(call, [&] {
      const Node& instance = instances_.get(node, *frame->item);
      if (const Value& value = call.input(port); !value.empty()) mine.value = instance.keep(value);
    });
  }
  auto [all, picks] = shared_.gather(frame, node, std::move(mine));
  if (all.empty()) return end_here();
  add_picks(*frame, std::move(picks));
  frame->leaves.fetch_add(environment_.layout.gather_leaves[node] - 1, std::memory_order_acq_rel);
  const bool anything = std::any_of(all.begin(), all.end(), [](const Gathered& g) { return !g.value.empty(); });
  call.set_gathered(std::move(all), port);
  if (!on || environment_.dead(*frame, node) || !anything || !call.complete()) return Fate::kPass;
  return Fate::kCall;
}

/// Not called: the item has failed, nobody needs the node, or it is inactive; then a bypass passes its input on.
void Executor::pass(Call& call) {
  Frame* frame = &call.frame();
  const int node = call.index();
  const GraphNode& spec = environment_.graph.nodes[node];
  tally_.pass(node);
  const bool alive = !environment_.dead(*frame, node) && environment_.needed(*frame, node);
  if (alive && spec.type) {
    for (const auto& [out, in] : spec.type->contract.bypasses()) call.outputs()[out] = call.input(in);
    const bool on = switched_on(environment_.plan, spec, frame->item->item) && call.switched_on();
    if (frame->region == 0 && environment_.layout.nodes[node].sink && on) {
      call.warn("nothing to do: nothing was sent to its input, so it made nothing for this item");
    }
  }
  finish(frame, node, call.outputs(), alive ? Outcome::kDone : Outcome::kAbandoned);
}

/// Those that may share a call with the first; the others are ready again. They have joined their groups already, and
/// do so again.
Rows Executor::pick_batch(Rows rows) {
  if (rows.size() < 2) return rows;
  const int node = rows.front()->index();
  const bool mixed = environment_.graph.nodes[node].type->contract.has_mixed_properties();
  Rows batch;
  std::string key;
  int left = flow_.batch_of(node);
  for (auto& row : rows) {
    std::string mine;
    int size = 0;
    if (!take_key(*row, mine, size)) continue;
    const bool alike = batch.empty() || (mine == key && (mixed || &row->node() == &batch.front()->node()));
    if (!alike || (!batch.empty() && size > left)) {
      flow_.push(&row->frame(), node);
      continue;
    }
    if (batch.empty()) key = mine;
    left -= size;
    batch.push_back(std::move(row));
  }
  return batch;
}

/// False when the node does not say what the row may share a call with, and how many rows it is: that has failed it.
bool Executor::take_key(Call& row, std::string& key, int& size) {
  guard_.run(row, [&] {
    key = row.node().batch_key(row);
    size = row.node().rows(row);
  });
  if (row.outcome() == Outcome::kDone) return true;
  finish(&row.frame(), row.index(), row.outputs(), row.outcome());
  return false;
}

}  // namespace graph
