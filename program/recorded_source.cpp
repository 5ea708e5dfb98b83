// SPDX-License-Identifier: MIT
#include "program/recorded_source.h"

#include <algorithm>
#include <filesystem>

#include "graph/load.h"
#include "observers/record/join_folders.h"
#include "observers/record/run_places.h"
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
    const auto values = std::ranges::find(record.params, id, [](const auto& param) { return param.first; });
    const int param = graph.find_param(id);
    if (param < 0 || values == record.params.end()) throw UsageError(place + ": the param '" + id + "' is not there");
    graph::Assignment assignment{id, {}, {place}};
    try {
      for (const std::string& text : values->second) {
        assignment.values.push_back(graph::parse_value(graph.params[param], text));
      }
    } catch (const std::invalid_argument& e) {
      throw UsageError(place + ": the param '" + id + "': " + e.what());
    }
    assignments.push_back(std::move(assignment));
  }
  return assignments;
}

}  // namespace

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
  run.plan = std::make_unique<const graph::Plan>(run.source.graph, run.assignments);
  if (run.plan->items() != run.record.items) {
    throw UsageError(place + ": its graph and params give " + std::to_string(run.plan->items()) + " items, it says " +
                     std::to_string(run.record.items));
  }
  return run;
}

}  // namespace program
