// SPDX-License-Identifier: MIT
#include "graph/running/tally.h"

#include <algorithm>

namespace graph {
namespace {

constexpr std::size_t kMostFailuresKept = 1000;

void add_time(std::atomic<std::int64_t>& sum, Clock::duration time) {
  if (time > Clock::duration::zero()) sum.fetch_add(std::chrono::nanoseconds(time).count(), std::memory_order_relaxed);
}

Clock::duration time_of(const std::atomic<std::int64_t>& sum) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::nanoseconds(sum.load()));
}

}  // namespace

Tally::Tally(const Environment& environment, int lanes)
    : environment_(environment), lanes_(lanes), nodes_(environment.graph.nodes.size()) {}

void Tally::end_item(ItemRun& item, ItemStatus status) {
  switch (status) {
    case ItemStatus::kDone:
      ++done_;
      break;
    case ItemStatus::kFailed:
      note_failure(item);
      ++failed_;
      break;
    case ItemStatus::kCancelled:
      interrupted_ = cut_short_ = true;
      ++cancelled_;
      break;
  }
}

void Tally::note_failure(ItemRun& item) {
  RunReport::Failure failure{item.item + environment_.options.first_item, "", ""};
  {
    const base::MutexLock lock(item.mutex);
    if (item.error_node >= 0) failure.node = environment_.graph.place_of(item.error_node, item.error_element);
    failure.what = item.error;
  }
  const base::MutexLock lock(mutex_);
  if (failures_.size() < kMostFailuresKept) failures_.push_back(std::move(failure));
}

bool Tally::too_many_failures() const {
  return environment_.options.max_failures > 0 && failed_ >= environment_.options.max_failures;
}

void Tally::cut_short(Cut why) {
  cut_short_ = true;
  if (why == Cut::kStopped) interrupted_ = true;
  if (why == Cut::kTime) time_is_up_ = true;
  if (cut_short_noted_.exchange(true)) return;
  Event stopping;
  stopping.kind = Event::kStopping;
  const std::int64_t in_flight = admitted_ - done_ - failed_ - cancelled_;
  stopping.text = (too_many_failures() ? std::to_string(failed_) + " items have failed: "
                   : why == Cut::kTime ? "the time is up: "
                                       : std::string()) +
                  "no more items are started; " + std::to_string(in_flight) + " in flight are finished first";
  environment_.post(std::move(stopping));
}

void Tally::end_call(int node, int rows, const CallTimes& times) {
  NodeSums& sums = nodes_[node];
  sums.calls.fetch_add(1, std::memory_order_relaxed);
  sums.packets.fetch_add(rows, std::memory_order_relaxed);
  add_time(sums.busy_ns, times.busy);
  add_time(sums.queued_ns, times.queued);
  add_time(sums.copied_ns, times.phases.copy);
  add_time(sums.waited_ns, times.phases.wait);
  add_time(sums.backward_ns, times.phases.backward);
}

void Tally::check() const {
  const std::int64_t ended = done_ + failed_ + cancelled_;
  if (admitted_ != ended) {
    throw EngineError("engine: " + std::to_string(admitted_) + " items were admitted, " + std::to_string(ended) +
                      " ended");
  }
  if (lanes_home_ != lanes_) {
    throw EngineError("engine: " + std::to_string(lanes_ - lanes_home_) + " lanes did not come home");
  }
}

RunReport Tally::report() const {
  RunReport report;
  report.admitted = admitted_;
  report.done = done_;
  report.failed = failed_;
  report.cancelled = cancelled_;
  report.interrupted = interrupted_;
  report.time_is_up = time_is_up_;
  report.lanes = lanes_;
  for (const NodeSums& sums : nodes_) {
    report.nodes.push_back({sums.calls, sums.packets, sums.passed, time_of(sums.busy_ns), time_of(sums.queued_ns),
                            time_of(sums.copied_ns), time_of(sums.waited_ns), time_of(sums.backward_ns)});
  }
  const base::MutexLock lock(mutex_);
  report.failures = failures_;
  std::sort(report.failures.begin(), report.failures.end(),
            [](const auto& a, const auto& b) { return a.item < b.item; });
  return report;
}

}  // namespace graph
