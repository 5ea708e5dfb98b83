// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "graph/node.h"
#include "graph/recording.h"
#include "graph/scalar_list.h"

namespace graph {

/// What the values of a param step along with.
enum class Along {
  kItself,  ///< an axis of its own
  kZip,     ///< all others that are zipped: one axis
  kTable,   ///< all other columns of the run's table: one axis, a row a point of it
};

/// What a run sets a param to. Several values sweep it.
struct Assignment {
  std::string name;
  ScalarList values;
  Mark mark;  ///< where it was said: a flag or a line of a params file
  Along along = Along::kItself;
};

/// Which of the swept params, as bits: bit k is Plan::sweeps()[k].
using Scope = std::uint64_t;
/// A bit more, of what gathers: rows of a table are told by what they say, wherever they stand.
inline constexpr Scope kByValue = Scope{1} << 63;
/// Every bit: an item as itself.
inline constexpr Scope kAllOfIt = ~Scope{0};

class Planner;
class RowGroups;

/// A graph with its params set: the items of a run, and what each node depends on. Immutable and thread-safe.
///
/// Items are the points of the product of the run's axes. An axis is a swept param, a table or what is zipped, whose
/// params step together, or a range without end, of which there is one at most. That varies slowest, then the table,
/// then what the graph declares first. What is drawn steps along with the range and the table.
///
/// A node's scope is the set of swept params that it depends on, through its links too. Items that agree in a node's
/// scope form one of its groups, and the node runs once for the group; of a table these are neighbouring rows. A node
/// that gathers leaves its scope at the params in `per` and in its own properties: its group is as large as everything
/// that flows into it.
class Plan {
 public:
  struct Sweep {
    int param;  ///< index into Graph::params
    ScalarList values;
    Along along = Along::kItself;
  };
  struct Axis {
    Scope params = 0;         ///< that step along it
    std::int64_t points = 1;  ///< as far as the run goes
    std::int64_t stride = 1;  ///< items between two of them
    bool rows = false;        ///< a table or what is zipped: its params' values may repeat
    bool endless = false;
  };

  /// `max_items`: the run has no more than so many; 0: all that there are. Throws Faults: a param unknown, without a
  /// value or out of range, a property out of range at some point of the sweep, a file pattern that gives two items the
  /// same name, a gathered value mixed with values of single items, two ranges without end, one over which something
  /// gathers and max_items does not end, columns of unequal length.
  Plan(std::shared_ptr<const Graph> graph, const std::vector<Assignment>& assignments, std::int64_t max_items = 0);

  const Graph& graph() const { return *graph_; }
  const std::vector<Sweep>& sweeps() const { return sweeps_; }
  const std::vector<Axis>& axes() const { return axes_; }
  /// Of a run without end: as many as 64 bits can number, or nearly.
  std::int64_t items() const { return items_; }
  /// Whether a range without end makes the items, and max_items does not end it.
  bool endless() const { return endless_; }
  /// As the constructor was told; 0 where it does not end the run.
  std::int64_t max_items() const { return max_items_; }
  /// How many values of a sweep the run has.
  std::int64_t values_of(int sweep) const;
  /// The bits of what steps along the range without end, or 0 where endless() is false.
  Scope endless_scope() const { return endless_ ? axes_.front().params : 0; }

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

  /// Which calls record, for loops that differentiate.
  const Recording& recording() const { return recording_; }

  /// Number of the item's group among those of a scope; 0 for the empty scope.
  std::int64_t group(Scope scope, std::int64_t item) const;
  /// How many groups a scope has, as if max_items did not end the run within one.
  std::int64_t groups(Scope scope) const;
  /// An item of the group of that number.
  std::int64_t item_of(Scope scope, std::int64_t group) const;
  /// Whether every item is a group of its own.
  bool is_alone(Scope scope) const { return groups(scope) == points_; }
  /// Whether the scope's groups hold items of all points of a range without end.
  bool is_open(Scope scope) const { return endless_ && (scope & endless_scope()) == 0; }
  /// The first item of a group.
  std::int64_t first_item(Scope scope, std::int64_t item) const;
  /// All items of the item's group, ascending. REQUIRES: !is_open(scope).
  std::vector<std::int64_t> members(Scope scope, std::int64_t item) const;
  /// How many these are. REQUIRES: !is_open(scope).
  std::int64_t group_size(Scope scope, std::int64_t item) const;

  /// The node's properties for an item.
  Props props(int node, std::int64_t item) const;
  /// A node's view of an item (the first of its group).
  Item describe(Scope scope, std::int64_t item) const;
  /// "seed=3, cut=0.5" for an item's whole point.
  std::string label(std::int64_t item) const;
  /// Value of a param of the graph (by index) for an item.
  Scalar param(int param, std::int64_t item) const;

  /// Whether the run gives a param (by index) several values.
  bool is_swept(int param) const;
  /// Whether a param's value follows from those of others: a bin's, or a default that names params.
  bool follows(int param) const { return follows_[param]; }

  /// Where the run gave the value of an expression that is one param: a line of a params file or of a table, a flag;
  /// of no line and no name where it did not, and of any other expression.
  const Mark& given_at(const Expr& expr) const;

  /// An expression's value for an item. Throws std::invalid_argument when it is not of its kind.
  Scalar evaluate(const Expr& expr, std::int64_t item) const;

 private:
  friend class Planner;
  struct Groups;
  static std::int64_t place(const Axis& axis, std::int64_t item) { return item / axis.stride % axis.points; }
  /// How an axis falls into groups by some of its params: their number, an axis's point's group, a group's first point,
  /// all its points.
  const RowGroups* row_groups(const Axis& axis, Scope scope) const;
  std::int64_t axis_groups(const Axis& axis, Scope scope) const;
  std::vector<std::int64_t> axis_points(const Axis& axis, Scope scope, std::int64_t item) const;
  RowGroups make_row_groups(const Axis& axis, Scope params, bool by_value) const;
  Scope scope_of(const Expr& expr) const;

  std::shared_ptr<const Graph> graph_;
  std::vector<Sweep> sweeps_;
  std::vector<Axis> axes_;             ///< the slowest first
  std::vector<ScalarList> values_;     ///< by param of the graph: one value, or the swept ones; empty for a bin's
  std::vector<bool> follows_;          ///< by param
  std::vector<Mark> marks_;            ///< by param: where the run gave its values
  std::vector<int> sweep_of_;          ///< by param: index into sweeps_, or -1
  std::vector<std::int64_t> strides_;  ///< by sweep: items between two of its values
  std::vector<std::int64_t> wraps_;    ///< by sweep: how many of its values there are before the first comes again
  std::int64_t items_ = 1;
  std::int64_t points_ = 1;  ///< of all axes: items_, or a little more where max_items ends the run
  std::int64_t max_items_ = 0;
  bool endless_ = false;
  std::shared_ptr<Groups> groups_;  ///< of rows, made as they are asked for; copies share them
  std::vector<Scope> scopes_;
  std::vector<Scope> first_turn_;  ///< of loops of the root
  std::vector<Scope> acting_;      ///< of nodes in such loops
  std::vector<Scope> when_;
  std::vector<Scope> direct_;    ///< properties, fields of patterns, `when`
  std::vector<Scope> property_;  ///< properties alone
  std::vector<bool> after_gather_;
  Recording recording_;
};

}  // namespace graph
