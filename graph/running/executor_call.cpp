// SPDX-License-Identifier: MIT
// One ticket's work: take what is best, decide what becomes of it, call the node, send on.
#include <algorithm>

#include "base/fault_injection.h"
#include "graph/running/executor.h"
#include "graph/running/executor_watch.h"

namespace graph {
namespace {

/// Puts what a lane carries on this thread for the time of a call.
class LaneGuard {
 public:
  LaneGuard(LaneHooks* hooks, int lane) : hooks_(hooks), lane_(lane) {
    if (hooks_) hooks_->enter(lane_);
  }
  ~LaneGuard() {
    if (hooks_) hooks_->leave(lane_);
  }
  LaneGuard(const LaneGuard&) = delete;
  LaneGuard& operator=(const LaneGuard&) = delete;

 private:
  LaneHooks* hooks_;
  int lane_;
};

}  // namespace

void Executor::arrive(Frame* frame, int node) {
  if (frame->arrivals[layout_.nodes[node].local].fetch_sub(1, std::memory_order_acq_rel) == 1) push(frame, node);
}

void Executor::push(Frame* frame, int node) {
  Resource& resource = *resources_[nodes_[node].resource];
  resource.ready.push({frame->item->order, nodes_[node].depth, node, frame, Clock::now()});
  give_ticket(resource);
}

/// The run waits for a ticket given to threads that are not of the flow graph until its work is done.
void Executor::give_ticket(Resource& resource) {
  if (!resource.submitters) {
    resource.tickets->try_put(Ticket{});
    return;
  }
  flow_->reserve_wait();
  resource.submitters->give_ticket();
}

void Executor::work(Resource& resource) {
  Ready best;
  std::vector<Ready> more;
  if (!resource.ready.take(best, more)) return;  // a batch took what this ticket was for, or a limit holds it back
  const NodeType* type = graph_.nodes[best.node].type;
  bool over = true;
  if (more.empty() && !asynchronous_ && !(type && type->contract.deferred())) {
    Call call(environment_, *best.frame, best.node);
    call.set_ready_since(best.since);
    call.set_alone(best.alone);
    if (settle(call) && give_instance(call)) call_here(call);
  } else {
    more.insert(more.begin(), best);
    Rows rows;
    for (const Ready& ready : more) {
      auto call = std::make_unique<Call>(environment_, *ready.frame, ready.node);
      call->set_ready_since(ready.since);
      call->set_alone(ready.alone);
      if (settle(*call) && give_instance(*call)) rows.push_back(std::move(call));
    }
    if (!rows.empty()) over = call_rows(resource, rows);
  }
  if (over && resource.ready.ended(best.node)) give_ticket(resource);
  if (over && starving_) serve_starved();
}

/// True when the node is to be called; otherwise what there was to do has been done, and the frame may be gone.
bool Executor::settle(Call& call) {
  switch (prepare(call)) {
    case Fate::kCall:
      return true;
    case Fate::kPass:
      pass(call);
      return false;
    case Fate::kLoop:
      start_loop(&call.frame(), call.index());
      return false;
    case Fate::kGone:
      return false;
  }
  return false;
}

/// False when the node could not be made for this item: that has failed it.
bool Executor::give_instance(Call& row) {
  call_guarded(row, [&] { row.set_instance(instances_.get(row.index(), *row.frame().item)); });
  if (row.outcome() == Outcome::kDone) return true;
  finish(&row.frame(), row.index(), row.outputs(), row.outcome());
  return false;
}

bool Executor::dead(const Frame* frame, int node) const {
  const bool after = layout_.gather_of[layout_.root_of(graph_, node)] >= 0;
  return frame->item->cancelled || (after ? frame->item->failed_after : frame->item->failed);
}

bool Executor::needed(const Frame* frame, int node) const {
  return frame->region != 0 || !frame->item->needed || (*frame->item->needed)[node];
}

Executor::Fate Executor::prepare(Call& call) {
  Frame* frame = &call.frame();
  const int node = call.index();
  if (stop_at_once()) frame->item->cancelled = true;
  const GraphNode& spec = graph_.nodes[node];
  if (spec.gathers) return join_gathering(call);
  if (dead(frame, node) || !needed(frame, node)) return Fate::kPass;
  if (shared(node) && !join_group(frame, node)) return Fate::kGone;
  if (spec.when && !place_in_window(plan_, spec, frame->turn, frame->item->item).active) return Fate::kPass;
  if (spec.sort == GraphNode::Sort::kLoop) return Fate::kLoop;
  return call.complete() ? Fate::kCall : Fate::kPass;
}

/// Not called: the item has failed, nobody needs the node, or it is inactive; then a bypass passes its input on.
void Executor::pass(Call& call) {
  Frame* frame = &call.frame();
  const int node = call.index();
  const GraphNode& spec = graph_.nodes[node];
  stats_[node].passed.fetch_add(1, std::memory_order_relaxed);
  const bool alive = !dead(frame, node) && needed(frame, node);
  if (alive && spec.type) {
    for (const auto& [out, in] : spec.type->contract.bypasses()) call.outputs()[out] = call.input(in);
    if (layout_.nodes[node].sink) {
      note_ran(frame, node);
      if (frame->region == 0 && switched_on(plan_, spec, frame->item->item)) {
        call.warn("nothing to do: nothing was sent to its input, so it made nothing for this item");
      }
    }
  }
  finish(frame, node, call.outputs(), alive ? Outcome::kDone : Outcome::kAbandoned);
}

/// True when the call is over; otherwise land() does what is left to do.
bool Executor::call_rows(Resource& resource, Rows& rows) {
  const int node = rows.front()->index();
  const bool mixed = graph_.nodes[node].type->contract.has_mixed_properties();
  const bool several = rows.size() > 1;
  Rows batch;
  std::string key;
  for (auto& row : rows) {
    std::string mine;
    if (several && !take_key(*row, mine)) continue;
    if (batch.empty()) {
      key = mine;
    } else if (mine != key || !(mixed || &row->node() == &batch.front()->node())) {
      push(&row->frame(), node);  // it has joined its group already, and does so again
      continue;
    }
    batch.push_back(std::move(row));
  }
  return batch.empty() || call_batch(resource, std::move(batch));
}

/// False when the node has no batch key for this row: that has failed it.
bool Executor::take_key(Call& row, std::string& key) {
  call_guarded(row, [&] { key = row.node().batch_key(row); });
  if (row.outcome() == Outcome::kDone) return true;
  finish(&row.frame(), row.index(), row.outputs(), row.outcome());
  return false;
}

/// A call of one row that ends when process() returns.
void Executor::call_here(Call& row) {
  Call* const rows = &row;
  const int number = start_calls({&rows, 1});
  const Clock::time_point start = Clock::now();
  {
    const LaneGuard lane(options_.hooks, row.lane());
    make_calls({&rows, 1});
  }
  end_calls({&rows, 1}, number, start);
}

/// One call for these rows. True when it is over; otherwise its node or its device goes on, and land() ends it.
bool Executor::call_batch(Resource& resource, Rows rows) {
  std::vector<Call*> calls;
  for (const auto& row : rows) calls.push_back(row.get());
  const int lane = calls.front()->lane();
  const int number = start_calls(calls);
  const Clock::time_point start = Clock::now();
  const std::shared_ptr<Flight> flight = take_off(rows, number, start);
  bool going_on = false;
  {
    const LaneGuard guard(options_.hooks, lane);
    make_calls(calls);
    going_on = flight && goes_on(*flight, lane);
  }
  if (going_on) {
    hand_over(resource, *flight);
    return false;
  }
  if (flight) forget(*flight);
  end_calls(calls, number, start);
  return true;
}

/// Its number.
int Executor::start_calls(std::span<Call* const> rows) {
  const int number = calls_made_.fetch_add(1, std::memory_order_relaxed);
  if (!wanted(Event::kNodeStarted)) return number;
  for (Call* row : rows) {
    Event started = event(Event::kNodeStarted, &row->frame(), row->index());
    started.call = number;
    started.rows = static_cast<int>(rows.size());
    post(std::move(started));
  }
  return number;
}

void Executor::make_calls(std::span<Call* const> rows) {
  running_.fetch_add(1, std::memory_order_relaxed);
  const int node = rows.front()->index();
  if (options_.calls) options_.calls->enter(node);
  if (rows.size() == 1) call_row(*rows.front());
  else call_together(rows);
  if (options_.calls) options_.calls->leave(node);
  if (budget_) budget_->look();
  running_.fetch_sub(1, std::memory_order_relaxed);
  moved_.fetch_add(1, std::memory_order_relaxed);
}

void Executor::end_calls(std::span<Call* const> rows, int number, Clock::time_point start) {
  for (Call* row : rows) call_fed(*row, [row] { row->do_rest(); });
  const Clock::time_point end = Clock::now();
  Stats& stats = stats_[rows.front()->index()];
  stats.calls.fetch_add(1, std::memory_order_relaxed);
  stats.packets.fetch_add(static_cast<std::int64_t>(rows.size()), std::memory_order_relaxed);
  stats.busy_ns.fetch_add(std::chrono::nanoseconds(end - start).count(), std::memory_order_relaxed);
  const PhaseTimes phases = note_phases(rows, start);
  for (Call* row : rows) end_call(*row, number, static_cast<int>(rows.size()), start, end, phases);
}

/// What the rows of a call noted, and how long they had been waiting for it.
PhaseTimes Executor::note_phases(std::span<Call* const> rows, Clock::time_point start) {
  PhaseTimes phases;
  Clock::duration queued{};
  for (const Call* row : rows) {
    phases.copy += row->phase_times().copy;
    phases.wait += row->phase_times().wait;
    queued += start - row->ready_since();
  }
  const auto add = [](std::atomic<std::int64_t>& sum, Clock::duration time) {
    if (time > Clock::duration::zero())
      sum.fetch_add(std::chrono::nanoseconds(time).count(), std::memory_order_relaxed);
  };
  Stats& stats = stats_[rows.front()->index()];
  add(stats.queued_ns, queued);
  add(stats.copied_ns, phases.copy);
  add(stats.waited_ns, phases.wait);
  return phases;
}

/// Rows together; when that throws, each alone, so that the failure is only its own.
void Executor::call_together(std::span<Call* const> rows) {
  try {
    const std::vector<Context*> contexts(rows.begin(), rows.end());
    for (const Call* row : rows) base::injection::strike("call", row->node_id());
    return rows.front()->node().process_batch(contexts);
  } catch (const std::exception& error) {
    note_batch_failure(rows, error);
  } catch (...) {
  }
  for (Call* row : rows) {
    row->clear();
    call_row(*row);
  }
}

void Executor::end_call(Call& row, int number, int rows, Clock::time_point start, Clock::time_point end,
                        const PhaseTimes& phases) {
  Frame* frame = &row.frame();
  const int node = row.index();
  if (wanted(Event::kNodeFinished)) {
    Event finished = event(Event::kNodeFinished, frame, node);
    finished.call = number;
    finished.rows = rows;
    finished.start = start;
    finished.time = end;
    finished.queued = start - row.ready_since();
    finished.copied = phases.copy;
    finished.waited = phases.wait;
    post(std::move(finished));
  }
  if (row.is_starved() && row.outcome() == Outcome::kDone) return starve(row);
  if (row.outcome() == Outcome::kDone && layout_.nodes[node].sink) note_ran(frame, node);
  finish(frame, node, row.outputs(), row.outcome());
}

/// Runs a piece of a node's code; what it throws becomes the row's outcome and its item's failure.
void Executor::call_guarded(Call& row, const std::function<void()>& body) {
  if (row.outcome() != Outcome::kDone) return;
  const auto failed = [&](const std::string& what) {
    row.set_outcome(Outcome::kFailed);
    fail(&row.frame(), row.index(), what);
  };
  try {
    body();
  } catch (const Cancelled&) {
    row.set_outcome(Outcome::kAbandoned);
    row.frame().item->cancelled = true;
  } catch (const std::bad_alloc&) {
    failed("out of memory");
  } catch (const std::exception& e) {
    failed(e.what());
  } catch (...) {
    failed("an unknown exception");
  }
  if (row.outcome() != Outcome::kDone) row.clear();
}

void Executor::note_ran(Frame* frame, int node) {
  const base::MutexLock lock(frame->item->mutex);
  frame->item->ran.push_back(node);
}

void Executor::fail(Frame* frame, int node, const std::string& given) {
  const std::string what = given.empty() ? "failed without saying why" : given;
  ItemRun& item = *frame->item;
  frame->failed = true;
  {
    const base::MutexLock lock(item.mutex);
    const bool first = item.error_node < 0;
    if (first) {
      item.error = what;
      item.error_node = node;
    }
    (layout_.gather_of[layout_.root_of(graph_, node)] >= 0 ? item.failed_after : item.failed) = true;
    if (!first) return;
  }
  Event error = event(Event::kError, frame, node);
  error.text = what;
  post(std::move(error));
}

/// A node has ended for a frame, in whatever way. The frame may be gone when this returns.
void Executor::finish(Frame* frame, int node, std::vector<Value>& outputs, Outcome outcome) {
  if (frame->region == 0 && sharing_.find(node) >= 0) end_stage(frame, node, outputs, outcome);
  if (shared(node) && !graph_.nodes[node].gathers) return finish_group(frame, node, outputs, outcome);
  store(frame, node, outputs, true);
  send_on(frame, node);
}

void Executor::store(Frame* frame, int node, std::vector<Value>& outputs, bool tapped) {
  const Layout::Region& region = layout_.regions[frame->region];
  for (std::size_t port = 0; port < outputs.size(); ++port) {
    if (outputs[port].empty()) continue;
    const auto& taps = environment_.taps[node];
    if (tapped && !taps.empty() && taps[port]) {
      try {
        taps[port]->read(plan_.describe(plan_.scope(node) & frame->scope, frame->item->item), outputs[port]);
      } catch (const std::exception& e) {
        fail(frame, node, "tap '" + taps[port]->port + "': " + e.what());
      }
    }
    const int slot = layout_.nodes[node].first_port + static_cast<int>(port);
    if (region.readers[slot] > 0) frame->values[slot] = std::move(outputs[port]);
  }
}

void Executor::release_reads(Frame* frame, int node) {
  for (int slot : layout_.nodes[node].reads) {
    if (frame->readers[slot].fetch_sub(1, std::memory_order_acq_rel) == 1) frame->values[slot] = Value();
  }
}

void Executor::send_on(Frame* frame, int node) {
  release_reads(frame, node);
  nodes_[node].out->try_put(frame);
}

}  // namespace graph
