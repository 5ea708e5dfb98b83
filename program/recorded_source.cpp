// SPDX-License-Identifier: MIT
#include "program/recorded_source.h"

#include <algorithm>
#include <filesystem>

#include "graph/load.h"
#include "observers/record/join_folders.h"
#include "observers/record/run_places.h"
#include "program/recorded_values.h"
#include "program/usage_error.h"

namespace program {
namespace {

observers::RecordedRun record_in(const std::string& folder) {
  try {
    return observers::parse_run_record(observers::run_record_in(folder));
  } catch (const std::runtime_error& e) {
    throw UsageError(e.what());
  }
}

std::vector<graph::Assignment> assignments_of(const observers::RecordedRun& record, const graph::Graph& graph,
                                              const std::string& place) {
  std::vector<graph::Assignment> assignments;
  for (const std::string& id : record.words.set) {
    const auto values = std::ranges::find(record.params, id, &observers::RecordedParam::id);
    const int param = graph.find_param(id);
    if (param < 0 || values == record.params.end()) throw UsageError(place + ": the param '" + id + "' is not there");
    try {
      assignments.push_back(
          recorded_assignment(graph.params[param], values->values, values->along, record.run_seed, place));
    } catch (const std::invalid_argument& e) {
      throw UsageError(place + ": the param '" + id + "': " + e.what());
    }
  }
  return assignments;
}

}  // namespace

std::optional<std::uint64_t> recorded_run_seed(const std::string& folder) {
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::path(observers::places_of(folder).record) / "run.json", error))
    return std::nullopt;
  return record_in(folder).run_seed;
}

void RecordedSource::end_at(std::int64_t max_items) {
  plan = std::make_unique<const graph::Plan>(source.graph, assignments, max_items);
}

RecordedSource load_recorded(const std::string& folder, const std::vector<std::string>& plugins) {
  const std::string place = (std::filesystem::path(observers::places_of(folder).record) / "run.json").string();
  RecordedSource run{record_in(folder), {}, {}, nullptr};
  run.source.plugins = plugin_files(plugins);
  check_plugins_given(run.record.plugins, run.source.plugins, place + ": the run");
  run.source.overrides = run.record.overrides;
  run.source.modules = std::make_shared<Modules>();
  run.source.registry = make_registry(plugins, run.source.modules);
  run.source.graph = std::make_shared<graph::Graph>(
      graph::check(graph::load_files(run.record.files), *run.source.registry, run.record.overrides));
  run.assignments = assignments_of(run.record, *run.source.graph, place);
  run.end_at(run.record.max_items);
  const std::int64_t items = run.plan->endless() ? 0 : run.plan->items();
  if (items != run.record.items) {
    throw UsageError(place + ": its graph and params give " + std::to_string(items) + " items, it says " +
                     std::to_string(run.record.items));
  }
  return run;
}

}  // namespace program
