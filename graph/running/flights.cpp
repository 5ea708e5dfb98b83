// SPDX-License-Identifier: MIT
#include "graph/running/flights.h"

#include <stdexcept>

namespace graph {

void Flight::hand_over(std::function<void()> land) {
  land_ = std::move(land);
  handed_over_at_ = Clock::now();
  handed_over_ = true;
  arrive();
}

void Flight::end(Outcome outcome, const std::string& error) {
  if (ended_.exchange(true)) return;
  outcome_ = outcome;
  error_ = error;
  arrive();
}

void Flight::arrive() {
  if (missing_.fetch_sub(1, std::memory_order_acq_rel) == 1) land_();
}

void Flight::check() const {
  if (outcome_ == Outcome::kAbandoned) throw Cancelled();
  if (outcome_ == Outcome::kFailed) throw std::runtime_error(error_);
}

std::shared_ptr<Completion> Flight::completion() {
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

std::shared_ptr<Flight> Flights::take_off(Rows rows, int number, Clock::time_point start) {
  const auto flight = std::make_shared<Flight>(std::move(rows), number, start);
  const base::MutexLock lock(mutex_);
  all_[flight.get()] = flight;
  return flight;
}

void Flights::forget(const Flight& flight) {
  const base::MutexLock lock(mutex_);
  all_.erase(&flight);
}

std::vector<std::shared_ptr<Flight>> Flights::deferred() const {
  std::vector<std::shared_ptr<Flight>> found;
  const base::MutexLock lock(mutex_);
  for (const auto& [key, flight] : all_) {
    if (flight->handed_over() && flight->deferred()) found.push_back(flight);
  }
  return found;
}

void Flights::check() const {
  const base::MutexLock lock(mutex_);
  if (!all_.empty()) throw EngineError("engine: a call that was to end later has not ended");
}

}  // namespace graph
