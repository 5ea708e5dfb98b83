// SPDX-License-Identifier: MIT
// What each node depends on.
#include <algorithm>
#include <stdexcept>

#include "graph/pattern.h"
#include "graph/planning/planner.h"
#include "graph/planning/window.h"

namespace graph {

void Planner::set_scopes() {
  const std::size_t n = graph_.nodes.size();
  plan_.scopes_.assign(n, 0);
  plan_.direct_.assign(n, 0);
  plan_.after_gather_.assign(n, false);
  gather_of_.assign(n, -1);
  plan_.property_.assign(n, 0);
  plan_.when_.assign(n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    const GraphNode& node = graph_.nodes[i];
    for (const Expr& expr : node.props) plan_.property_[i] |= plan_.scope_of(expr);
    if (node.when) {
      for (const Expr* expr : node.when->parts()) plan_.when_[i] |= plan_.scope_of(*expr);
    }
    plan_.direct_[i] = plan_.property_[i] | plan_.when_[i] | patterns_scope(node);
  }
  for (int node : graph_.regions[0].nodes) set_scope(node);
}

Scope Planner::patterns_scope(const GraphNode& node) const {
  Scope scope = 0;
  for (const Expr& expr : node.props) {
    if (expr.kind == Kind::kPattern) scope |= pattern_scope(node, expr);
  }
  return scope;
}

Scope Planner::pattern_scope(const GraphNode& node, const Expr& expr) const {
  Scope scope = 0;
  for (const std::string& field : fields_of(node, expr)) {
    if (const int param = graph_.find_field(node, field); param >= 0) scope |= param_scope(param);
  }
  return scope;
}

Scope Planner::param_scope(int param) const {
  if (plan_.follows(param)) return plan_.scope_of(*graph_.params[param].value);
  const int sweep = plan_.sweep_of_[param];
  return sweep < 0 ? 0 : Scope{1} << sweep;
}

PatternValues Planner::values_of(const GraphNode& node) const {
  return {[this, &node](const std::string& field) -> Scalar {
            const int param = graph_.find_field(node, field);
            return param < 0 ? Scalar{Pattern{field}} : plan_.param(param, 0);
          },
          [this, &node](const std::string& field) {
            const int param = graph_.find_field(node, field);
            return param >= 0 && plan_.is_swept(param);
          }};
}

std::vector<std::string> Planner::fields_of(const GraphNode& node, const Expr& expr) const {
  try {
    return pattern_fields(to_text(plan_.evaluate(expr, 0)), values_of(node));
  } catch (const std::invalid_argument&) {
    return {};  // reported by check_properties or by the graph's own check
  }
}

Scope Planner::body_scope(int region) const {
  Scope scope = 0;
  for (int node : graph_.regions[region].nodes) {
    scope |= plan_.direct_[node];
    for (const PortRef& in : graph_.nodes[node].ins) {
      if (in && graph_.nodes[in.node].region == 0) scope |= plan_.scopes_[in.node];
    }
    if (graph_.nodes[node].body >= 0) scope |= body_scope(graph_.nodes[node].body);
  }
  return scope;
}

void Planner::root_inputs(int node, std::set<int>& found) const {
  for (const PortRef& in : graph_.nodes[node].ins) {
    if (in && graph_.nodes[in.node].region == 0) found.insert(in.node);
  }
  if (graph_.nodes[node].body < 0) return;
  for (int inner : graph_.regions[graph_.nodes[node].body].nodes) root_inputs(inner, found);
}

void Planner::set_scope(int index) {
  const GraphNode& node = graph_.nodes[index];
  Scope scope = plan_.direct_[index];
  if (node.body >= 0) scope |= body_scope(node.body);
  std::set<int> inputs;
  root_inputs(index, inputs);
  std::set<int> gathers;
  for (int in : inputs) {
    if (gather_of_[in] >= 0) gathers.insert(gather_of_[in]);
    if (!node.gathers) scope |= plan_.scopes_[in];
  }
  for (int param : node.per) scope |= param_scope(param);
  if (node.gathers) {
    check_end(node, scope);
    if (std::ranges::any_of(plan_.axes_, [&](const Plan::Axis& axis) { return axis.rows && (scope & axis.params); }))
      scope |= kByValue;
  }
  plan_.scopes_[index] = scope;
  if (node.gathers && gathers.empty()) {
    gather_of_[index] = index;
    plan_.after_gather_[index] = true;
  } else if (!gathers.empty()) {
    gather_of_[index] = *gathers.begin();
    plan_.after_gather_[index] = true;
    check_mixing(index, gathers);
  }
  if (node.body >= 0) spread(node.body, scope);
}

void Planner::spread(int region, Scope scope) {
  for (int node : graph_.regions[region].nodes) {
    plan_.scopes_[node] = scope;
    if (graph_.nodes[node].body >= 0) spread(graph_.nodes[node].body, scope);
  }
}

void Planner::set_first_turns() {
  plan_.first_turn_ = plan_.scopes_;
  plan_.acting_.assign(graph_.nodes.size(), 0);
  for (int loop : graph_.regions[0].nodes) {
    if (graph_.nodes[loop].sort != GraphNode::Sort::kLoop || plan_.after_gather_[loop]) continue;
    Scope scope = plan_.direct_[loop];
    for (const PortRef& in : graph_.nodes[loop].ins) {
      if (in) scope |= plan_.scopes_[in.node];
    }
    for (int node : turn_nodes(graph_, loop)) {
      plan_.acting_[node] = acting_scope(node);
      scope |= first_turn_scope(node);
    }
    plan_.first_turn_[loop] = scope | (plan_.scopes_[loop] & plan_.endless_scope());
  }
}

std::vector<int> turn_nodes(const Graph& graph, int loop) {
  std::vector<int> nodes;
  std::vector<int> regions{graph.nodes[loop].body};
  for (std::size_t r = 0; r < regions.size(); ++r) {
    for (const int node : graph.regions[regions[r]].nodes) {
      nodes.push_back(node);
      if (graph.nodes[node].sort == GraphNode::Sort::kEach) regions.push_back(graph.nodes[node].body);
    }
  }
  return nodes;
}

Scope Planner::acting_scope(int index) const {
  const GraphNode& node = graph_.nodes[index];
  Scope scope = plan_.property_[index] | patterns_scope(node);
  for (const Expr& expr : node.props) {
    if (expr.kind == Kind::kPattern && may_name_item(expr)) scope |= plan_.scopes_[index];
  }
  for (const PortRef& in : node.ins) {
    if (in && graph_.nodes[in.node].region == 0) scope |= plan_.scopes_[in.node];
  }
  if (node.sort != GraphNode::Sort::kLoop) return scope;
  for (int inner : graph_.regions[node.body].nodes) scope |= acting_scope(inner) | plan_.when_[inner];
  return scope;
}

/// Whether a file may be named after its item: then it is each item's own.
bool Planner::may_name_item(const Expr& expr) const {
  if (plan_.scope_of(expr) != 0) return true;  // which fields there are is swept
  const std::vector<std::string> fields = pattern_fields(to_text(plan_.evaluate(expr, 0)));
  return std::ranges::any_of(
      fields, [](const std::string& field) { return field == "item" || field == "id" || field == "overrides"; });
}

Scope Planner::first_turn_scope(int index) const {
  const GraphNode& node = graph_.nodes[index];
  Scope scope = 0;
  if (node.type) {
    for (const auto& [out, in] : node.type->contract.bypasses()) {  // passed on when the node is inactive, too
      const PortRef& from = node.ins[in];
      if (from && graph_.nodes[from.node].region == 0) scope |= plan_.scopes_[from.node];
    }
  }
  const Scope when = plan_.when_[index];
  if (when & plan_.endless_scope()) return scope | plan_.acting_[index] | when;
  // What a link switches may act from the first turn on.
  if (node.when && (node.when->if_link >= 0 || node.when->unless_link >= 0)) return scope | plan_.acting_[index] | when;
  bool active = false, inactive = false;
  for (std::int64_t point = 0; point < plan_.groups(when); ++point) {
    // Progress is 0, whatever the number of turns, and so is the place in a window that is open there.
    (place_in_window(plan_, node, Turn{}, plan_.item_of(when, point)).active ? active : inactive) = true;
  }
  if (active) scope |= plan_.acting_[index];
  if (active && inactive) scope |= when;
  return scope;
}

void Planner::check_end(const GraphNode& node, Scope scope) {
  if (!plan_.is_open(scope)) return;
  const auto endless = std::ranges::find_if(plan_.sweeps_, [](const auto& s) { return s.values.is_endless(); });
  const std::string& param = graph_.params[endless->param].id;
  fault(node.mark, "node '" + node.id + "' gathers over '" + param +
                       "', which has no end: say how many items there are (--max-items N), or add `per: [" + param +
                       "]` to '" + node.id + "'");
}

void Planner::check_mixing(int index, const std::set<int>& gathers) {
  const GraphNode& node = graph_.nodes[index];
  if (node.gathers || gathers.size() > 1) {
    fault(node.mark, "node '" + node.id + "' gathers what '" + graph_.nodes[*gathers.begin()].id +
                         "' has gathered already; one gathering node on the way to a result");
    return;
  }
  const int gather = *gathers.begin();
  const Scope extra = plan_.scopes_[index] & ~plan_.scopes_[gather];
  for (std::size_t k = 0; k < plan_.sweeps_.size(); ++k) {
    if (!(extra & (Scope{1} << k))) continue;
    const std::string& param = graph_.params[plan_.sweeps_[k].param].id;
    fault(node.mark, "node '" + node.id + "' depends on '" + param + "', over which '" + graph_.nodes[gather].id +
                         "' has gathered; add `per: [" + param + "]` to '" + graph_.nodes[gather].id + "'");
  }
}

}  // namespace graph
