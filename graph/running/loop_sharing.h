// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/mutex.h"
#include "graph/running/admission.h"
#include "graph/running/frame.h"

namespace graph {

/// Items that are alike in a loop's turns so far. One of them runs the turns that they have in common, and they are
/// admitted when there is something that they can go on from.
struct Stage {
  enum class State {
    kNew,      ///< the next one that is admitted runs it
    kRunning,  ///< by `owner`
    kDone,     ///< they were alike to the end: `outputs`
    kFailed,   ///< for all of them: `error`
  };
  State state = State::kNew;
  int loop = 0;                            ///< position among the loops that share turns
  std::int64_t number = 0;                 ///< by order of making
  std::int64_t group = 0;                  ///< number of the stage at the loop's start that it came of
  Scope scope = 0;                         ///< what they agree in
  int turn = 0;                            ///< its first
  std::shared_ptr<const LoopState> start;  ///< what that begins with; null: as the loop does
  const ItemRun* owner = nullptr;
  std::deque<std::int64_t> waiting;  ///< those that are not admitted, ascending; the same as long as it runs
  std::vector<Value> outputs;
  std::vector<Pick> picks;  ///< that these are made of
  std::string error;
};

/// Which items share turns of loops, and which item is to be admitted next: never one that would only wait for another
/// one's turns.
///
/// A loop of the root shares turns when its first turn depends on less than the whole loop does. The items that agree
/// in that are a stage. Before each turn the one that runs it asks whether the turn does the same for all; where it
/// does not, the stage is split, and each part goes on from a copy of what the loop carries.
///
/// A copy lives as long as a stage begins with it that has not been run. Stages that have begun come before new ones,
/// so that there are no more of them unfinished than lanes.
///
/// Thread-safe.
class LoopSharing {
 public:
  LoopSharing(const Plan& plan, const Layout& layout, const Admission& admission);

  /// Position of a loop among those that share turns, or -1.
  int find(int loop) const { return position_[loop]; }
  /// Chooses the item to be admitted next. False when all that are left wait for others: then the lane is parked. Not
  /// when none is left. From one thread at a time.
  bool admit(ItemRun& run, int lane);
  /// Whether all items have been admitted: of a range without end, when it has come to its param's largest value.
  bool none_left();
  /// The lanes that are to try again, since something has changed.
  std::vector<int> unpark();

  /// For the item that runs a stage, before a turn: the items that do the same in it, its own first; none when all do.
  std::vector<std::vector<std::int64_t>> parts(const Stage& stage, std::int64_t item, const Turn& turn) const;
  /// Splits what it runs into these parts.
  void split(ItemRun& run, int position, const std::vector<std::vector<std::int64_t>>& parts,
             const std::shared_ptr<const LoopState>& state);
  /// The item has come to the loop's end, or it has failed there, or goes no further: then another one takes its place.
  void done(ItemRun& run, int position, const std::vector<Value>& outputs, std::vector<Pick> picks);
  void failed(ItemRun& run, int position, const std::string& error);
  void abandoned(ItemRun& run, int position);
  /// The item has ended.
  void leave(ItemRun& run);
  /// Items that wait.
  std::size_t waiting() const;

 private:
  /// A node that acts after the first turn by what is not a part of that one's scope.
  struct Late {
    int node;
    Scope acting, when;
  };
  struct Loop {
    int node;
    std::vector<Late> late;
  };
  /// What is to be drained first goes first: the group that was opened first, and in it what has come furthest.
  struct Before {
    bool operator()(const std::shared_ptr<Stage>& a, const std::shared_ptr<Stage>& b) const;
  };

  std::int64_t choose() DECOUPAGE_REQUIRES(mutex_);
  bool may_start(std::int64_t item) const DECOUPAGE_REQUIRES(mutex_);
  void take(ItemRun& run) DECOUPAGE_REQUIRES(mutex_);
  std::shared_ptr<Stage> open(int position, std::int64_t item) DECOUPAGE_REQUIRES(mutex_);
  Scope agreed(std::int64_t first, const std::deque<std::int64_t>& others) const;
  void make_ready(const std::shared_ptr<Stage>& stage) DECOUPAGE_REQUIRES(mutex_);
  std::shared_ptr<Stage> release(ItemRun& run, int position);

  const Plan& plan_;
  const Admission& admission_;
  std::vector<int> position_;  ///< by node
  std::vector<Loop> loops_;
  mutable base::Mutex mutex_;  ///< nothing else is locked while it is held
  /// By loop, and item that waits there.
  std::vector<std::unordered_map<std::int64_t, std::shared_ptr<Stage>>> stage_of_ DECOUPAGE_GUARDED_BY(mutex_);
  std::int64_t next_ DECOUPAGE_GUARDED_BY(mutex_) = 0;                   ///< no item before it is left, but in stages
  std::unordered_set<std::int64_t> known_ DECOUPAGE_GUARDED_BY(mutex_);  ///< from there on: those that are in stages
  std::int64_t stages_ DECOUPAGE_GUARDED_BY(mutex_) = 0;
  /// With items that may be admitted.
  std::set<std::shared_ptr<Stage>, Before> ready_ DECOUPAGE_GUARDED_BY(mutex_);
  std::vector<int> parked_ DECOUPAGE_GUARDED_BY(mutex_);  ///< lanes
};

}  // namespace graph
