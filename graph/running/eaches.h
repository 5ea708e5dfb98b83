// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "graph/running/each_run.h"
#include "graph/running/ends.h"
#include "graph/running/environment.h"
#include "graph/running/flow.h"
#include "graph/running/watchdog.h"

namespace graph {

/// Eaches: a frame of the body for each element, many at once; one that has ended serves the next element. Thread-safe.
class Eaches {
 public:
  struct Parts {
    const Environment& environment;
    Flow& flow;
    Pulse& pulse;
    NodeEnds& ends;
  };
  explicit Eaches(const Parts& parts) : run_(parts) {}

  /// The each is ready, for a frame of the region around it.
  void start(Frame* frame, int node);
  /// The last leaf of an element has ended. Its frame may be gone when this returns.
  void end_element(Frame* element);

 private:
  int count_elements(const Frame& frame, const Region& body, const std::vector<Value>& lists) const;
  int at_once(const Frame& frame, int node) const;
  void begin(EachRun& each, int element, Frame* frame) const;
  void take_outputs(EachRun& each, Frame& element) const;
  void post_progress(const EachRun& each, int ended) const;
  void end(EachRun* each) const;
  void end_without(Frame* frame, int node, Outcome outcome) const;

  const Parts run_;
};

}  // namespace graph
