// SPDX-License-Identifier: MIT
#pragma once

#include "graph/running/admission.h"
#include "graph/running/checkpoints.h"
#include "graph/running/flow.h"
#include "graph/running/instances.h"
#include "graph/running/loop_sharing.h"
#include "graph/running/memory_guard.h"
#include "graph/running/tally.h"
#include "graph/running/watchdog.h"

namespace graph {

/// How items come and go: each lane has one at a time, and takes the next when it has ended.
class Items {
 public:
  struct Parts {
    const Environment& environment;
    const Admission& admission;
    LoopSharing& sharing;
    Checkpoints& checkpoints;
    Instances& instances;
    MemoryGuard& memory;
    Flow& flow;
    Pulse& pulse;
    Tally& tally;
  };
  explicit Items(const Parts& parts) : run_(parts) {}

  /// The lane is free: starts its next item, if there is one. One at a time.
  void admit(int lane);
  /// The last leaf of the item's root frame has ended. Both are gone when this returns. From any thread.
  void end(Frame* frame);
  /// Something has changed for lanes that found only items that wait for others. From any thread.
  void wake_lanes();

 private:
  bool over();
  void start(std::unique_ptr<ItemRun> item, int lane);
  void post_end(Frame& frame, ItemStatus status);

  const Parts run_;
  const Clock::time_point begun_ = Clock::now();  ///< when all nodes were open
};

}  // namespace graph
