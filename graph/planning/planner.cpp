// SPDX-License-Identifier: MIT
// Params, sweeps and items.
#include "graph/planning/planner.h"

#include <stdexcept>

#include "base/limits.h"
#include "base/names.h"

namespace graph {
namespace {

constexpr std::size_t kMostSweeps = 64;
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
  for (const Fault& one : faults.list()) {
    const bool inside = one.what.starts_with('[') || one.what.starts_with('.');
    fault(one.mark, "param '" + param.id + "': " + (inside ? param.id : "") + one.what);
  }
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
  for (const Scalar& given : assignment.values) {
    const auto* data = std::get_if<Data>(&given);
    const bool null = data && data->is_null() && param.nullable;
    const std::optional<Scalar> value = null ? given : convert(given, param.kind);
    try {
      if (!value) {
        throw std::invalid_argument(std::string("expected ") + kind_name(param.kind) + ", got '" + to_text(given) +
                                    "'");
      }
      check_range(*value, param.range);
      if (param.fixed && !(*value == plan_.evaluate(*param.value, 0))) {
        throw std::invalid_argument("it is always " + to_text(plan_.evaluate(*param.value, 0)) +
                                    (param.about.empty() ? "" : ": " + param.about) + "; got " + to_text(given));
      }
      plan_.values_[index].push_back(shaped(*value, param));
    } catch (const DataFaults& faults) {
      add_faults(param, faults);
    } catch (const std::invalid_argument& e) {
      fault(assignment.mark, "param '" + param.id + "': " + e.what());
    }
  }
  if (const std::optional<Scalar> repeat = plan_.values_[index].first_repeat()) {
    fault(assignment.mark, "param '" + param.id + "' is swept over " + to_text(*repeat) + " twice");
  }
}

void Planner::set_sweeps() {
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

void Planner::set_strides() {
  std::int64_t items = 1;
  plan_.strides_.assign(plan_.sweeps_.size(), 1);
  for (std::size_t k = plan_.sweeps_.size(); k-- > 0;) {
    plan_.strides_[k] = items;
    items *= static_cast<std::int64_t>(plan_.sweeps_[k].values.size());
    if (items > static_cast<std::int64_t>(kMostItems.most())) {
      fault({}, "the sweep has too many items: at most " + kMostItems.text());
      items = 1;
    }
  }
  plan_.items_ = static_cast<int>(items);
}

}  // namespace graph
