// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "graph/graph.h"

namespace graph {

/// Which calls of a graph record, for its loops that differentiate.
///
/// A loop differentiates where a node of its body sends what is `optimised` to the loop's next states. In each turn a
/// history begins with these states and ends at that node's inputs that `close`. On the way every node has to be
/// differentiable, and only nodes on the way record: what comes from elsewhere, or leads elsewhere, is given without
/// history. Bins are transparent. An each is on the way where it walks a list and sends lists; a loop inside is not,
/// since its states are values without history.
struct Recording {
  std::vector<bool> records;                ///< by node: its calls carry history
  std::vector<bool> closes;                 ///< by node: its calls are given history, and end it
  std::vector<std::vector<bool>> detached;  ///< by node and index of `ins`: given without its history; empty: none has
  std::vector<std::vector<int>> optimised;  ///< by region: states with which a history begins in each turn

  explicit Recording(const Graph& graph);
  /// Nothing records.
  Recording() = default;

  /// By node and index of `ins`: which of the readers of a port it is that go on with its history, counted from 0; −1:
  /// none of them, or the only one. By node and port: how many there are, where they are several, else 0. Each has an
  /// alias of its own, so that gradients are added up in an order that does not depend on who was called when.
  std::vector<std::vector<int>> fork_of, forks;

  bool is_detached(int node, std::size_t in) const { return !detached[node].empty() && detached[node][in]; }
  /// Whether what a port sends may come with history.
  bool may_have_history(const Graph& graph, const PortRef& port) const;
  int branch(int node, std::size_t in) const { return fork_of[node].empty() ? -1 : fork_of[node][in]; }
  /// Whether a history begins with the state of that number in each turn of the region.
  bool begins(int region, int state) const;

 private:
  void detach(const Graph& graph);
  void branch(const Graph& graph);
  bool owner_may_give(const Graph& graph, const GraphNode& head, int port) const;
};

/// What is wrong with the loops that differentiate: one that closes nothing, a way on which a node does not
/// differentiate, two nodes that close in one loop, what is optimised and never optimised again.
std::vector<Fault> recording_faults(const Graph& graph);

}  // namespace graph
