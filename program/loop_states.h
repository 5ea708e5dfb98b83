// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "graph/loop_states.h"
#include "program/source.h"

namespace program {

/// Where a run keeps its checkpoints, and what it takes of those that are there.
struct LoopStatesOptions {
  std::string folder;   ///< of the run's files
  std::string record;   ///< of its record
  bool resume = false;  ///< go on from them; else they are removed
  int shard_index = 0, shard_count = 1;
};

/// For RunOptions::loop_states; null where no loop of the plan has checkpoints. They are of this graph, these
/// overrides, plugins, version of the program, device and dtype: with others a loop begins anew, and says why. `plan`
/// and `source` must outlive it. Loads the model nodes, which say how values are kept. Throws UsageError: old ones
/// cannot be removed.
std::unique_ptr<graph::LoopStates> open_loop_states(const graph::Plan& plan, const Source& source,
                                                    const LoopStatesOptions& options);

}  // namespace program
