// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "graph/registry.h"

/// What can be told of a checked graph by making its nodes, and by looking who reads what they send: for `check`, and
/// before a run.
namespace graph {

/// Something that a node's constructor refuses.
struct Refusal {
  int prop = -1;  ///< index into the contract's properties; -1: how they go together
  std::string what;
  Mark mark{};  ///< a place inside of structured settings, or where a run gave the value; none: the property's own
};

/// Makes a node of these values, and says all that its constructor refuses of them: a property that is refused is tried
/// once more with its default. `made`: gets the node where nothing is refused.
std::vector<Refusal> refusals(const NodeType& type, std::vector<Scalar> values, std::unique_ptr<Node>* made = nullptr);

/// Faults of nodes: what several have in common (a model that is not there) is told once, with the names of all.
class FaultsByText {
 public:
  void add(const GraphNode& node, const Mark& mark, const std::string& what);
  /// The refusal at its place, or at that of its property.
  void add(const GraphNode& node, const Refusal& refusal);
  /// Throws Faults when there are any.
  void throw_if_any() const;

 private:
  struct Entry {
    std::string what;
    Mark mark;
    std::vector<const GraphNode*> nodes;
  };
  std::vector<Entry> entries_;
};

/// Makes every node and drops it. Throws Faults: what the constructors refuse, whatever a run may say: constants and
/// defaults of params that are not empty, which a run might leave empty for something else to be given.
void check_constants(const Graph& graph);

/// Nodes that compute what nobody reads, with what to do; or that nothing in the graph saves anything.
std::vector<Fault> unread(const Graph& graph);

}  // namespace graph
