// SPDX-License-Identifier: MIT
// What only the params of a run can tell: properties and file names at every point of the sweep.
#include <algorithm>
#include <bit>
#include <stdexcept>

#include "base/limits.h"
#include "base/names.h"
#include "graph/planning/planner.h"
#include "graph/shape.h"

namespace graph {
namespace {
constexpr base::Limit kElements{"each-elements"};
constexpr std::int64_t kPointsOfEndless = 1000;
}  // namespace

void Planner::check_properties() {
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const GraphNode& node = graph_.nodes[i];
    if (graph_.params.empty() && plan_.direct_[i] == 0) continue;  // constants were checked with the graph
    const Scope scope = plan_.direct_[i];
    const std::int64_t points = points_of(scope);
    for (std::int64_t point = 0; point < points; ++point) {
      if (!check_point(node, plan_.item_of(scope, point))) break;
    }
  }
}

std::int64_t Planner::points_of(Scope scope) const {
  const std::int64_t points = plan_.groups(scope);
  if ((scope & plan_.endless_scope()) == 0) return points;
  return std::min(points, std::max(kPointsOfEndless, plan_.groups(scope & ~plan_.endless_scope())));
}

bool Planner::check_point(const GraphNode& node, std::int64_t item) {
  bool good = true;
  const auto check = [&](const Expr& expr, const std::string& name, const Range& range) {
    if (expr.is_constant()) return;
    try {
      const Scalar value = plan_.evaluate(expr, item);
      check_range(value, range);
      const auto* pattern = std::get_if<Pattern>(&value);
      if (const std::string what = pattern ? leaves_output_folder(pattern->text) : ""; !what.empty())
        throw std::invalid_argument(what);
    } catch (const DataFaults& faults) {
      good = false;
      for (const Fault& one : faults.list()) fault(one.mark, "node '" + node.id + "': " + named_fault(name, one));
    } catch (const std::invalid_argument& e) {
      good = false;
      fault(expr.mark, "node '" + node.id + "': " + name + ": " + e.what());
    }
  };
  if (node.sort == GraphNode::Sort::kLoop) {
    const Region& body = graph_.regions[node.body];
    if (body.has_steps()) check(node.props[0], "steps", {0, 1e9, {}});
    if (body.checkpoint >= 0) check(node.props[body.checkpoint], "checkpoint", {0, 1e9, {}});
  }
  if (node.sort == GraphNode::Sort::kEach) {
    const Region& body = graph_.regions[node.body];
    const auto most = static_cast<double>(kElements.most());
    if (body.times >= 0) check(node.props[body.times], "times", {0, most, {}});
    if (body.at_once >= 0) check(node.props[body.at_once], "at_once", {1, 1e6, {}});
  }
  if (node.sort == GraphNode::Sort::kNode) {
    const auto& specs = node.type->contract.props();
    for (std::size_t p = 0; p < node.props.size(); ++p) check(node.props[p], specs[p].name, specs[p].range);
  }
  if (node.when) {
    check(node.when->from, "when.from", {0, 1, {}});
    check(node.when->to, "when.to", {0, 1, {}});
    check(node.when->every, "when.every", {});
    check(node.when->nth, "when.nth", {});
    check(node.when->only_if, "when.if", {});
    check(node.when->unless, "when.unless", {});
  }
  return good;
}

void Planner::check_patterns() {
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const GraphNode& node = graph_.nodes[i];
    if (node.sort != GraphNode::Sort::kNode) continue;
    for (std::size_t p = 0; p < node.props.size(); ++p) {
      if (node.props[p].kind == Kind::kPattern) check_pattern(static_cast<int>(i), node.props[p]);
    }
  }
}

void Planner::check_made_pattern(const GraphNode& node, const Expr& expr) {
  if (expr.is_constant()) return;
  try {
    const std::string text = to_text(plan_.evaluate(expr, 0));
    for (const std::string& field : pattern_fields(text)) {
      const bool own = std::ranges::count(own_fields(), field) > 0;
      if (field == "each" || field.ends_with(".each")) {
        if (each_of_field(graph_, node.region, field) >= 0) continue;
        throw std::invalid_argument(no_each_text(graph_, node.region, field));
      }
      if (own && (field != "turn" || loop_around(graph_, node.region) >= 0)) continue;
      if (graph_.find_field(node, field) >= 0) continue;
      throw std::invalid_argument("{" + field + "} in '" + text + "' names nothing; a field is a param or one of " +
                                  base::joined(own_fields()) + ", {turn} in loops alone, {each} in eaches");
    }
  } catch (const std::invalid_argument& e) {
    fault(expr.mark, "node '" + node.id + "': " + e.what());
  }
}

/// A file's name holds the indices of all eaches around its node.
void Planner::check_elements(const GraphNode& node, const Mark& mark, const std::string& text,
                             const std::vector<std::string>& fields) {
  std::set<int> named;
  for (const std::string& field : fields) {
    if (field == "each" || field.ends_with(".each")) named.insert(each_of_field(graph_, node.region, field));
  }
  int place = 0;
  const std::vector<int> owners = graph_.owners_of(static_cast<int>(&node - graph_.nodes.data()));
  for (const int owner : owners) {
    if (graph_.nodes[owner].sort != GraphNode::Sort::kEach) continue;
    const bool innermost = place == each_of_field(graph_, node.region, "each");
    const std::string& alias = graph_.regions[graph_.nodes[owner].body].alias;
    if (!named.count(place++)) {
      fault(mark, "node '" + node.id + "': '" + text + "' names the same file for every element of '" +
                      graph_.nodes[owner].id + "'; add " + (innermost ? "{each}" : "{" + alias + ".each}"));
    }
  }
}

void Planner::check_pattern(int index, const Expr& expr) {
  const GraphNode& node = graph_.nodes[index];
  check_made_pattern(node, expr);
  const std::vector<std::string> fields = fields_of(node, expr);
  const std::set<std::string> named(fields.begin(), fields.end());
  const std::string text = to_text(plan_.evaluate(expr, 0));
  if (loop_around(graph_, node.region) >= 0 && !named.count("turn")) {
    fault(expr.mark, "node '" + node.id + "': '" + text + "' names the same file at every turn; add {turn}");
  }
  check_elements(node, expr.mark, text, fields);
  if (named.count("item") || named.count("id")) return;
  check_names(node, expr, plan_.scopes_[index], pattern_scope(node, expr) | plan_.scope_of(expr));
}

/// Whether a name that has these params in it is another one for each group of a scope.
void Planner::check_names(const GraphNode& node, const Expr& expr, Scope scope, Scope named) {
  const std::string start =
      "node '" + node.id + "': '" + to_text(plan_.evaluate(expr, 0)) + "' names the same file for ";
  Scope telling = 0;  // of what is drawn, only what never comes twice tells items apart
  for (std::size_t k = 0; k < plan_.sweeps_.size(); ++k) {
    if (!plan_.sweeps_[k].values.is_drawn() || plan_.sweeps_[k].values.is_wide()) telling |= Scope{1} << k;
  }
  named &= telling;
  for (const Plan::Axis& axis : plan_.axes_) {
    const Scope here = scope & axis.params, said = named & axis.params;
    if (here == 0) continue;
    if (axis.rows) {
      const Scope said_rows = said | kByValue, own_rows = here | (scope & kByValue);
      if (said != 0 && plan_.axis_groups(axis, said_rows) == plan_.axis_groups(axis, own_rows)) continue;
      if (said == 0 && plan_.axis_groups(axis, own_rows) == 1) continue;
      fault(expr.mark, start + "several rows; add {item}, or params that tell all rows apart");
    } else if (said == 0) {
      const std::string& param = graph_.params[plan_.sweeps_[std::countr_zero(here)].param].id;
      fault(expr.mark, start + "every '" + param + "'; add {" + param + "} or {item}");
    }
  }
}

}  // namespace graph
