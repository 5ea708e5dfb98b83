// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "graph/running/admission.h"
#include "graph/running/environment.h"

namespace graph {

/// Loops that say `checkpoint:` are kept as they go, by RunOptions::loop_states, and go on from what was kept.
/// Thread-safe; a frame is handed in by the one thread that has it, between two turns.
///
/// What a loop carries is whole between two turns: no call of its body is going on then, and values on links are whole
/// whatever device they are on.
class Checkpoints {
 public:
  Checkpoints(Environment& environment, const Admission& admission);

  /// A stay in a loop begins: takes it to where it was kept last, its turn included. Nothing where there is none; one
  /// that does not fit is told, and left: false.
  bool go_on(Frame& turns);
  /// A turn has ended, and the frame is at the next one: kept where that is due. What cannot be kept is told; the loop
  /// goes on, and what was kept last stays.
  void end_turn(Frame& turns);
  /// The stay has come to its end.
  void end_stay(const Frame& turns);
  /// An item has ended: what was kept for it is forgotten once all items that share it are whole.
  void end_item(const ItemRun& item, ItemStatus status);

 private:
  std::int64_t every(const Frame& turns) const;
  LoopPlace place_of(const Frame& turns) const;
  void restore(Frame& turns, KeptLoop state);
  void check(const Frame& turns, const KeptLoop& state) const;
  void put_slots(const Frame& turns, KeptLoop& state) const;
  void restore_slots(Frame& turns, const std::vector<KeptSlot>& slots) const;
  void restore_files(Frame& turns, const std::vector<Output>& files);
  void warn(const Frame& turns, const std::string& text) const;

  Environment& environment_;
  const Admission& admission_;
  const bool on_;
  std::vector<int> loops_;  ///< with checkpoints
  base::Mutex mutex_;       ///< nothing else is locked while it is held
  /// Items that have not ended whole yet, by loop and first item of its group.
  std::map<std::pair<int, std::int64_t>, std::int64_t> left_ DECOUPAGE_GUARDED_BY(mutex_);
};

/// Adds a file to those that the loops with checkpoints around the frame have written.
void add_file(Frame& frame, const Graph& graph, const Output& file);

}  // namespace graph
