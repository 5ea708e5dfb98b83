// SPDX-License-Identifier: MIT
#include "graph/plan.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <stdexcept>

#include "base/mutex.h"
#include "graph/evaluate.h"
#include "graph/planning/planner.h"
#include "graph/planning/row_groups.h"

namespace graph {

/// Which rows of a table agree, by the params that are asked for.
struct Plan::Groups {
  base::Mutex mutex;  ///< nothing else is locked while it is held
  std::map<Scope, RowGroups> by_scope DECOUPAGE_GUARDED_BY(mutex);
};

Plan::Plan(std::shared_ptr<const Graph> graph, const std::vector<Assignment>& assignments, std::int64_t max_items)
    : graph_(std::move(graph)), groups_(std::make_shared<Groups>()), recording_(*graph_) {
  std::vector<Fault> faults;
  Planner planner(*this, faults);
  planner.set_params(assignments);
  if (!faults.empty()) throw Faults(faults);
  planner.set_sweeps();
  if (!faults.empty()) throw Faults(faults);
  planner.set_axes(max_items);
  if (!faults.empty()) throw Faults(faults);
  planner.set_scopes();
  planner.check_properties();
  if (!faults.empty()) throw Faults(faults);
  planner.set_first_turns();
  planner.check_patterns();
  if (!faults.empty()) throw Faults(faults);
  planner.check_file_names();
  if (!faults.empty()) throw Faults(faults);
}

RowGroups Plan::make_row_groups(const Axis& axis, Scope params, bool by_value) const {
  std::vector<const Sweep*> columns;
  for (std::size_t k = 0; k < sweeps_.size(); ++k) {
    if (!(params & (Scope{1} << k))) continue;
    if (sweeps_[k].values.is_drawn()) return RowGroups::of_neighbours(axis.points, [](auto, auto) { return false; });
    columns.push_back(&sweeps_[k]);
  }
  if (!by_value) {
    return RowGroups::of_neighbours(axis.points, [&](std::int64_t a, std::int64_t b) {
      return std::ranges::all_of(columns, [&](const Sweep* column) { return column->values[a] == column->values[b]; });
    });
  }
  std::vector<std::string> texts(axis.points);
  for (std::int64_t row = 0; row < axis.points; ++row) {
    for (const Sweep* column : columns) {
      const std::string text = to_text(column->values[row]);
      texts[row] += std::to_string(text.size()) + ":" + text;
    }
  }
  return RowGroups::of_all(texts);
}

/// Null: every point is a group of its own.
const RowGroups* Plan::row_groups(const Axis& axis, Scope scope) const {
  if (!axis.rows) return nullptr;
  const base::MutexLock lock(groups_->mutex);
  const Scope key = scope & (axis.params | kByValue);
  const auto known = groups_->by_scope.find(key);
  if (known != groups_->by_scope.end()) return &known->second;
  const Scope params = scope & axis.params;
  return &groups_->by_scope.emplace(key, make_row_groups(axis, params, (scope & kByValue) != 0)).first->second;
}

std::int64_t Plan::axis_groups(const Axis& axis, Scope scope) const {
  const RowGroups* const rows = row_groups(axis, scope);
  return rows ? rows->count() : axis.points;
}

std::int64_t Plan::group(Scope scope, std::int64_t item) const {
  std::int64_t group = 0;
  for (const Axis& axis : axes_) {
    if (!(scope & axis.params)) continue;
    const RowGroups* const rows = row_groups(axis, scope);
    const std::int64_t point = place(axis, item);
    group = rows ? group * rows->count() + rows->group(point) : group * axis.points + point;
  }
  return group;
}

std::int64_t Plan::groups(Scope scope) const {
  std::int64_t count = 1;
  for (const Axis& axis : axes_) {
    if (scope & axis.params) count *= axis_groups(axis, scope);
  }
  return count;
}

std::int64_t Plan::item_of(Scope scope, std::int64_t group) const {
  std::int64_t item = 0;
  for (auto axis = axes_.rbegin(); axis != axes_.rend(); ++axis) {
    if (!(scope & axis->params)) continue;
    const RowGroups* const rows = row_groups(*axis, scope);
    const std::int64_t count = rows ? rows->count() : axis->points;
    item += (rows ? rows->first(group % count) : group % count) * axis->stride;
    group /= count;
  }
  return item;
}

std::int64_t Plan::first_item(Scope scope, std::int64_t item) const {
  return scope == kAllOfIt ? item : item_of(scope, group(scope, item));
}

std::vector<std::int64_t> Plan::axis_points(const Axis& axis, Scope scope, std::int64_t item) const {
  const std::int64_t point = place(axis, item);
  if (scope & axis.params) {
    const RowGroups* const rows = row_groups(axis, scope);
    return rows ? rows->rows(rows->group(point)) : std::vector{point};
  }
  std::vector<std::int64_t> all(axis.points);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

std::int64_t Plan::values_of(int sweep) const {
  return std::min(wraps_[sweep], (items_ - 1) / strides_[sweep] + 1);
}

std::vector<std::int64_t> Plan::members(Scope scope, std::int64_t item) const {
  std::vector<std::int64_t> members{0};
  for (const Axis& axis : axes_) {  // slowest first, so that the list stays ascending
    const std::vector<std::int64_t> points = axis_points(axis, scope, item);
    std::vector<std::int64_t> more;
    more.reserve(members.size() * points.size());
    for (const std::int64_t member : members) {
      for (const std::int64_t point : points) more.push_back(member + point * axis.stride);
    }
    members.swap(more);
  }
  while (!members.empty() && members.back() >= items_) members.pop_back();
  return members;
}

std::int64_t Plan::group_size(Scope scope, std::int64_t item) const {
  if (points_ != items_) return static_cast<std::int64_t>(members(scope, item).size());
  std::int64_t size = 1;
  for (const Axis& axis : axes_) {
    if (!(scope & axis.params)) size *= axis.points;
    else if (axis.rows) size *= static_cast<std::int64_t>(axis_points(axis, scope, item).size());
  }
  return size;
}

Props Plan::props(int node, std::int64_t item) const {
  const GraphNode& spec = graph_->nodes[node];
  std::vector<Scalar> values;
  values.reserve(spec.props.size());
  for (const Expr& expr : spec.props) values.push_back(evaluate(expr, item));
  return Props(spec.type->contract, std::move(values));
}

Item Plan::describe(Scope scope, std::int64_t item) const {
  Item result;
  result.index = first_item(scope, item);
  for (std::size_t i = 0; i < graph_->params.size(); ++i) {
    if (graph_->params[i].bound) continue;
    const int sweep = sweep_of_[i];
    if (follows_[i] && (scope_of(*graph_->params[i].value) & ~scope) != 0) continue;
    if (sweep >= 0 && !(scope & (Scope{1} << sweep))) continue;
    result.params.push_back(
        {graph_->params[i].id, param(static_cast<int>(i), item), sweep >= 0, graph_->params[i].section});
    if (sweep < 0) continue;
    result.label +=
        (result.label.empty() ? "" : ", ") + graph_->params[i].id + "=" + to_text(result.params.back().value);
  }
  return result;
}

std::string Plan::label(std::int64_t item) const {
  return describe(kAllOfIt, item).label;
}

const Mark& Plan::given_at(const Expr& expr) const {
  static const Mark kNowhere;
  if (expr.pieces.size() != 1) return kNowhere;
  const int* const param = std::get_if<int>(&expr.pieces[0]);
  if (param == nullptr) return kNowhere;
  if (!graph_->params[*param].bound) return marks_[*param];
  return graph_->params[*param].value ? given_at(*graph_->params[*param].value) : kNowhere;
}

Scalar Plan::param(int param, std::int64_t item) const {
  if (follows_[param]) return evaluate(*graph_->params[param].value, item);
  const int sweep = sweep_of_[param];
  return values_[param][sweep < 0 ? 0 : static_cast<std::size_t>(item / strides_[sweep] % wraps_[sweep])];
}

bool Plan::is_swept(int param) const {
  return follows_[param] ? scope_of(*graph_->params[param].value) != 0 : sweep_of_[param] >= 0;
}

Scope Plan::scope_of(const Expr& expr) const {
  Scope scope = 0;
  for (const int param : expr.params()) {
    if (follows_[param]) {
      scope |= scope_of(*graph_->params[param].value);
    } else if (sweep_of_[param] >= 0) {
      scope |= Scope{1} << sweep_of_[param];
    }
  }
  return scope;
}

Scalar Plan::evaluate(const Expr& expr, std::int64_t item) const {
  return graph::evaluate(*graph_, expr, [&](int index) { return param(index, item); });
}

}  // namespace graph
