// SPDX-License-Identifier: MIT
#include "observers/record/run_record.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "observers/json.h"
#include "observers/record/files.h"
#include "observers/record/recorded_paths.h"

namespace observers {
namespace {

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

std::string text_of(const Json& record) {
  return record.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json params_json(const graph::Plan& plan) {
  Json params = Json::object();
  const graph::Graph& graph = plan.graph();
  const RecordedPaths paths(graph);
  for (std::size_t i = 0; i < graph.params.size(); ++i) {
    const graph::Param& param = graph.params[i];
    if (param.bound) continue;
    Json values = Json::array();
    const auto sweep = std::find_if(plan.sweeps().begin(), plan.sweeps().end(),
                                    [i](const auto& s) { return s.param == static_cast<int>(i); });
    const bool swept = sweep != plan.sweeps().end();
    if (!swept) values.push_back(graph::to_text(paths.of(static_cast<int>(i), plan.param(static_cast<int>(i), 0))));
    else
      for (const graph::Scalar& value : telling_values(plan, static_cast<int>(sweep - plan.sweeps().begin())))
        values.push_back(graph::to_text(paths.of(static_cast<int>(i), value)));
    params[param.id] = {{"type", graph::kind_name(param.kind)}, {"values", values}};
    if (swept && !along_word(*sweep).empty()) params[param.id]["along"] = along_word(*sweep);
  }
  return params;
}

Json files_json(const graph::Graph& graph) {
  Json files = Json::array();
  for (const auto& [path, text] : graph.files) {
    files.push_back({{"path", graph::resolved(path)}, {"crc32", crc32_of(text)}, {"text", text}});
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

/// "0, 1, 2 (table)", "counted without end from 0", "drawn".
std::string param_text(const Json& param) {
  const std::string along = param.value("along", "");
  const Json& values = param.at("values");
  if (along == "drawn") return "drawn";
  if (along == "endless") return "counted without end from " + values.at(0).get<std::string>();
  return values_text(values) + (along.empty() ? "" : " (" + along + ")");
}

/// Where two params differ: of columns of one length, in the first row that does.
std::string difference_text(const std::string& name, const Json& was, const Json& is) {
  const Json &old_values = was.at("values"), &values = is.at("values");
  if (values.size() > kShownValues && values.size() == old_values.size()) {
    std::size_t row = 0;
    while (row < values.size() && values[row] == old_values[row]) ++row;
    if (row < values.size())
      return "param " + name + " was " + old_values[row].get<std::string>() + " in row " + std::to_string(row + 1) +
             ", is " + values[row].get<std::string>();
  }
  return "param " + name + " was " + param_text(was) + ", is " + param_text(is);
}

/// Of paths: whether they lead to the same, whatever links they go through.
bool same_places(const Json& was, const Json& is) {
  const Json &before = was.at("values"), &now = is.at("values");
  if (was.at("type") != "path" || is.at("type") != "path" || before.size() != now.size()) return false;
  std::error_code error;
  for (std::size_t i = 0; i < now.size(); ++i) {
    const auto one = before[i].get<std::string>(), other = now[i].get<std::string>();
    if (one != other && !std::filesystem::equivalent(one, other, error)) return false;
  }
  return was.value("along", "") == is.value("along", "");
}

void compare_params(const Json& was, const Json& is, std::vector<std::string>& differences) {
  for (const auto& [name, value] : was.items()) {
    const auto now = is.find(name);
    if (now != is.end() && same_places(value, *now)) continue;
    if (now == is.end())
      differences.push_back("param " + name + " was " + param_text(value) + ", is not there any more");
    else if (*now != value) differences.push_back(difference_text(name, value, *now));
  }
  for (const auto& [name, value] : is.items()) {
    if (!was.contains(name)) differences.push_back("param " + name + " was not there, is " + param_text(value));
  }
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

/// A param that was read from another place was told already.
void compare_inputs(const Json& was, const Json& is, RunComparison& result) {
  if (!was.contains("inputs")) return;
  const auto moved = moved_inputs(was.at("inputs"), was.at("folder").get<std::string>(), is.at("inputs"));
  if (result.differences.empty()) result.differences = moved;
  const auto changed = changed_inputs(was.at("inputs"), is.at("inputs"));
  result.notes.insert(result.notes.end(), changed.begin(), changed.end());
}

/// The params of a record. Those of older versions have paths as they were typed, in the folder.
Json absolute_params(const Json& record) {
  Json params = record.at("params");
  for (Json& param : params) {
    if (param.at("type") != "path") continue;
    for (Json& value : param.at("values"))
      value = graph::resolved(value.get<std::string>(), record.at("folder").get<std::string>());
  }
  return params;
}

std::string list_text(const Json& list) {
  std::string text;
  for (const Json& entry : list) text += (text.empty() ? "" : ", ") + entry.get<std::string>();
  return text.empty() ? "none" : text;
}

RunComparison compare(const Json& was, const Json& is) {
  const auto text = [](const Json& value) { return value.get<std::string>(); };
  RunComparison result;
  if (was.at("run") != is.at("run")) {
    throw std::invalid_argument("its format is " + was.at("run").dump() + ", this program knows " +
                                is.at("run").dump());
  }
  if (was.at("graph") != is.at("graph")) {
    result.differences.push_back("the graph was " + text(was.at("graph")) + ", is " + text(is.at("graph")));
  }
  compare_params(absolute_params(was), absolute_params(is), result.differences);
  const auto seed_text = [](const Json& run) { return run.contains("run_seed") ? run.at("run_seed").dump() : "none"; };
  if (seed_text(was) != seed_text(is))
    result.differences.push_back("the run seed was " + seed_text(was) + ", is " + seed_text(is));
  compare_members(was.at("set"), is.at("set"), "--set ", text, result.differences);
  compare_files(was.at("files"), is.at("files"), result.differences);
  compare_inputs(was, is, result);
  compare_members(was.at("extra"), is.at("extra"), "", text, result.differences);
  if (was.at("version") != is.at("version")) {
    result.same_version = false;
    result.notes.push_back("the run was begun by version " + text(was.at("version")) + " and goes on with " +
                           text(is.at("version")) + ": its files may differ in more than their params");
  }
  if (was.at("plugins") != is.at("plugins")) {
    result.notes.push_back("the run was begun with other plugins: " + list_text(was.at("plugins")) +
                           "; now: " + list_text(is.at("plugins")));
  }
  return result;
}

graph::GivenSetting given_setting(const Json& json, const Json& params) {
  graph::GivenSetting setting{json.at("name").get<std::string>()};
  if (json.contains("param")) {
    // By its place among the graph's own params, which the record keeps in the order of the graph file.
    const auto found = params.find(json.at("param").get<std::string>());
    if (found == params.end()) throw std::invalid_argument("\"given\" names a param that is not there");
    setting.param = static_cast<int>(std::distance(params.begin(), found));
  } else {
    const std::optional<graph::Kind> kind = graph::kind_of(json.at("type").get<std::string>());
    if (!kind) throw std::invalid_argument("\"given\" has a value of no type");
    setting.value = graph::parse_scalar(*kind, json.at("value").get<std::string>());
  }
  return setting;
}

RecordedRun read_record(const Json& json) {
  if (json.at("run") != kFormat) throw std::invalid_argument("its format is not " + std::to_string(kFormat));
  RecordedRun run;
  json.at("graph").get_to(run.graph);
  json.at("version").get_to(run.version);
  run.items = json.at("items").is_null() ? 0 : whole_number<std::int64_t>(json.at("items"));
  run.shards = whole_number<int>(json.at("shards"));
  if ((run.items < 1 && !json.at("items").is_null()) || run.shards < 1) throw std::invalid_argument("it has no items");
  if (json.contains("max_items")) run.max_items = whole_number<std::int64_t>(json.at("max_items"));
  if (run.max_items < 0) throw std::invalid_argument("its max_items is below 0");
  if (json.contains("run_seed")) run.run_seed = whole_number<std::uint64_t>(json.at("run_seed"));
  for (const Json& file : json.at("files")) {
    run.files.emplace_back(file.at("path").get<std::string>(), file.at("text").get<std::string>());
  }
  if (run.files.empty()) throw std::invalid_argument("it has no graph file");
  for (const auto& [id, param] : json.at("params").items()) {
    run.params.push_back({id, param.at("values").get<std::vector<std::string>>(), param.value("along", "")});
  }
  for (const auto& [name, text] : json.at("set").items()) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string::npos) throw std::invalid_argument("'" + name + "' in \"set\" is not a node.property");
    run.overrides.push_back({name.substr(0, dot), name.substr(dot + 1), text.get<std::string>()});
  }
  json.at("plugins").get_to(run.plugins);
  json.at("command").get_to(run.words.command);
  json.at("folder").get_to(run.words.folder);
  json.at("set_params").get_to(run.words.set);
  for (const Json& setting : json.at("given")) run.words.given.push_back(given_setting(setting, json.at("params")));
  return run;
}

}  // namespace

std::string along_word(const graph::Plan::Sweep& sweep) {
  if (sweep.values.is_endless()) return "endless";
  if (sweep.values.is_drawn()) return "drawn";
  return sweep.along == graph::Along::kTable ? "table" : sweep.along == graph::Along::kZip ? "zip" : "";
}

std::vector<graph::Scalar> telling_values(const graph::Plan& plan, int sweep) {
  const graph::ScalarList& values = plan.sweeps()[sweep].values;
  if (values.is_drawn()) return {};
  if (values.is_endless()) return {values[0], values[1]};
  return {values.begin(), values.end()};
}

std::string run_record(const graph::Plan& plan, const JournalOptions& options) {
  Json given = Json::array();
  for (const graph::GivenSetting& setting : options.words.given) {
    Json one{{"name", setting.name}};
    if (setting.param >= 0) one["param"] = plan.graph().params[setting.param].id;
    else
      one.update({{"type", graph::kind_name(graph::kind_of(setting.value))}, {"value", graph::to_text(setting.value)}});
    given.push_back(one);
  }
  Json record{{"run", kFormat},
              {"graph", plan.graph().name},
              {"version", options.version},
              {"begun", utc_now()},
              {"items", plan.endless() ? Json(nullptr) : Json(plan.items())},
              {"shards", options.shard_count},
              {"params", params_json(plan)},
              {"set", recorded_overrides(plan.graph(), options.overrides)},
              {"plugins", options.plugins},
              {"extra", Json(options.extra)},
              {"command", options.words.command},
              {"folder", options.words.folder},
              {"set_params", options.words.set},
              {"given", given},
              {"files", files_json(plan.graph())},
              {"inputs", recorded_inputs(plan, options.folder)}};
  if (plan.max_items() > 0) record["max_items"] = plan.max_items();
  if (options.run_seed) record["run_seed"] = *options.run_seed;
  return text_of(record);
}

std::string updated_record(const std::string& was, const std::string& is) {
  try {
    Json record = parse_json(was);
    const Json now = parse_json(is);
    const auto same = [&](const char* key) { return record.value(key, Json()) == now.value(key, Json()); };
    if (same("items") && same("max_items")) return was;
    for (const char* key : {"items", "max_items", "command", "folder", "set_params", "given"}) {
      if (now.contains(key)) record[key] = now.at(key);
      else record.erase(key);
    }
    return text_of(record);
  } catch (const std::exception& e) {
    throw std::runtime_error(std::string("it is not a record of a run: ") + e.what());
  }
}

RecordedRun parse_run_record(const std::string& text) {
  try {
    return read_record(parse_json(text));
  } catch (const std::exception& e) {
    throw std::runtime_error(std::string("it is not a record of a run: ") + e.what());
  }
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
    return compare(parse_json(was), parse_json(is));
  } catch (const std::exception& e) {
    throw std::runtime_error(std::string("it is not a record of a run: ") + e.what());
  }
}

}  // namespace observers
