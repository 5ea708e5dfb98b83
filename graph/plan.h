// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "graph/node.h"
#include "graph/scalar_list.h"

namespace graph {

/// What a run sets a param to. Several values sweep it.
struct Assignment {
  std::string name;
  ScalarList values;
  Mark mark;  ///< where it was said: a flag or a line of a params file
};

/// Which of the swept params, as bits: bit k is Plan::sweeps()[k].
using Scope = std::uint64_t;

class Planner;

/// A graph with its params set: the items of a run, and what each node depends on. Immutable and thread-safe.
///
/// Items are the points of the product of the swept params; the param that the graph declares first varies slowest. A
/// node's scope is the set of swept params that it depends on, through its links too. Items that agree in a node's
/// scope form one of its groups, and the node runs once for the group. A node that gathers leaves its scope at the
/// params in `per` and in its own properties: its group is as large as everything that flows into it.
class Plan {
 public:
  struct Sweep {
    int param;  ///< index into Graph::params
    ScalarList values;
  };

  /// Throws Faults: a param unknown, without a value or out of range, a property out of range at some point of the
  /// sweep, a file pattern that gives two items the same name, a gathered value mixed with values of single items.
  Plan(std::shared_ptr<const Graph> graph, const std::vector<Assignment>& assignments);

  const Graph& graph() const { return *graph_; }
  const std::vector<Sweep>& sweeps() const { return sweeps_; }
  int items() const { return items_; }

  Scope scope(int node) const { return scopes_[node]; }
  /// Of a loop of the root: what its first turn depends on. Where that is less than scope(), the rest acts in later
  /// turns alone, and items that agree in it have the turns before in common. Of others: scope().
  Scope first_turn_scope(int node) const { return first_turn_[node]; }
  /// Of a node in a loop of the root: what a turn in which the node is active depends on, for its sake; a loop inside
  /// stands for its body. Whether it is active, and where in its window, depends on `when` besides.
  Scope acting_scope(int node) const { return acting_[node]; }
  /// What the node's `when` names.
  Scope when_scope(int node) const { return when_[node]; }
  /// The swept params that the node's own properties name: it is made anew for each of their values.
  Scope property_scope(int node) const { return property_[node]; }
  /// Whether a value of this node has gone through a node that gathers.
  bool after_gather(int node) const { return after_gather_[node]; }

  /// Number of the item's group among those of a scope; 0 for the empty scope.
  std::int64_t group(Scope scope, int item) const;
  /// How many groups a scope has.
  std::int64_t groups(Scope scope) const;
  /// The first item of a group.
  int first_item(Scope scope, int item) const;
  /// All items of the item's group, ascending.
  std::vector<int> members(Scope scope, int item) const;

  /// The node's properties for an item.
  Props props(int node, int item) const;
  /// A node's view of an item (the first of its group).
  Item describe(Scope scope, int item) const;
  /// "seed=3, cut=0.5" for an item's whole point.
  std::string label(int item) const;
  /// Value of a param of the graph (by index) for an item.
  Scalar param(int param, int item) const;

  /// Whether the run gives a param (by index) several values.
  bool is_swept(int param) const;
  /// Whether a param's value follows from those of others: a bin's, or a default that names params.
  bool follows(int param) const { return follows_[param]; }

  /// An expression's value for an item. Throws std::invalid_argument when it is not of its kind.
  Scalar evaluate(const Expr& expr, int item) const;

 private:
  friend class Planner;
  std::int64_t stride_digit(int sweep, int item) const;
  Scope scope_of(const Expr& expr) const;
  Scalar evaluate(const FormulaPiece& piece, int item) const;

  std::shared_ptr<const Graph> graph_;
  std::vector<Sweep> sweeps_;
  std::vector<ScalarList> values_;     ///< by param of the graph: one value, or the swept ones; empty for a bin's
  std::vector<bool> follows_;          ///< by param
  std::vector<int> sweep_of_;          ///< by param: index into sweeps_, or -1
  std::vector<std::int64_t> strides_;  ///< by sweep: items between two of its values
  int items_ = 1;
  std::vector<Scope> scopes_;
  std::vector<Scope> first_turn_;  ///< of loops of the root
  std::vector<Scope> acting_;      ///< of nodes in such loops
  std::vector<Scope> when_;
  std::vector<Scope> direct_;    ///< properties, fields of patterns, `when`
  std::vector<Scope> property_;  ///< properties alone
  std::vector<bool> after_gather_;
};

}  // namespace graph
