// SPDX-License-Identifier: MIT
#include "graph/running/executor_watch.h"

#include "base/fault_injection.h"

namespace graph {

void Executor::Flight::begin(DeferNode::gateway_type& gateway) {
  gateway.reserve_wait();
  gateway_ = &gateway;
}

void Executor::Flight::end(Outcome outcome, const std::string& error) {
  if (ended_.exchange(true)) return;
  outcome_ = outcome;
  error_ = error;
  DeferNode::gateway_type* gateway = gateway_;
  gateway->try_put(this);
  gateway->release_wait();
}

std::shared_ptr<Completion> Executor::Flight::completion() {
  class Handle final : public Completion {
   public:
    explicit Handle(std::shared_ptr<Flight> flight) : flight_(std::move(flight)) {}
    ~Handle() override { flight_->end(Outcome::kFailed, "the deferred call was dropped without an end"); }
    void done() override { flight_->end(Outcome::kDone, ""); }
    void fail(const std::string& what) override { flight_->end(Outcome::kFailed, what); }

   private:
    std::shared_ptr<Flight> flight_;
  };
  return std::make_shared<Handle>(shared_from_this());
}

std::shared_ptr<Executor::Flight> Executor::take_off(Rows rows, int number) {
  const auto flight = std::make_shared<Flight>(std::move(rows), number);
  const std::lock_guard lock(flights_mutex_);
  flights_[flight.get()] = flight;
  return flight;
}

/// It has ended where it began.
void Executor::forget(Flight& flight) {
  const std::lock_guard lock(flights_mutex_);
  flights_.erase(&flight);
}

/// Whether a device goes on with what the call gave it. Then the flight lands when that is done.
bool Executor::outlasts(Resource& resource, Flight& flight, int lane) {
  const auto keep = flight.shared_from_this();
  flight.begin(resource.defer->gateway());
  running_.fetch_add(1, std::memory_order_relaxed);
  flight.set_handed_over();
  const bool going_on = options_.hooks->outlasts(
      lane, [keep](const std::string& error) { keep->end(error.empty() ? Outcome::kDone : Outcome::kFailed, error); });
  if (going_on) return true;
  running_.fetch_sub(1, std::memory_order_relaxed);
  resource.defer->gateway().release_wait();
  return false;
}

void Executor::defer(Resource& resource, std::unique_ptr<Call> call) {
  Call* const row = call.get();
  Rows rows;
  rows.push_back(std::move(call));
  resource.defer->try_put(take_off(std::move(rows), start_calls({&row, 1})).get());
}

void Executor::start_deferred(Flight& started, DeferNode::gateway_type& gateway) {
  const std::shared_ptr<Flight> flight = started.shared_from_this();
  flight->begin(gateway);
  Call& call = *flight->rows().front();
  bool taken = false;
  call.set_completion([&] {
    taken = true;
    return flight->completion();
  });
  std::string error;
  running_.fetch_add(1, std::memory_order_relaxed);
  const int lane = call.lane();
  if (options_.hooks) options_.hooks->enter(lane);
  if (options_.calls) options_.calls->enter(call.index());
  try {
    base::injection::strike("call", call.node_id());
    call.node().process(call);
  } catch (const std::exception& e) {
    error = e.what();
  } catch (...) {
    error = "an unknown exception";
  }
  if (options_.calls) options_.calls->leave(flight->node());
  if (options_.hooks) options_.hooks->leave(lane);
  running_.fetch_sub(1, std::memory_order_relaxed);
  moved_.fetch_add(1, std::memory_order_relaxed);
  if (!error.empty()) return flight->end(Outcome::kFailed, error);
  if (!taken) flight->end(Outcome::kDone, "");
}

void Executor::land(Resource& resource, Flight* landed) {
  const std::shared_ptr<Flight> flight = landed->shared_from_this();
  forget(*flight);
  std::vector<Call*> rows;
  for (const auto& row : flight->rows()) {
    rows.push_back(row.get());
    if (row->outcome() != Outcome::kDone) continue;  // it failed before the device had done its part
    row->set_outcome(flight->outcome());
    if (flight->outcome() == Outcome::kFailed) fail(&row->frame(), row->index(), flight->error());
    if (flight->outcome() == Outcome::kAbandoned) row->frame().item->cancelled = true;
    if (flight->outcome() != Outcome::kDone) row->clear();
  }
  rows.front()->note_device(flight->on_device());
  const int node = flight->node();
  if (!graph_.nodes[node].type->contract.deferred()) running_.fetch_sub(1, std::memory_order_relaxed);
  moved_.fetch_add(1, std::memory_order_relaxed);
  end_calls(rows, flight->number(), flight->start());
  if (resource.ready.ended(node)) give_ticket(resource);
  if (starving_) serve_starved();
}

Executor::Watchdog::Watchdog(Executor& executor) : executor_(executor), thread_([this] { watch(); }) {}

Executor::Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  over_.notify_all();
  thread_.join();
}

void Executor::Watchdog::watch() {
  const auto stall_after = executor_.options_.stall_after;
  const auto look = std::clamp<std::chrono::milliseconds>(stall_after / 4, std::chrono::milliseconds(5),
                                                          std::chrono::milliseconds(200));
  std::int64_t moved = -1;
  Clock::time_point since = Clock::now();
  std::unique_lock lock(mutex_);
  while (!over_.wait_for(lock, look, [this] { return stop_; })) {
    const Clock::time_point now = Clock::now();
    if (const std::int64_t m = executor_.moved_.load(std::memory_order_relaxed); m != moved || executor_.running_ > 0) {
      moved = m;
      since = now;
    }
    if (executor_.stop_at_once()) {
      end_flights(Outcome::kAbandoned, "");
    } else if (now - since >= stall_after) {
      since = now;
      end_flights(Outcome::kFailed, "stands still: its call was deferred and nothing has moved for " +
                                        std::to_string(stall_after.count() / 1000) + "." +
                                        std::to_string(stall_after.count() % 1000 / 100) + " s");
    }
  }
}

void Executor::Watchdog::end_flights(Outcome outcome, const std::string& error) {
  std::vector<std::shared_ptr<Flight>> all;
  {
    const std::lock_guard lock(executor_.flights_mutex_);
    for (const auto& [key, flight] : executor_.flights_) {
      // What a device works on uses the call's values, and ends by itself.
      const bool deferred = executor_.graph_.nodes[flight->node()].type->contract.deferred();
      if (deferred && flight->begun()) all.push_back(flight);
    }
  }
  for (const auto& flight : all) {
    if (outcome == Outcome::kFailed) {
      Event stalled;
      stalled.kind = Event::kStalled;
      stalled.item = flight->rows().front()->frame().item->item + executor_.options_.first_item;
      stalled.node = flight->node();
      stalled.text = error;
      executor_.post(std::move(stalled));
    }
    flight->end(outcome, error);
  }
}

}  // namespace graph
