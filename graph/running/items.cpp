// SPDX-License-Identifier: MIT
#include "graph/running/items.h"

#include <algorithm>

namespace graph {

void Items::admit(int lane) {
  if (over()) return run_.tally.bring_home(1 + run_.memory.dismiss_lanes());
  if (!run_.memory.admit(lane)) return;
  auto item = std::make_unique<ItemRun>();
  if (!run_.sharing.admit(*item, lane)) return run_.memory.give_back();
  start(std::move(item), lane);
  run_.memory.free_next_lane();
}

/// Whether no more items are started: there are none, or the run is to end before.
bool Items::over() {
  const StopSignal* const signal = run_.environment.options.stop;
  const bool stop = signal && signal->level.load(std::memory_order_relaxed) >= 1;
  if (run_.tally.admitted() >= run_.admission.count()) return true;
  if (run_.admission.count() == Admission::kNoEnd && run_.sharing.none_left()) return true;
  const std::chrono::milliseconds end_after = run_.environment.options.end_after;
  if (stop) run_.tally.cut_short(Tally::Cut::kStopped);
  else if (run_.tally.too_many_failures()) run_.tally.cut_short(Tally::Cut::kFailures);
  else if (end_after.count() > 0 && Clock::now() - begun_ >= end_after) run_.tally.cut_short(Tally::Cut::kTime);
  else return false;
  return true;
}

void Items::start(std::unique_ptr<ItemRun> made, int lane) {
  const Environment& environment = run_.environment;
  ItemRun* const item = made.release();
  item->order = run_.tally.admitted();
  item->lane = lane;
  item->needed = run_.admission.needed(item->item);
  auto* frame = new Frame(environment.layout, environment.graph, 0, *item, nullptr);
  frame->rewind(environment.layout, environment.graph);
  // Leaves behind a gathering node are the last item's alone; for the others the gathering node is a leaf itself.
  int leaves = static_cast<int>(environment.layout.regions[0].leaves.size());
  for (int gather : environment.layout.gathers) leaves += 1 - environment.layout.gather_leaves[gather];
  frame->leaves.store(leaves, std::memory_order_release);
  run_.tally.admit_item();
  run_.pulse.beat();
  if (environment.wanted(Event::kItemStarted)) {
    Event started = environment.event(Event::kItemStarted, *frame, -1);
    started.text = environment.plan.label(item->item);
    environment.post(std::move(started));
  }
  run_.flow.start(frame);
}

void Items::end(Frame* ended) {
  std::unique_ptr<Frame> frame(ended);
  std::unique_ptr<ItemRun> item(frame->item);
  run_.instances.drop(*item);
  const ItemStatus status = item->failed || item->failed_after ? ItemStatus::kFailed
                            : item->cancelled                  ? ItemStatus::kCancelled
                                                               : ItemStatus::kDone;
  if (run_.environment.wanted(Event::kItemFinished)) post_end(*frame, status);
  run_.checkpoints.end_item(*item, status);
  run_.tally.end_item(*item, status);
  run_.sharing.leave(*item);
  const int lane = item->lane;
  frame.reset();
  item.reset();
  run_.pulse.beat();
  run_.memory.end_item();
  run_.flow.free_lane(lane);
  wake_lanes();
}

void Items::post_end(Frame& frame, ItemStatus status) {
  ItemRun& item = *frame.item;
  Event finished = run_.environment.event(Event::kItemFinished, frame, -1);
  finished.status = status;
  {
    const base::MutexLock lock(item.mutex);
    finished.node = item.error_node;
    finished.element = item.error_element;
    finished.text = status == ItemStatus::kFailed ? item.error : run_.environment.plan.label(item.item);
    finished.outputs = std::move(item.outputs);
    finished.ran = std::move(item.ran);
  }
  std::sort(finished.ran.begin(), finished.ran.end());
  finished.ran.erase(std::unique(finished.ran.begin(), finished.ran.end()), finished.ran.end());
  run_.environment.post(std::move(finished));
}

void Items::wake_lanes() {
  for (int lane : run_.sharing.unpark()) run_.flow.free_lane(lane);
}

}  // namespace graph
