// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <vector>

#include "graph/running/checkpoints.h"
#include "graph/running/ends.h"
#include "graph/running/environment.h"
#include "graph/running/flow.h"
#include "graph/running/items.h"
#include "graph/running/loop_sharing.h"
#include "graph/running/watchdog.h"

namespace graph {

/// Loops: a frame of the body that goes round the flow graph once a turn. Where several items share turns, one of them
/// runs these, and the others go on from there. Thread-safe.
class Loops {
 public:
  struct Parts {
    const Environment& environment;
    LoopSharing& sharing;
    Checkpoints& checkpoints;
    Flow& flow;
    Items& items;
    Pulse& pulse;
    NodeEnds& ends;
  };
  explicit Loops(const Parts& parts) : run_(parts), told_(parts.environment.graph.nodes.size()) {}

  /// The loop is ready, for a frame of the region around it.
  void start(Frame* frame, int loop);
  /// The last leaf of a turn has ended. The frame may be gone when this returns.
  void end_turn(Frame* turns);
  /// The item has passed a node of the root, in whatever way: those that share a loop's turns go on.
  void pass(const Frame* frame, int node, const std::vector<Value>& outputs, Outcome outcome);

 private:
  int count_turns(const Region& body, const std::vector<Value>& inputs, const Frame& turns) const;
  void begin(Frame* turns, std::vector<Value> inputs, Stage* stage);
  void warn_of_empty_windows(const Frame& turns);
  void begin_turn(Frame* turns);
  Value sent(const Frame& turns, const PortRef& port) const;
  void take_outputs(Frame* turns) const;
  void take_states(Frame* turns) const;
  void post_turn(const Frame* turns) const;
  void end(Frame* turns);
  int first_state(const Region& body) const;

  // stages.cpp: turns that several items share.
  Stage* stage_of(const Frame* frame, int loop) const;
  void go_on_from(Frame* turns, Stage& stage) const;
  void part_ways(Frame* turns);
  bool copy_slots(Frame* turns, Kept& to, const Kept& from) const;

  const Parts run_;
  std::vector<std::atomic<bool>> told_;  ///< by node: that its window is empty
};

}  // namespace graph
