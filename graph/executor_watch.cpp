// SPDX-License-Identifier: MIT
#include "graph/executor_watch.h"

namespace graph {

void Executor::Deferral::begin(DeferNode::gateway_type& gateway) {
  gateway_ = &gateway;
  gateway.reserve_wait();
}

void Executor::Deferral::end(Outcome outcome, const std::string& error) {
  if (ended_.exchange(true)) return;
  outcome_ = outcome;
  error_ = error;
  DeferNode::gateway_type* gateway = gateway_;
  gateway->try_put(call_.get());
  gateway->release_wait();
}

std::shared_ptr<Completion> Executor::Deferral::completion() {
  class Handle final : public Completion {
   public:
    explicit Handle(std::shared_ptr<Deferral> deferral) : deferral_(std::move(deferral)) {}
    ~Handle() override { deferral_->end(Outcome::kFailed, "the deferred call was dropped without an end"); }
    void done() override { deferral_->end(Outcome::kDone, ""); }
    void fail(const std::string& what) override { deferral_->end(Outcome::kFailed, what); }

   private:
    std::shared_ptr<Deferral> deferral_;
  };
  return std::make_shared<Handle>(shared_from_this());
}

void Executor::defer(Resource& resource, std::unique_ptr<Call> call) {
  Call* raw = call.get();
  const auto deferral = std::make_shared<Deferral>(std::move(call), Clock::now());
  {
    const std::lock_guard lock(deferred_mutex_);
    deferred_[raw] = deferral;
  }
  resource.defer->try_put(raw);
}

void Executor::start_deferred(Call& call, DeferNode::gateway_type& gateway) {
  std::shared_ptr<Deferral> deferral;
  {
    const std::lock_guard lock(deferred_mutex_);
    deferral = deferred_.at(&call);
  }
  deferral->begin(gateway);
  bool taken = false;
  call.set_completion([&] {
    taken = true;
    return deferral->completion();
  });
  std::string error;
  if (wanted(Event::kNodeStarted)) post(event(Event::kNodeStarted, &call.frame(), call.index()));
  running_.fetch_add(1, std::memory_order_relaxed);
  const int lane = call.lane();
  if (options_.hooks) options_.hooks->enter(lane);
  try {
    call.node().process(call);
  } catch (const std::exception& e) {
    error = e.what();
  } catch (...) {
    error = "an unknown exception";
  }
  if (options_.hooks) options_.hooks->leave(lane);
  running_.fetch_sub(1, std::memory_order_relaxed);
  moved_.fetch_add(1, std::memory_order_relaxed);
  if (!error.empty()) return deferral->end(Outcome::kFailed, error);
  if (!taken) deferral->end(Outcome::kDone, "");
}

void Executor::land(Resource& resource, Call* call) {
  std::shared_ptr<Deferral> deferral;
  {
    const std::lock_guard lock(deferred_mutex_);
    const auto found = deferred_.find(call);
    deferral = std::move(found->second);
    deferred_.erase(found);
  }
  const int node = call->index();
  call->set_outcome(deferral->outcome());
  if (deferral->outcome() == Outcome::kFailed) fail(&call->frame(), node, deferral->error());
  if (deferral->outcome() == Outcome::kAbandoned) call->frame().item->cancelled = true;
  if (deferral->outcome() != Outcome::kDone) call->clear();
  const Clock::time_point end = Clock::now();
  Stats& stats = stats_[node];
  stats.calls.fetch_add(1, std::memory_order_relaxed);
  stats.packets.fetch_add(1, std::memory_order_relaxed);
  stats.busy_ns.fetch_add(std::chrono::nanoseconds(end - deferral->start()).count(), std::memory_order_relaxed);
  moved_.fetch_add(1, std::memory_order_relaxed);
  end_call(*call, calls_made_.fetch_add(1, std::memory_order_relaxed), 1, deferral->start(), end);
  if (resource.ready.ended(node)) resource.tickets->try_put(Ticket{});
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
      end_deferred(Outcome::kAbandoned, "");
    } else if (now - since >= stall_after) {
      since = now;
      end_deferred(Outcome::kFailed, "stands still: its call was deferred and nothing has moved for " +
                                         std::to_string(stall_after.count() / 1000) + "." +
                                         std::to_string(stall_after.count() % 1000 / 100) + " s");
    }
  }
}

void Executor::Watchdog::end_deferred(Outcome outcome, const std::string& error) {
  std::vector<std::shared_ptr<Deferral>> all;
  {
    const std::lock_guard lock(executor_.deferred_mutex_);
    for (const auto& [call, deferral] : executor_.deferred_) all.push_back(deferral);
  }
  for (const auto& deferral : all) {
    if (outcome == Outcome::kFailed) {
      Event stalled;
      stalled.kind = Event::kStalled;
      stalled.item = deferral->call().frame().item->item + executor_.options_.first_item;
      stalled.node = deferral->call().index();
      stalled.text = error;
      executor_.post(std::move(stalled));
    }
    deferral->end(outcome, error);
  }
}

}  // namespace graph
