// SPDX-License-Identifier: MIT
// A run from its first item to its last.
#include "graph/running/executor.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/cores.h"
#include "graph/running/executor_watch.h"

namespace graph {
namespace {
constexpr std::size_t kMostFailuresKept = 1000;
}

Executor::Executor(const Plan& plan, const RunOptions& options)
    : plan_(plan),
      graph_(plan.graph()),
      options_(options),
      layout_(plan),
      admission_(plan, layout_, options),
      sharing_(plan, layout_, admission_),
      instances_(plan, [this](Scope scope, int item) { return admission_.expected(scope, item); }),
      environment_{plan, layout_, options, [this] { return stop_at_once(); }, [this](Event e) { post(std::move(e)); },
                   {},   {},      {}},
      lanes_(std::max(1, options.lanes > 0 ? options.lanes : base::usable_cores())),
      asynchronous_(options.hooks != nullptr && options.hooks->asynchronous()),
      stats_(plan.graph().nodes.size()) {
  shared_.resize(graph_.nodes.size());
  bind_taps();
}

Executor::~Executor() = default;

RunReport Executor::run() {
  instances_.open_fixed(admission_.needed_by_any());
  build();
  spdlog::debug("graph '{}': {} nodes, {} items to run on {} lanes", graph_.name, graph_.nodes.size(),
                admission_.count(), lanes_);
  for (const auto& resource : resources_)
    spdlog::debug("resource '{}': {} calls at once", resource->name, resource->limit);
  Event started;
  started.kind = Event::kRunStarted;
  started.count = admission_.count();
  post(std::move(started));
  for (int node : admission_.left_out()) {
    Event warning;
    warning.kind = Event::kWarning;
    warning.node = node;
    warning.text =
        "gathers over the whole run, which a shard does not have: when all shards are done, run once more "
        "without a shard and with resume";
    post(std::move(warning));
  }
  const Clock::time_point begin = Clock::now();
  if (options_.memory > 0) {
    budget_ = std::make_unique<MemoryBudget>(options_.memory, lanes_,
                                             options_.memory_in_use ? options_.memory_in_use : resident_memory);
  }
  {
    Watchdog watchdog(*this);
    arena_->execute([this] {
      for (int lane = 0; lane < lanes_; ++lane) admit_->try_put(lane);
      flow_->wait_for_all();
    });
  }
  const Clock::duration elapsed = Clock::now() - begin;
  Event finished;
  finished.kind = Event::kRunFinished;
  post(std::move(finished));
  check_conservation();
  if (options_.bus) options_.bus->drain();
  return report(elapsed);
}

void Executor::admit(int lane) {
  const bool stop = options_.stop && options_.stop->level.load(std::memory_order_relaxed) >= 1;
  const bool too_many = options_.max_failures > 0 && failed_.load() >= options_.max_failures;
  if (admitted_ >= admission_.count() || stop || too_many) {
    if (admitted_ < admission_.count()) {
      cut_short_ = true;
      interrupted_ = interrupted_ || stop;
      note_stop(too_many);
    }
    lanes_home_ += 1 + static_cast<int>(parked_.size());
    parked_.clear();
    return;
  }
  if (!fits(lane)) return;
  auto made = std::make_unique<ItemRun>();
  if (!sharing_.admit(*made, lane)) {
    if (budget_) budget_->give_back();
    return;
  }
  ItemRun* item = made.release();
  item->order = admitted_;
  item->lane = lane;
  item->needed = admission_.needed(item->item);
  auto* frame = new Frame(layout_, graph_, 0, *item, nullptr);
  frame->rewind(layout_, graph_);
  // Leaves behind a gathering node are the last item's alone; for the others the gathering node is a leaf itself.
  int leaves = static_cast<int>(layout_.regions[0].leaves.size());
  for (int gather : layout_.gathers) leaves += 1 - layout_.gather_leaves[gather];
  frame->leaves.store(leaves, std::memory_order_release);
  ++admitted_;
  moved_.fetch_add(1, std::memory_order_relaxed);
  if (wanted(Event::kItemStarted)) {
    Event started = event(Event::kItemStarted, frame, -1);
    started.text = plan_.label(item->item);
    post(std::move(started));
  }
  regions_[0].start->try_put(frame);
  unpark();
}

/// Those that found only items that wait for others.
void Executor::wake_lanes() {
  for (int lane : sharing_.unpark()) admit_->try_put(lane);
}

void Executor::note_stop(bool too_many_failures) {
  if (stop_noted_.exchange(true)) return;
  Event stopping;
  stopping.kind = Event::kStopping;
  const int in_flight = admitted_ - done_ - failed_ - cancelled_;
  stopping.text = (too_many_failures ? std::to_string(failed_) + " items have failed: " : std::string()) +
                  "no more items are started; " + std::to_string(in_flight) + " in flight are finished first";
  post(std::move(stopping));
}

void Executor::end_item(Frame* frame) {
  std::unique_ptr<Frame> owned_frame(frame);
  std::unique_ptr<ItemRun> item(frame->item);
  instances_.drop(*item);
  const ItemStatus status = item->failed || item->failed_after ? ItemStatus::kFailed
                            : item->cancelled                  ? ItemStatus::kCancelled
                                                               : ItemStatus::kDone;
  if (status == ItemStatus::kCancelled) interrupted_ = cut_short_ = true;
  if (status == ItemStatus::kFailed) {
    const std::lock_guard lock(failures_mutex_);
    if (failures_.size() < kMostFailuresKept) {
      failures_.push_back({item->item + options_.first_item,
                           item->error_node < 0 ? "" : graph_.nodes[item->error_node].id, item->error});
    }
  }
  if (wanted(Event::kItemFinished)) {
    Event finished = event(Event::kItemFinished, frame, item->error_node);
    finished.status = status;
    finished.text = status == ItemStatus::kFailed ? item->error : plan_.label(item->item);
    finished.outputs = std::move(item->outputs);
    finished.ran = std::move(item->ran);
    std::sort(finished.ran.begin(), finished.ran.end());
    finished.ran.erase(std::unique(finished.ran.begin(), finished.ran.end()), finished.ran.end());
    post(std::move(finished));
  }
  const int lane = item->lane;
  sharing_.leave(*item);
  owned_frame.reset();
  item.reset();
  moved_.fetch_add(1, std::memory_order_relaxed);
  ++(status == ItemStatus::kDone ? done_ : status == ItemStatus::kFailed ? failed_ : cancelled_);
  if (budget_) note_memory();
  admit_->try_put(lane);
  wake_lanes();
}

Event Executor::event(Event::Kind kind, const Frame* frame, int node) const {
  Event event;
  event.kind = kind;
  event.item = frame->item->item + options_.first_item;
  event.lane = frame->item->lane;
  event.node = node;
  event.turn = frame->turn.index;
  event.turns = frame->turn.count;
  return event;
}

void Executor::check_conservation() const {
  const auto broken = [](const std::string& what) { throw EngineError("engine: " + what); };
  if (admitted_ != done_ + failed_ + cancelled_) {
    broken(std::to_string(admitted_) + " items were admitted, " + std::to_string(done_ + failed_ + cancelled_) +
           " ended");
  }
  if (lanes_home_ != lanes_) broken(std::to_string(lanes_ - lanes_home_) + " lanes did not come home");
  for (const auto& resource : resources_) {
    if (!resource->ready.empty()) broken("calls are left over at resource '" + resource->name + "'");
  }
  for (std::size_t n = 0; n < shared_.size(); ++n) {
    if (!shared_[n]) continue;
    for (const auto& [key, group] : shared_[n]->groups) {
      if (cut_short_ && group.waiting.empty() && group.state != Group::State::kRunning) continue;
      broken("node '" + graph_.nodes[n].id + "' still waits for " + std::to_string(group.left) + " items");
    }
  }
  if (!cut_short_ && sharing_.waiting() > 0)
    broken(std::to_string(sharing_.waiting()) + " items wait for others' turns");
  if (!flights_.empty()) broken("a call that was to end later has not ended");
}

RunReport Executor::report(Clock::duration elapsed) const {
  RunReport report;
  report.admitted = admitted_;
  report.done = done_;
  report.failed = failed_;
  report.cancelled = cancelled_;
  report.skipped = plan_.items() - admission_.count();
  report.interrupted = interrupted_;
  report.elapsed = elapsed;
  report.failures = failures_;
  report.lanes = lanes_;
  report.lanes_used = budget_ ? budget_->most() : lanes_;
  std::sort(report.failures.begin(), report.failures.end(),
            [](const auto& a, const auto& b) { return a.item < b.item; });
  for (const Stats& stats : stats_) {
    const auto time = [](std::int64_t ns) {
      return std::chrono::duration_cast<Clock::duration>(std::chrono::nanoseconds(ns));
    };
    report.nodes.push_back({stats.calls, stats.packets, stats.passed, time(stats.busy_ns), time(stats.queued_ns),
                            time(stats.copied_ns), time(stats.waited_ns)});
  }
  return report;
}

RunReport run(const Plan& plan, const RunOptions& options) {
  return Executor(plan, options).run();
}

}  // namespace graph
