// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "graph/plan.h"

namespace graph {

/// How a plan is laid out for running: who waits for whom, who reads what, and which items are to run what. All indices
/// are into Graph::nodes; "local" ones count within a region. Immutable during a run.
struct Layout {
  struct Node {
    int local = 0;                ///< position in its region's list of nodes
    int first_port = 0;           ///< its output ports' first slot in a frame of its region
    int arrivals = 0;             ///< how many nodes of its region must end before it is ready (at least 1: the start)
    std::vector<int> successors;  ///< nodes of its region that wait for it
    std::vector<int> reads;       ///< slots of its region's frame that it reads, itself or by a loop's body
    bool sink = false;            ///< nobody reads it
    int each = -1;                ///< of an each: its number among those of its region
    bool batch = false;
  };
  struct Region {
    int ports = 0;             ///< slots in a frame
    std::vector<int> readers;  ///< by slot: how many nodes read it, the end of a turn counted as one
    std::vector<int> starts;   ///< nodes that wait for the start of a frame or turn
    std::vector<int> leaves;   ///< nodes that nobody in the region waits for: when all have ended, the turn has
    int eaches = 0;            ///< how many are in it
    bool forks = false;        ///< histories in it have several readers: see Recording::branches
  };

  explicit Layout(const Plan& plan);

  std::vector<Node> nodes;
  std::vector<Region> regions;
  std::vector<int> sinks;
  /// By node of the root: the gathering node that it hangs on, itself included; -1 for the others.
  std::vector<int> gather_of;
  /// By gathering node: how many of the root's leaves hang on it.
  std::vector<int> gather_leaves;
  std::vector<int> gathers;
  /// By node: whether it, or what of the root it is inside of, hangs on a gathering node.
  std::vector<bool> after_gather;

  /// Everything that must run so that these sinks do: by node of the root (a loop stands for its body).
  std::vector<bool> needed_for(const Plan& plan, const std::vector<int>& sinks) const;
  /// Sinks in the body of a node of the root, at all depths.
  const std::vector<int>& sinks_inside(int node) const { return sinks_inside_[node]; }
  /// The node of the root that a node is, or is inside of.
  int root_of(const Graph& graph, int node) const;

 private:
  std::vector<std::vector<int>> sinks_inside_;  ///< by node of the root

  void number_slots(const Graph& graph);
  void link(const Graph& graph);
  void count_kept(const Graph& graph, int region);
  void find_ends(const Graph& graph, const Recording& recording, int index);
  void find_gathers(const Plan& plan);
};

}  // namespace graph
