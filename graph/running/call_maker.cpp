// SPDX-License-Identifier: MIT
#include "graph/running/call_maker.h"

#include "base/fault_injection.h"

namespace graph {
namespace {

/// Puts what a lane carries on this thread for the time of a call.
class LaneGuard {
 public:
  LaneGuard(LaneHooks* hooks, const Call& row) : hooks_(hooks), lane_(row.lane()) {
    if (hooks_) hooks_->enter(lane_, row.records());
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

void CallMaker::call_here(Call& row) {
  Call* const rows = &row;
  const int number = start({&rows, 1});
  const Clock::time_point begin = Clock::now();
  {
    const LaneGuard lane(run_.environment.options.hooks, row);
    make({&rows, 1});
  }
  end({&rows, 1}, number, begin);
}

bool CallMaker::call(Rows rows) {
  std::vector<Call*> calls;
  for (const auto& row : rows) calls.push_back(row.get());
  const int lane = calls.front()->lane();
  const int number = start(calls);
  const Clock::time_point begin = Clock::now();
  const std::shared_ptr<Flight> flight = take_off(rows, number, begin);
  bool going_on = false;
  {
    const LaneGuard guard(run_.environment.options.hooks, *calls.front());
    make(calls);
    going_on = flight && goes_on(*flight, lane);
  }
  if (going_on) {
    hand_over(*flight);
    return false;
  }
  if (flight) run_.flights.forget(*flight);
  end(calls, number, begin);
  return true;
}

/// The call's number.
int CallMaker::start(std::span<Call* const> rows) {
  const int number = run_.tally.begin_call();
  if (!run_.environment.wanted(Event::kNodeStarted)) return number;
  for (const Call* row : rows) {
    Event started = row->event(Event::kNodeStarted);
    started.call = number;
    started.rows = static_cast<int>(rows.size());
    run_.environment.post(std::move(started));
  }
  return number;
}

void CallMaker::make(std::span<Call* const> rows) {
  CallHooks* const hooks = run_.environment.options.calls;
  const int node = rows.front()->index();
  run_.pulse.begin_call();
  if (hooks) hooks->enter(node);
  if (rows.size() == 1) process_row(*rows.front());
  else process_together(rows);
  if (hooks) hooks->leave(node);
  run_.memory.look();
  run_.pulse.end_call();
}

void CallMaker::process_row(Call& row) {
  run_.guard.call(row, [&row] {
    base::injection::strike("call", row.node_id());
    row.node().process(row);
  });
}

/// Rows together; when that throws, each alone, so that the failure is only its own.
void CallMaker::process_together(std::span<Call* const> rows) {
  try {
    const std::vector<Context*> contexts(rows.begin(), rows.end());
    for (const Call* row : rows) base::injection::strike("call", row->node_id());
    return rows.front()->node().process_batch(contexts);
  } catch (const std::exception& error) {
    run_.memory.note_batch_failure(rows, error);
  } catch (...) {
  }
  for (Call* row : rows) {
    row->clear();
    process_row(*row);
  }
}

/// Takes the rows over. Null, and they stay, for a call that ends where it begins.
std::shared_ptr<Flight> CallMaker::take_off(Rows& rows, int number, Clock::time_point start) {
  Call& first = *rows.front();
  const bool defers = run_.environment.graph.nodes[first.index()].type->contract.deferred();
  if (!defers && !run_.environment.asynchronous) return nullptr;
  const auto flight = run_.flights.take_off(std::move(rows), number, start);
  if (defers) first.set_completion([flight = flight.get()] { return flight->completion(); });
  return flight;
}

/// After process(), on the same thread: whether the node or a device goes on with the call.
bool CallMaker::goes_on(Flight& flight, int lane) {
  if (flight.deferred()) {
    const Call& row = *flight.rows().front();
    if (row.outcome() == Outcome::kDone && !row.is_starved()) return true;
    flight.end(Outcome::kAbandoned, "");  // what it threw has ended it
    return false;
  }
  if (!run_.environment.asynchronous) return false;
  return run_.environment.options.hooks->outlasts(lane, [keep = flight.shared_from_this()](const std::string& error) {
    keep->end(error.empty() ? Outcome::kDone : Outcome::kFailed, error);
  });
}

void CallMaker::hand_over(Flight& flight) {
  if (!flight.deferred()) run_.pulse.begin_call();  // a device is at work on it
  run_.flow.hand_over(flight);
}

void CallMaker::land(Flight& flight) {
  std::vector<Call*> rows;
  for (const auto& row : flight.rows()) {
    rows.push_back(row.get());
    run_.guard.call(*row, [&flight] { flight.check(); });
  }
  rows.front()->note_device(flight.on_device());
  if (flight.deferred()) run_.pulse.beat();
  else run_.pulse.end_call();
  end(rows, flight.number(), flight.start());
}

void CallMaker::end(std::span<Call* const> rows, int number, Clock::time_point start) {
  for (Call* row : rows) run_.guard.call(*row, [row] { row->do_rest(); });
  Tally::CallTimes times;
  const Clock::time_point now = Clock::now();
  times.busy = now - start;
  Flow::note_time(now);
  for (const Call* row : rows) {
    times.phases.copy += row->phase_times().copy;
    times.phases.wait += row->phase_times().wait;
    times.phases.backward += row->phase_times().backward;
    times.queued += start - row->ready_since();
  }
  const int count = static_cast<int>(rows.size());
  run_.tally.end_call(rows.front()->index(), count, times);
  const bool told = run_.environment.wanted(Event::kNodeFinished);
  std::optional<Flow::Hold> hold;  // rows that were called together go on together
  if (count > 1) hold.emplace(run_.flow);
  for (Call* row : rows) {
    if (told) {
      Event finished = row->event(Event::kNodeFinished);
      finished.call = number;
      finished.rows = count;
      finished.start = start;
      finished.time = now;
      finished.queued = start - row->ready_since();
      finished.copied = times.phases.copy;
      finished.waited = times.phases.wait;
      finished.backward = times.phases.backward;
      run_.environment.post(std::move(finished));
    }
    end_row(*row);
  }
}

void CallMaker::end_row(Call& row) {
  const int node = row.index();
  if (row.is_starved() && row.outcome() == Outcome::kDone) return run_.memory.starve(row);
  if (row.outcome() == Outcome::kDone) row.keep_picks();
  run_.ends.finish(&row.frame(), node, row.outputs(), row.outcome());
}

}  // namespace graph
