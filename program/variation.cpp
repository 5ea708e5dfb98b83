// SPDX-License-Identifier: MIT
#include "program/variation.h"

#include <algorithm>

#include "graph/shape.h"
#include "program/dependence.h"

namespace program {
namespace {

using graph::Data;

/// As the shape has it, where it has its shape; the plan says what is wrong with the rest.
Data shaped_data(const Data& data, const graph::Param& param) {
  if (!param.range.shape) return data;
  try {
    return graph::read_data(data, *param.range.shape, param.id);
  } catch (const graph::DataFaults&) {
    return data;
  }
}

std::string in_quotes(const std::string& text) {
  return text.empty() || text.find(' ') != std::string::npos ? "'" + text + "'" : text;
}

std::string text_of(const Data* data) {
  if (!data) return "not there";
  const bool inner = data->sort() == Data::Sort::kList || data->sort() == Data::Sort::kMap;
  return data->is_null() ? "null" : inner ? graph::to_text(*data) : in_quotes(graph::leaf_text(*data));
}

/// A line for each leaf that differs; one for a list or a map that only one of the two has.
void add_differences(const Data* was, const Data* is, const std::string& name, std::vector<std::string>& lines) {
  if (was && is && *was == *is) return;
  if (was && is && was->sort() == is->sort() && was->sort() == Data::Sort::kList) {
    const auto &old_items = was->items(), &items = is->items();
    for (std::size_t i = 0; i < std::max(old_items.size(), items.size()); ++i) {
      add_differences(i < old_items.size() ? &old_items[i] : nullptr, i < items.size() ? &items[i] : nullptr,
                      name + "[" + std::to_string(i) + "]", lines);
    }
  } else if (was && is && was->sort() == is->sort() && was->sort() == Data::Sort::kMap) {
    for (const graph::DataField& field : is->fields())
      add_differences(was->find(field.name), &field.value, name + "." + field.name, lines);
    for (const graph::DataField& field : was->fields())
      if (!is->find(field.name)) add_differences(&field.value, nullptr, name + "." + field.name, lines);
  } else {
    lines.push_back(name + " " + text_of(is) + " (was " + text_of(was) + ")");
  }
}

std::string text_of(const graph::ScalarList& values) {
  constexpr std::size_t kMost = 4;
  if (values.is_drawn()) return "random";
  if (values.is_endless()) return graph::to_text(values.front()) + "..";
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(values.size(), kMost); ++i)
    text += (i > 0 ? ", " : "") + in_quotes(graph::to_text(values[i]));
  return text + (values.size() > kMost ? ", … (" + std::to_string(values.size()) + " values)" : "");
}

void add_data_paths(const Data& data, std::set<std::string>& paths) {
  if (data.sort() == Data::Sort::kPath) paths.insert(data.as<graph::Path>().text);
  if (data.sort() == Data::Sort::kList)
    for (const Data& item : data.items()) add_data_paths(item, paths);
  if (data.sort() == Data::Sort::kMap)
    for (const graph::DataField& field : data.fields()) add_data_paths(field.value, paths);
}

}  // namespace

std::vector<std::string> changes(const graph::Plan& plan, int node, const std::vector<graph::Assignment>& given,
                                 const std::vector<graph::Assignment>& recorded) {
  const std::set<int> needed = dependence_of(plan, node).params;
  std::vector<std::string> all;
  for (const graph::Assignment& assignment : given) {
    const int index = plan.graph().find_param(assignment.name);
    const graph::Param& param = plan.graph().params[index];
    const auto same = [&](const graph::Assignment& other) { return other.name == assignment.name; };
    const auto found = std::ranges::find_if(recorded, same);
    graph::ScalarList was;
    if (found != recorded.end()) was = found->values;
    else if (param.value && param.value->is_constant()) was = {param.value->constant};
    std::vector<std::string> lines;
    const bool one = was.size() == 1 && assignment.values.size() == 1;
    if (one && param.kind == graph::Kind::kData) {
      const Data before = shaped_data(std::get<Data>(was[0]), param);
      const Data now = shaped_data(std::get<Data>(assignment.values[0]), param);
      add_differences(&before, &now, param.id, lines);
    } else if (const std::string now = text_of(assignment.values), before = text_of(was); now != before) {
      lines.push_back(param.id + " " + now + (was.empty() ? "" : " (was " + before + ")"));
    }
    for (std::string& line : lines) {
      if (!needed.contains(index)) line += ": the picture does not depend on it";
      all.push_back(std::move(line));
    }
  }
  return all;
}

std::set<std::string> paths_in(const graph::Graph& graph, const graph::Assignment& assignment) {
  const graph::Param& param = graph.params[graph.find_param(assignment.name)];
  std::set<std::string> paths;
  if (assignment.values.is_endless() || assignment.values.is_drawn()) return paths;  // ints
  for (std::size_t i = 0; i < assignment.values.size(); ++i) {
    const graph::Scalar value = assignment.values[i];
    if (const auto* path = std::get_if<graph::Path>(&value)) paths.insert(path->text);
    if (const auto* data = std::get_if<Data>(&value)) add_data_paths(shaped_data(*data, param), paths);
  }
  return paths;
}

}  // namespace program
