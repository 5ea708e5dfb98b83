// SPDX-License-Identifier: MIT
#include "graph/running/executor_watch.h"

#include <stdexcept>

namespace graph {

void Executor::Flight::hand_over(std::function<void()> land) {
  land_ = std::move(land);
  handed_over_at_ = Clock::now();
  handed_over_ = true;
  arrive();
}

void Executor::Flight::end(Outcome outcome, const std::string& error) {
  if (ended_.exchange(true)) return;
  outcome_ = outcome;
  error_ = error;
  arrive();
}

void Executor::Flight::arrive() {
  if (missing_.fetch_sub(1, std::memory_order_acq_rel) == 1) land_();
}

void Executor::Flight::check() const {
  if (outcome_ == Outcome::kAbandoned) throw Cancelled();
  if (outcome_ == Outcome::kFailed) throw std::runtime_error(error_);
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
  deferred_ = true;
  return std::make_shared<Handle>(shared_from_this());
}

/// Takes the rows over. Null, and they stay, for a call that ends where it begins.
std::shared_ptr<Executor::Flight> Executor::take_off(Rows& rows, int number, Clock::time_point start) {
  Call& first = *rows.front();
  const bool deferred = graph_.nodes[first.index()].type->contract.deferred();
  if (!deferred && !asynchronous_) return nullptr;
  const auto flight = std::make_shared<Flight>(std::move(rows), number, start);
  if (deferred) first.set_completion([flight = flight.get()] { return flight->completion(); });
  const std::lock_guard lock(flights_mutex_);
  flights_[flight.get()] = flight;
  return flight;
}

/// It has ended where it began.
void Executor::forget(Flight& flight) {
  const std::lock_guard lock(flights_mutex_);
  flights_.erase(&flight);
}

/// After process(), on the same thread: whether the node or a device goes on with the call.
bool Executor::goes_on(Flight& flight, int lane) {
  if (flight.deferred()) {
    const Call& row = *flight.rows().front();
    if (row.outcome() == Outcome::kDone && !row.is_starved()) return true;
    flight.end(Outcome::kAbandoned, "");  // what it threw has ended it
    return false;
  }
  if (!asynchronous_) return false;
  return options_.hooks->outlasts(lane, [keep = flight.shared_from_this()](const std::string& error) {
    keep->end(error.empty() ? Outcome::kDone : Outcome::kFailed, error);
  });
}

/// The run waits for it until it has landed.
void Executor::hand_over(Resource& resource, Flight& flight) {
  if (!flight.deferred()) running_.fetch_add(1, std::memory_order_relaxed);
  flow_->reserve_wait();
  flight.hand_over([this, &resource, &flight] {
    resource.land->try_put(&flight);
    flow_->release_wait();
  });
}

void Executor::land(Resource& resource, Flight* landed) {
  const std::shared_ptr<Flight> flight = landed->shared_from_this();
  forget(*flight);
  std::vector<Call*> rows;
  for (const auto& row : flight->rows()) {
    rows.push_back(row.get());
    call_fed(*row, [&] { flight->check(); });
  }
  rows.front()->note_device(flight->on_device());
  const int node = flight->node();
  if (!flight->deferred()) running_.fetch_sub(1, std::memory_order_relaxed);
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
      if (flight->handed_over() && flight->deferred()) all.push_back(flight);
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
