// SPDX-License-Identifier: MIT
// Params, sweeps and items.
#include "graph/planning/planner.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>

#include "base/limits.h"
#include "base/names.h"

namespace graph {
namespace {

constexpr std::size_t kMostSweeps = 63;  // a bit of a Scope each, and one is kByValue
constexpr base::Limit kMostItems{"sweep-items"};

std::string settable_names(const Graph& graph, const std::string& name) {
  std::vector<std::string> names;
  for (const Param& param : graph.params) {
    if (!param.bound) names.push_back(param.id);
  }
  return base::did_you_mean(name, names);
}

}  // namespace

void Planner::set_params(const std::vector<Assignment>& assignments) {
  plan_.values_.resize(graph_.params.size());
  plan_.sweep_of_.assign(graph_.params.size(), -1);
  for (const Param& param : graph_.params) plan_.follows_.push_back(param.bound);
  along_.assign(graph_.params.size(), Along::kItself);
  plan_.marks_.resize(graph_.params.size());
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
      plan_.follows_[i] = !param.value->is_constant();
      set_default(static_cast<int>(i));
    } else {
      fault(param.mark, "param '" + param.id + "' must be given: it has no default (--" + param.id + " VALUE)");
    }
  }
}

/// Data as the nodes get it that declare its shape, so that names and records are the same however it was given.
Scalar Planner::shaped(const Scalar& value, const Param& param) {
  const auto* data = std::get_if<Data>(&value);
  return data && param.range.shape ? Scalar(read_data(*data, *param.range.shape, "")) : value;
}

void Planner::add_faults(const Param& param, const DataFaults& faults) {
  for (const Fault& one : faults.list()) fault(one.mark, "param " + named_fault(param.id, one));
}

void Planner::set_default(int index) {
  const Param& param = graph_.params[index];
  try {
    const Scalar value = plan_.evaluate(*param.value, 0);
    check_range(value, param.range);
    plan_.values_[index] = {shaped(value, param)};
  } catch (const DataFaults& faults) {
    add_faults(param, faults);
  } catch (const std::invalid_argument& e) {
    fault(param.value->mark, "param '" + param.id + "': default: " + e.what());
  }
}

void Planner::assign(int index, const Assignment& assignment) {
  const Param& param = graph_.params[index];
  along_[index] = assignment.along;
  plan_.marks_[index] = assignment.mark;
  if (assignment.values.is_endless() || assignment.values.is_drawn()) return assign_list(index, assignment);
  for (const Scalar& given : assignment.values) {
    if (const std::optional<Scalar> value = checked(index, given, assignment.mark))
      plan_.values_[index].push_back(*value);
  }
  if (assignment.along != Along::kItself) return;
  if (const std::optional<Scalar> repeat = plan_.values_[index].first_repeat()) {
    fault(assignment.mark, "param '" + param.id + "' is swept over " + to_text(*repeat) + " twice");
  }
}

/// The value as the param's type has it; none, and a fault, when it is not one of its values.
std::optional<Scalar> Planner::checked(int index, const Scalar& given, const Mark& mark) {
  const Param& param = graph_.params[index];
  const auto* data = std::get_if<Data>(&given);
  const bool null = data && data->is_null() && param.nullable;
  const std::optional<Scalar> value = null ? given : convert(given, param.kind);
  try {
    if (!value) {
      throw std::invalid_argument(std::string("expected ") + kind_name(param.kind) + ", got '" + to_text(given) + "'");
    }
    check_range(*value, param.range);
    if (param.fixed && !(*value == plan_.evaluate(*param.value, 0))) {
      throw std::invalid_argument("it is always " + to_text(plan_.evaluate(*param.value, 0)) +
                                  (param.about.empty() ? "" : ": " + param.about) + "; got " + to_text(given));
    }
    return shaped(*value, param);
  } catch (const DataFaults& faults) {
    add_faults(param, faults);
    return std::nullopt;
  } catch (const std::invalid_argument& e) {
    fault(mark, "param '" + param.id + "': " + e.what());
    return std::nullopt;
  }
}

/// A list without an end of its own. One that counts ends where the param's range does.
void Planner::assign_list(int index, const Assignment& assignment) {
  const Param& param = graph_.params[index];
  if (param.kind != Kind::kInt) {
    return fault(assignment.mark, "param '" + param.id + "' is " + kind_name(param.kind) +
                                      ": only an int counts without end, or is drawn");
  }
  const std::optional<Scalar> first = checked(index, assignment.values.front(), assignment.mark);
  if (!first) return;
  plan_.values_[index] = assignment.values;
  if (!assignment.values.is_endless() || !param.range.max || *param.range.max >= 9e18) return;
  plan_.values_[index] = ScalarList::endless(std::get<std::int64_t>(*first), assignment.values.step(),
                                             static_cast<std::int64_t>(*param.range.max));
}

/// Rows that a table or what is zipped has; 0: there is none. Its columns must be of one length.
std::int64_t Planner::rows_along(Along along) {
  int first = -1;
  for (std::size_t i = 0; i < along_.size(); ++i) {
    if (along_[i] != along || plan_.values_[i].is_drawn() || plan_.values_[i].is_endless()) continue;
    if (first < 0) first = static_cast<int>(i);
    const std::size_t rows = plan_.values_[first].size(), own = plan_.values_[i].size();
    if (own == rows) continue;
    fault(plan_.marks_[i], "param '" + graph_.params[i].id + "' has " + std::to_string(own) + " values, and '" +
                               graph_.params[first].id + "' beside it " + std::to_string(rows) +
                               ": what steps together has one length");
  }
  return first < 0 ? 0 : static_cast<std::int64_t>(plan_.values_[first].size());
}

/// Whether a column says the same in all rows. Where all do, the first one counts as swept, so that the rows are items.
bool Planner::is_constant(int index) const {
  const auto constant = [this](std::size_t i) {
    const ScalarList& values = plan_.values_[i];
    return !values.is_drawn() &&
           std::all_of(values.begin(), values.end(), [&](const Scalar& value) { return value == values.front(); });
  };
  const Along along = along_[index];
  if (along == Along::kItself || !constant(index)) return false;
  int first = -1;
  for (std::size_t i = 0; i < along_.size(); ++i) {
    if (along_[i] != along || plan_.values_[i].is_drawn()) continue;
    if (!constant(i)) return true;
    if (first < 0) first = static_cast<int>(i);
  }
  return first != index;
}

void Planner::set_sweeps() {
  const auto endless = [](const ScalarList& values) { return values.is_endless(); };
  if (std::ranges::count_if(plan_.values_, endless) > 1) {
    const auto first = std::ranges::find_if(plan_.values_, endless);
    const auto second = std::find_if(first + 1, plan_.values_.end(), endless);
    const auto name = [&](auto at) { return "'" + graph_.params[at - plan_.values_.begin()].id + "'"; };
    fault(plan_.marks_[second - plan_.values_.begin()],
          name(first) + " and " + name(second) + " both count without end: a run has one such param at most");
  }
  table_rows_ = rows_along(Along::kTable);
  zip_rows_ = rows_along(Along::kZip);
  if (!faults_.empty()) return;
  const bool places = table_rows_ > 0 || std::ranges::any_of(plan_.values_, endless);
  for (std::size_t i = 0; i < graph_.params.size(); ++i) {
    ScalarList& values = plan_.values_[i];
    if (is_constant(static_cast<int>(i)) || (values.is_drawn() && !places)) values = {values.front()};
    if (values.size() < 2) continue;
    if (plan_.sweeps_.size() == kMostSweeps) {
      fault(graph_.params[i].mark, "more than " + std::to_string(kMostSweeps) + " params are swept");
      return;
    }
    plan_.sweep_of_[i] = static_cast<int>(plan_.sweeps_.size());
    plan_.sweeps_.push_back({static_cast<int>(i), values, along_[i]});
  }
}

/// The range without end, the table, then what the graph declares first; what is drawn belongs to the first two.
void Planner::order_axes() {
  std::optional<Plan::Axis> endless, table, zip;
  std::vector<Plan::Axis> others;
  Scope drawn = 0;
  if (table_rows_ > 1) table = Plan::Axis{0, table_rows_, 1, true, false};
  std::size_t zip_at = 0;
  if (zip_rows_ > 1) zip = Plan::Axis{0, zip_rows_, 1, true, false};
  for (std::size_t k = 0; k < plan_.sweeps_.size(); ++k) {
    const Scope bit = Scope{1} << k;
    const Plan::Sweep& sweep = plan_.sweeps_[k];
    const auto points = static_cast<std::int64_t>(sweep.values.size());
    if (sweep.values.is_drawn()) {
      drawn |= bit;
    } else if (sweep.values.is_endless()) {
      endless = Plan::Axis{bit, points, 1, false, true};
    } else if (sweep.along == Along::kTable) {
      table->params |= bit;
    } else if (sweep.along == Along::kZip) {
      if (zip->params == 0) zip_at = others.size();
      zip->params |= bit;
    } else {
      others.push_back({bit, points, 1, false, false});
    }
  }
  if (zip) others.insert(others.begin() + static_cast<std::ptrdiff_t>(zip_at), *zip);
  for (std::optional<Plan::Axis>* axis : {&table, &endless}) {
    if (!*axis) continue;
    (*axis)->params |= drawn;
    others.insert(others.begin(), **axis);
  }
  plan_.axes_ = std::move(others);
}

void Planner::set_axes(std::int64_t max_items) {
  order_axes();
  std::int64_t items = 1;
  bool too_many = false;
  for (auto axis = plan_.axes_.rbegin(); axis != plan_.axes_.rend(); ++axis) {
    axis->stride = items;
    if (axis->endless) axis->points = std::min(axis->points, std::numeric_limits<std::int64_t>::max() / items);
    if (__builtin_mul_overflow(items, axis->points, &items)) too_many = true, items = 1;
  }
  plan_.items_ = plan_.points_ = items;
  plan_.endless_ = !plan_.axes_.empty() && plan_.axes_.front().endless;
  if (max_items > 0 && max_items < items) {
    Plan::Axis& slowest = plan_.axes_.front();
    slowest.points = (max_items + slowest.stride - 1) / slowest.stride;
    plan_.items_ = plan_.max_items_ = max_items;
    plan_.points_ = slowest.points * slowest.stride;
  }
  if (max_items > 0) plan_.endless_ = false;
  if (too_many || (!plan_.endless_ && plan_.items_ > static_cast<std::int64_t>(kMostItems.most()))) {
    fault({}, "the sweep has too many items: at most " + kMostItems.text());
  }
  for (std::size_t k = 0; k < plan_.sweeps_.size(); ++k) {
    const auto own = std::ranges::find_if(plan_.axes_.rbegin(), plan_.axes_.rend(),
                                          [&](const Plan::Axis& axis) { return (axis.params >> k & 1) != 0; });
    plan_.strides_.push_back(own->stride);
    plan_.wraps_.push_back(plan_.sweeps_[k].values.is_drawn() ? std::numeric_limits<std::int64_t>::max() : own->points);
  }
}

}  // namespace graph
