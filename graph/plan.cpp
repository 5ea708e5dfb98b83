// SPDX-License-Identifier: MIT
#include "graph/plan.h"

#include <filesystem>
#include <limits>
#include <set>
#include <stdexcept>

#include "graph/pattern.h"

namespace graph {
namespace {

constexpr std::size_t kMostSweeps = 64;
constexpr std::int64_t kMostItems = 100'000'000;

std::string resolved(const std::string& path, const std::string& folder) {
  if (folder.empty() || path.empty() || std::filesystem::path(path).is_absolute()) return path;
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

std::string settable_names(const Graph& graph, const std::string& name) {
  std::vector<std::string> names;
  for (const Param& param : graph.params) {
    if (!param.bound) names.push_back(param.id);
  }
  return did_you_mean(name, names);
}

}  // namespace

/// Builds a Plan and gathers what is wrong on the way.
class Planner {
 public:
  Planner(Plan& plan, std::vector<Fault>& faults) : plan_(plan), graph_(*plan.graph_), faults_(faults) {}

  void set_params(const std::vector<Assignment>& assignments) {
    plan_.values_.resize(graph_.params.size());
    plan_.sweep_of_.assign(graph_.params.size(), -1);
    std::vector<Mark> marks(graph_.params.size());
    for (const Assignment& assignment : assignments) {
      const int index = graph_.find_param(assignment.name);
      if (index < 0) {
        fault(assignment.mark, "graph '" + graph_.name + "' has no param '" + assignment.name + "'" +
                                   settable_names(graph_, assignment.name));
      } else if (assignment.values.empty()) {
        fault(assignment.mark, "param '" + assignment.name + "' is given no value");
      } else if (assigned_.insert(index).second) {
        assign(index, assignment);
      } else {
        fault(assignment.mark, "param '" + assignment.name + "' is given twice");
      }
    }
    for (std::size_t i = 0; i < graph_.params.size(); ++i) {
      const Param& param = graph_.params[i];
      if (param.bound || assigned_.count(static_cast<int>(i))) continue;
      if (param.value) {
        plan_.values_[i] = {plan_.evaluate(*param.value, 0)};
      } else {
        fault(param.mark, "param '" + param.id + "' must be given: it has no default (--" + param.id + " VALUE)");
      }
    }
  }

  void set_strides() {
    std::int64_t items = 1;
    plan_.strides_.assign(plan_.sweeps_.size(), 1);
    for (std::size_t k = plan_.sweeps_.size(); k-- > 0;) {
      plan_.strides_[k] = items;
      items *= static_cast<std::int64_t>(plan_.sweeps_[k].values.size());
      if (items > kMostItems) {
        fault({}, "the sweep has more than " + std::to_string(kMostItems) + " items");
        items = 1;
      }
    }
    plan_.items_ = static_cast<int>(items);
  }

  void set_scopes() {
    const std::size_t n = graph_.nodes.size();
    plan_.scopes_.assign(n, 0);
    plan_.direct_.assign(n, 0);
    plan_.after_gather_.assign(n, false);
    gather_of_.assign(n, -1);
    plan_.property_.assign(n, 0);
    for (std::size_t i = 0; i < n; ++i) {
      for (const Expr& expr : graph_.nodes[i].props) plan_.property_[i] |= plan_.scope_of(expr);
      plan_.direct_[i] = plan_.property_[i] | direct_scope(graph_.nodes[i]);
    }
    for (int node : graph_.regions[0].nodes) set_scope(node);
  }

  /// Every property at every point of its own sweep.
  void check_properties() {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const GraphNode& node = graph_.nodes[i];
      if (graph_.params.empty() && plan_.direct_[i] == 0) continue;  // constants were checked with the graph
      const Scope scope = plan_.direct_[i];
      const std::int64_t points = plan_.groups(scope);
      for (std::int64_t point = 0; point < points; ++point) {
        if (!check_point(node, item_of(scope, point))) break;
      }
    }
  }

  void check_patterns() {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const GraphNode& node = graph_.nodes[i];
      if (node.sort != GraphNode::Sort::kNode) continue;
      for (std::size_t p = 0; p < node.props.size(); ++p) {
        if (node.props[p].kind == Kind::kPattern) check_pattern(static_cast<int>(i), node.props[p]);
      }
    }
  }

 private:
  void fault(const Mark& mark, const std::string& what) { faults_.push_back({mark, what}); }

  void assign(int index, const Assignment& assignment) {
    const Param& param = graph_.params[index];
    for (const Scalar& given : assignment.values) {
      const std::optional<Scalar> value = convert(given, param.kind);
      try {
        if (!value) {
          throw std::invalid_argument(std::string("expected ") + kind_name(param.kind) + ", got '" + to_text(given) +
                                      "'");
        }
        check_range(*value, param.range);
        plan_.values_[index].push_back(*value);
      } catch (const std::invalid_argument& e) {
        fault(assignment.mark, "param '" + param.id + "': " + e.what());
      }
    }
    std::set<std::string> seen;
    for (const Scalar& value : plan_.values_[index]) {
      if (!seen.insert(to_text(value)).second) {
        fault(assignment.mark, "param '" + param.id + "' is swept over " + to_text(value) + " twice");
        break;
      }
    }
  }

 public:
  /// In the order of declaration, so that an item's number does not depend on the order of flags.
  void set_sweeps() {
    for (std::size_t i = 0; i < graph_.params.size(); ++i) {
      if (plan_.values_[i].size() < 2) continue;
      if (plan_.sweeps_.size() == kMostSweeps) {
        fault(graph_.params[i].mark, "more than " + std::to_string(kMostSweeps) + " params are swept");
        return;
      }
      plan_.sweep_of_[i] = static_cast<int>(plan_.sweeps_.size());
      plan_.sweeps_.push_back({static_cast<int>(i), plan_.values_[i]});
    }
  }

 private:
  /// What the fields of its patterns and its `when` name.
  Scope direct_scope(const GraphNode& node) const {
    Scope scope = 0;
    for (const Expr& expr : node.props) {
      if (expr.kind == Kind::kPattern) scope |= pattern_scope(node, expr);
    }
    if (node.when) {
      for (const Expr* expr : {&node.when->from, &node.when->to, &node.when->every}) scope |= plan_.scope_of(*expr);
    }
    return scope;
  }

  Scope pattern_scope(const GraphNode& node, const Expr& expr) const {
    Scope scope = 0;
    for (const std::string& field : fields_of(expr)) {
      if (const int param = graph_.find_field(node, field); param >= 0) scope |= param_scope(param);
    }
    return scope;
  }

  Scope param_scope(int param) const {
    if (graph_.params[param].bound) return plan_.scope_of(*graph_.params[param].value);
    const int sweep = plan_.sweep_of_[param];
    return sweep < 0 ? 0 : Scope{1} << sweep;
  }

  std::vector<std::string> fields_of(const Expr& expr) const {
    try {
      return pattern_fields(to_text(plan_.evaluate(expr, 0)));
    } catch (const std::invalid_argument&) {
      return {};  // reported by check_properties or by the graph's own check
    }
  }

  /// Everything that a loop's body depends on, nested loops too.
  Scope body_scope(int region) const {
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

  /// Nodes of the root that a node reads, a loop's body included.
  void root_inputs(int node, std::set<int>& found) const {
    for (const PortRef& in : graph_.nodes[node].ins) {
      if (in && graph_.nodes[in.node].region == 0) found.insert(in.node);
    }
    if (graph_.nodes[node].body < 0) return;
    for (int inner : graph_.regions[graph_.nodes[node].body].nodes) root_inputs(inner, found);
  }

  void set_scope(int index) {
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

  void spread(int region, Scope scope) {
    for (int node : graph_.regions[region].nodes) {
      plan_.scopes_[node] = scope;
      if (graph_.nodes[node].body >= 0) spread(graph_.nodes[node].body, scope);
    }
  }

  void check_mixing(int index, const std::set<int>& gathers) {
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

  int item_of(Scope scope, std::int64_t point) const {
    std::int64_t item = 0;
    for (std::size_t k = plan_.sweeps_.size(); k-- > 0;) {
      if (!(scope & (Scope{1} << k))) continue;
      const auto size = static_cast<std::int64_t>(plan_.sweeps_[k].values.size());
      item += point % size * plan_.strides_[k];
      point /= size;
    }
    return static_cast<int>(item);
  }

  bool check_point(const GraphNode& node, int item) {
    bool good = true;
    const auto check = [&](const Expr& expr, const std::string& name, const Range& range) {
      if (expr.is_constant()) return;
      try {
        check_range(plan_.evaluate(expr, item), range);
      } catch (const std::invalid_argument& e) {
        good = false;
        fault(expr.mark, "node '" + node.id + "': " + name + ": " + e.what());
      }
    };
    if (node.sort == GraphNode::Sort::kLoop && !node.props.empty()) check(node.props[0], "steps", {0, 1e9, {}});
    if (node.sort == GraphNode::Sort::kNode) {
      const auto& specs = node.type->contract.props();
      for (std::size_t p = 0; p < node.props.size(); ++p) check(node.props[p], specs[p].name, specs[p].range);
    }
    if (node.when) {
      check(node.when->from, "when.from", {0, 1, {}});
      check(node.when->to, "when.to", {0, 1, {}});
      check(node.when->every, "when.every", {});
    }
    return good;
  }

  /// Two items, or two turns, must not write one file.
  void check_pattern(int index, const Expr& expr) {
    const GraphNode& node = graph_.nodes[index];
    const std::vector<std::string> fields = fields_of(expr);
    const std::set<std::string> named(fields.begin(), fields.end());
    const std::string text = to_text(plan_.evaluate(expr, 0));
    if (node.region != 0 && !named.count("turn")) {
      fault(expr.mark, "node '" + node.id + "': '" + text + "' names the same file at every turn; add {turn}");
    }
    if (named.count("item")) return;
    const Scope missing = plan_.scopes_[index] & ~pattern_scope(node, expr) & ~plan_.scope_of(expr);
    for (std::size_t k = 0; k < plan_.sweeps_.size(); ++k) {
      if (!(missing & (Scope{1} << k))) continue;
      const std::string& param = graph_.params[plan_.sweeps_[k].param].id;
      fault(expr.mark, "node '" + node.id + "': '" + text + "' names the same file for every '" + param + "'; add {" +
                           param + "} or {item}");
    }
  }

  Plan& plan_;
  const Graph& graph_;
  std::vector<Fault>& faults_;
  std::set<int> assigned_;
  std::vector<int> gather_of_;  ///< by node: the gathering node that it hangs on, or -1
};

Plan::Plan(std::shared_ptr<const Graph> graph, const std::vector<Assignment>& assignments) : graph_(std::move(graph)) {
  std::vector<Fault> faults;
  Planner planner(*this, faults);
  planner.set_params(assignments);
  if (!faults.empty()) throw Faults(faults);
  planner.set_sweeps();
  planner.set_strides();
  if (!faults.empty()) throw Faults(faults);
  planner.set_scopes();
  planner.check_properties();
  if (!faults.empty()) throw Faults(faults);
  planner.check_patterns();
  if (!faults.empty()) throw Faults(faults);
}

std::int64_t Plan::stride_digit(int sweep, int item) const {
  return item / strides_[sweep] % static_cast<std::int64_t>(sweeps_[sweep].values.size());
}

std::int64_t Plan::group(Scope scope, int item) const {
  std::int64_t group = 0;
  for (std::size_t k = 0; k < sweeps_.size(); ++k) {
    if (!(scope & (Scope{1} << k))) continue;
    group = group * static_cast<std::int64_t>(sweeps_[k].values.size()) + stride_digit(static_cast<int>(k), item);
  }
  return group;
}

std::int64_t Plan::groups(Scope scope) const {
  std::int64_t count = 1;
  for (std::size_t k = 0; k < sweeps_.size(); ++k) {
    if (scope & (Scope{1} << k)) count *= static_cast<std::int64_t>(sweeps_[k].values.size());
  }
  return count;
}

int Plan::first_item(Scope scope, int item) const {
  std::int64_t first = 0;
  for (std::size_t k = 0; k < sweeps_.size(); ++k) {
    if (scope & (Scope{1} << k)) first += stride_digit(static_cast<int>(k), item) * strides_[k];
  }
  return static_cast<int>(first);
}

std::vector<int> Plan::members(Scope scope, int item) const {
  std::vector<int> members{first_item(scope, item)};
  for (std::size_t k = 0; k < sweeps_.size(); ++k) {  // slowest first, so that the list stays ascending
    if (scope & (Scope{1} << k)) continue;
    std::vector<int> more;
    more.reserve(members.size() * sweeps_[k].values.size());
    for (int member : members) {
      for (std::size_t v = 0; v < sweeps_[k].values.size(); ++v) {
        more.push_back(member + static_cast<int>(static_cast<std::int64_t>(v) * strides_[k]));
      }
    }
    members.swap(more);
  }
  return members;
}

Props Plan::props(int node, int item) const {
  const GraphNode& spec = graph_->nodes[node];
  std::vector<Scalar> values;
  values.reserve(spec.props.size());
  for (const Expr& expr : spec.props) values.push_back(evaluate(expr, item));
  return Props(spec.type->contract, std::move(values));
}

Item Plan::describe(Scope scope, int item) const {
  Item result;
  result.index = first_item(scope, item);
  for (std::size_t i = 0; i < graph_->params.size(); ++i) {
    if (graph_->params[i].bound) continue;
    const int sweep = sweep_of_[i];
    if (sweep >= 0 && !(scope & (Scope{1} << sweep))) continue;
    result.params.push_back({graph_->params[i].id, param(static_cast<int>(i), item), sweep >= 0});
    if (sweep < 0) continue;
    result.label +=
        (result.label.empty() ? "" : ", ") + graph_->params[i].id + "=" + to_text(result.params.back().value);
  }
  return result;
}

std::string Plan::label(int item) const {
  return describe(~Scope{0}, item).label;
}

Scalar Plan::param(int param, int item) const {
  if (graph_->params[param].bound) return evaluate(*graph_->params[param].value, item);
  const int sweep = sweep_of_[param];
  return values_[param][sweep < 0 ? 0 : static_cast<std::size_t>(stride_digit(sweep, item))];
}

Scope Plan::scope_of(const Expr& expr) const {
  Scope scope = 0;
  for (const auto& piece : expr.pieces) {
    const int* param = std::get_if<int>(&piece);
    if (!param) continue;
    if (graph_->params[*param].bound) {
      scope |= scope_of(*graph_->params[*param].value);
    } else if (sweep_of_[*param] >= 0) {
      scope |= Scope{1} << sweep_of_[*param];
    }
  }
  return scope;
}

Scalar Plan::evaluate(const Expr& expr, int item) const {
  if (expr.is_constant()) {
    if (const auto* path = std::get_if<Path>(&expr.constant)) return Path{resolved(path->text, expr.folder)};
    return expr.constant;
  }
  if (expr.pieces.size() == 1 && std::holds_alternative<int>(expr.pieces[0])) {
    const int index = std::get<int>(expr.pieces[0]);
    const Scalar value = param(index, item);
    const std::optional<Scalar> converted = convert(value, expr.kind);
    if (!converted) {
      throw std::invalid_argument(std::string("expected ") + kind_name(expr.kind) + ", got " +
                                  kind_name(kind_of(value)) + " param '" + graph_->params[index].id + "'");
    }
    if (graph_->params[index].bound) check_range(*converted, graph_->params[index].range);
    return *converted;
  }
  std::string text;
  for (const auto& piece : expr.pieces) {
    if (const int* index = std::get_if<int>(&piece)) {
      text += to_text(param(*index, item));
    } else {
      text += std::get<std::string>(piece);
    }
  }
  const Scalar value = parse_scalar(expr.kind, text);
  if (const auto* path = std::get_if<Path>(&value)) return Path{resolved(path->text, expr.folder)};
  return value;
}

}  // namespace graph
