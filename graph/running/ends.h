// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "graph/running/frame.h"

namespace graph {

/// How a call ended. Abandoned: not made, or given up without a fault of its node (the item failed elsewhere, a stop).
enum class Outcome { kDone, kFailed, kAbandoned };

/// Where nodes come to their end, called nodes and loops alike.
class NodeEnds {
 public:
  /// The node has ended for the frame, in whatever way: what it sent is passed on. The frame may be gone when this
  /// returns.
  virtual void finish(Frame* frame, int node, std::vector<Value>& outputs, Outcome outcome) = 0;

 protected:
  ~NodeEnds() = default;
};

}  // namespace graph
