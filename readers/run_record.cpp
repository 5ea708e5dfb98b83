// SPDX-License-Identifier: MIT
#include "readers/run_record.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "readers/files.h"

namespace readers {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;
constexpr std::size_t kShownValues = 4;
constexpr std::size_t kShownDifferences = 8;

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

Json params_json(const graph::Plan& plan) {
  Json params = Json::object();
  const graph::Graph& graph = plan.graph();
  for (std::size_t i = 0; i < graph.params.size(); ++i) {
    const graph::Param& param = graph.params[i];
    if (param.bound) continue;
    Json values = Json::array();
    const auto sweep = std::find_if(plan.sweeps().begin(), plan.sweeps().end(),
                                    [i](const auto& s) { return s.param == static_cast<int>(i); });
    if (sweep == plan.sweeps().end()) values.push_back(graph::to_text(plan.param(static_cast<int>(i), 0)));
    else
      for (const graph::Scalar& value : sweep->values) values.push_back(graph::to_text(value));
    params[param.id] = {{"type", graph::kind_name(param.kind)}, {"values", values}};
  }
  return params;
}

Json files_json(const graph::Graph& graph) {
  Json files = Json::array();
  for (const auto& [path, text] : graph.files) {
    files.push_back({{"path", path}, {"crc32", crc32_of(text)}, {"text", text}});
  }
  return files;
}

/// "30", "0, 1, 2, …, 63 (64 values)".
std::string values_text(const Json& values) {
  std::string text;
  const bool all = values.size() <= kShownValues;
  for (std::size_t i = 0; i < (all ? values.size() : kShownValues - 1); ++i) {
    text += (i > 0 ? ", " : "") + values[i].get<std::string>();
  }
  if (all) return text;
  return text + ", …, " + values.back().get<std::string>() + " (" + std::to_string(values.size()) + " values)";
}

/// Two objects, key by key.
template <class Show>
void compare_members(const Json& was, const Json& is, const std::string& what, Show show,
                     std::vector<std::string>& differences) {
  for (const auto& [name, value] : was.items()) {
    const auto now = is.find(name);
    if (now == is.end()) differences.push_back(what + name + " was " + show(value) + ", is not there any more");
    else if (*now != value) differences.push_back(what + name + " was " + show(value) + ", is " + show(*now));
  }
  for (const auto& [name, value] : is.items()) {
    if (!was.contains(name)) differences.push_back(what + name + " was not there, is " + show(value));
  }
}

void compare_files(const Json& was, const Json& is, std::vector<std::string>& differences) {
  const std::size_t common = std::min(was.size(), is.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (was[i].at("crc32") != is[i].at("crc32")) {
      differences.push_back("graph file '" + is[i].at("path").get<std::string>() + "' has changed");
    }
  }
  for (std::size_t i = common; i < was.size(); ++i) {
    differences.push_back("graph file '" + was[i].at("path").get<std::string>() + "' is no longer included");
  }
  for (std::size_t i = common; i < is.size(); ++i) {
    differences.push_back("graph file '" + is[i].at("path").get<std::string>() + "' is newly included");
  }
}

std::string list_text(const Json& list) {
  std::string text;
  for (const Json& entry : list) text += (text.empty() ? "" : ", ") + entry.get<std::string>();
  return text.empty() ? "none" : text;
}

RunComparison compare(const Json& was, const Json& is) {
  const auto text = [](const Json& value) { return value.get<std::string>(); };
  const auto values = [](const Json& param) { return values_text(param.at("values")); };
  RunComparison result;
  if (was.at("run") != is.at("run")) {
    throw std::invalid_argument("its format is " + was.at("run").dump() + ", this program knows " +
                                is.at("run").dump());
  }
  if (was.at("graph") != is.at("graph")) {
    result.differences.push_back("the graph was " + text(was.at("graph")) + ", is " + text(is.at("graph")));
  }
  compare_members(was.at("params"), is.at("params"), "param ", values, result.differences);
  compare_members(was.at("set"), is.at("set"), "--set ", text, result.differences);
  compare_files(was.at("files"), is.at("files"), result.differences);
  compare_members(was.at("extra"), is.at("extra"), "", text, result.differences);
  if (was.at("version") != is.at("version")) {
    result.notes.push_back("the run was begun by version " + text(was.at("version")) + " and goes on with " +
                           text(is.at("version")) + ": its files may differ in more than their params");
  }
  if (was.at("plugins") != is.at("plugins")) {
    result.notes.push_back("the run was begun with other plugins: " + list_text(was.at("plugins")) +
                           "; now: " + list_text(is.at("plugins")));
  }
  return result;
}

}  // namespace

std::string run_record(const graph::Plan& plan, const JournalOptions& options) {
  Json set = Json::object();
  for (const graph::Override& override_ : options.overrides) {
    set[override_.node + "." + override_.property] = override_.text;
  }
  const Json record{{"run", kFormat},
                    {"graph", plan.graph().name},
                    {"version", options.version},
                    {"begun", utc_now()},
                    {"items", plan.items()},
                    {"shards", options.shard_count},
                    {"params", params_json(plan)},
                    {"set", set},
                    {"plugins", options.plugins},
                    {"extra", Json(options.extra)},
                    {"files", files_json(plan.graph())}};
  return record.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string RunComparison::what_differs() const {
  std::string text;
  for (std::size_t i = 0; i < differences.size() && i < kShownDifferences; ++i) {
    text += (i > 0 ? "; " : "") + differences[i];
  }
  if (differences.size() > kShownDifferences) {
    text += "; and " + std::to_string(differences.size() - kShownDifferences) + " more";
  }
  return text;
}

RunComparison compare_runs(const std::string& was, const std::string& is) {
  try {
    return compare(Json::parse(was), Json::parse(is));
  } catch (const std::exception& e) {
    throw std::runtime_error(std::string("it is no record of a run: ") + e.what());
  }
}

}  // namespace readers
