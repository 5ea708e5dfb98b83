// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "graph/pattern.h"
#include "graph/plan.h"
#include "graph/shape.h"

namespace graph {

/// What a turn of the loop calls: the nodes of its body, and those of the eaches in it, which have no turns of their
/// own.
std::vector<int> turn_nodes(const Graph& graph, int loop);

/// Builds a Plan, in the order of these steps, and collects what is wrong on the way.
class Planner {
 public:
  Planner(Plan& plan, std::vector<Fault>& faults) : plan_(plan), graph_(*plan.graph_), faults_(faults) {}

  void set_params(const std::vector<Assignment>& assignments);
  /// In the order of declaration, so that an item's number does not depend on the order of flags.
  void set_sweeps();
  /// `max_items`: see Plan.
  void set_axes(std::int64_t max_items);
  void set_scopes();
  /// Every property at every point of its own sweep.
  void check_properties();
  /// What loops of the root have in common for several items. After check_properties, since it asks who is active.
  void set_first_turns();
  /// Two items, or two turns, must not write one file.
  void check_patterns();
  /// Nor must two nodes, nor a node what the run keeps for itself. After check_patterns, when all is well.
  void check_file_names();

 private:
  void fault(const Mark& mark, const std::string& what) { faults_.push_back({mark, what}); }
  void assign(int index, const Assignment& assignment);
  void set_default(int index);
  static Scalar shaped(const Scalar& value, const Param& param);
  void add_faults(const Param& param, const DataFaults& faults);
  void assign_list(int index, const Assignment& assignment);
  std::optional<Scalar> checked(int index, const Scalar& given, const Mark& mark);
  std::int64_t rows_along(Along along);
  bool is_constant(int index) const;
  void order_axes();
  /// What the fields of its patterns name.
  Scope patterns_scope(const GraphNode& node) const;
  Scope pattern_scope(const GraphNode& node, const Expr& expr) const;
  Scope param_scope(int param) const;
  /// Those that name the file; none when its pattern is faulty.
  std::vector<std::string> fields_of(const GraphNode& node, const Expr& expr) const;
  /// What fields stand for, as far as choices in patterns ask.
  PatternValues values_of(const GraphNode& node) const;
  /// What only the params of the run tell of a pattern that they are part of.
  void check_made_pattern(const GraphNode& node, const Expr& expr);
  /// Everything that a loop's body depends on, nested loops too.
  Scope body_scope(int region) const;
  /// Nodes of the root that a node reads, a loop's body included.
  void root_inputs(int node, std::set<int>& found) const;
  void set_scope(int index);
  void spread(int region, Scope scope);
  Scope acting_scope(int index) const;
  bool may_name_item(const Expr& expr) const;
  /// What a node's part in a loop's first turn depends on; the nodes of its eaches are asked for themselves.
  Scope first_turn_scope(int index) const;
  /// What gathers over a range without end never has all.
  void check_end(const GraphNode& node, Scope scope);
  void check_mixing(int index, const std::set<int>& gathers);
  /// How many points of a scope are looked at: all, but of a range without end.
  std::int64_t points_of(Scope scope) const;
  bool check_point(const GraphNode& node, std::int64_t item);
  void check_names(const GraphNode& node, const Expr& expr, Scope scope, Scope named);
  /// Two items, or two turns, must not write one file.
  void check_pattern(int index, const Expr& expr);
  Scalar known_field(const GraphNode& node, const std::string& field, std::int64_t item) const;
  std::string unfit(const std::string& name, std::int64_t item) const;
  std::string collision(const std::string& name, std::int64_t item, int node, const std::string& other_name,
                        std::int64_t other_item, int other_node) const;
  std::string known_name(const GraphNode& node, const Expr& expr, std::int64_t item) const;
  void check_elements(const GraphNode& node, const Mark& mark, const std::string& text,
                      const std::vector<std::string>& fields);

  Plan& plan_;
  const Graph& graph_;
  std::vector<Fault>& faults_;
  std::set<int> assigned_;
  std::vector<Along> along_;  ///< by param of the graph
  std::int64_t table_rows_ = 0, zip_rows_ = 0;
  std::vector<int> gather_of_;  ///< by node: the gathering node that it hangs on, or -1
};

}  // namespace graph
