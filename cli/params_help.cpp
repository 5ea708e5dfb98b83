// SPDX-License-Identifier: MIT
#include "cli/params_help.h"

#include <algorithm>
#include <ostream>
#include <vector>

#include "graph/shape.h"
#include "program/params.h"

namespace cli {
namespace {

constexpr std::size_t kColumn = 34;

std::string flag_of(const graph::Param& param) {
  const std::string small = param.flag.empty() ? "" : "-" + param.flag + ",";
  if (param.kind == graph::Kind::kBool) return small + "--[no-]" + program::kebab(param.id);
  std::string type = graph::kind_name(param.kind);
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::toupper(c); });
  return small + "--" + program::kebab(param.id) + " " + type;
}

bool has_seed_settings(const graph::Graph& graph) {
  const int seed = graph.find_param("seed");
  return seed >= 0 && graph.params[seed].kind == graph::Kind::kInt && graph.find_param("num_seeds") < 0 &&
         graph.find_param("seed_offset") < 0;
}

void print_row(std::ostream& out, const std::string& flag, const std::string& about) {
  const std::string start = "  " + flag;
  if (start.size() + 2 > kColumn) out << start << "\n" << std::string(kColumn, ' ');
  else out << start << std::string(kColumn - start.size(), ' ');
  out << about << "\n";
}

}  // namespace

std::string default_text(const graph::Graph& graph, const graph::Param& param) {
  if (!param.value) return "";
  return graph.text_of(*param.value);
}

namespace {

void print_param(std::ostream& out, const graph::Graph& graph, const graph::Param& param) {
  std::string about = param.about + (param.about.empty() ? "" : " ") + "(" + graph::describe(param.kind, param.range);
  if (!param.value) about += ", must be given";
  else if (graph::kind_of(param.value->constant) == graph::Kind::kString || param.value->kind == graph::Kind::kString)
    about += ", default \"" + default_text(graph, param) + "\"";
  else about += ", default " + default_text(graph, param);
  if (!param.alias.empty()) about += "; also --" + program::kebab(param.alias);
  print_row(out, flag_of(param), about + ")");
  if (!param.range.shape) return;
  for (const std::string& line : graph::shape_lines(*param.range.shape))
    out << std::string(kColumn + 2, ' ') << line << "\n";
}

/// In the order in which params name them; those of none first.
std::vector<std::string> sections_of(const graph::Graph& graph) {
  std::vector<std::string> sections{""};
  for (const graph::Param& param : graph.params) {
    if (param.bound || std::ranges::count(sections, param.section) > 0) continue;
    sections.push_back(param.section);
  }
  return sections;
}

}  // namespace

void print_params(std::ostream& out, const graph::Graph& graph) {
  out << "Params of " << graph.name << ":\n";
  bool any = false;
  for (const std::string& section : sections_of(graph)) {
    if (!section.empty()) out << "\n " << section << ":\n";
    for (const graph::Param& param : graph.params) {
      if (param.bound || param.section != section) continue;
      any = true;
      print_param(out, graph, param);
      if (param.id == "seed" && has_seed_settings(graph)) {
        print_row(out, "--num-seeds INT", "so many seeds, counted from --seed (int >= 1, default 1)");
        print_row(out, "--seed-offset INT", "added to --seed (int, default 0)");
      }
    }
  }
  if (!any) out << "  none\n";
  out << "\nNumbers take lists and ranges: 1,2,5 or 0..63 or 0..1..0.25; a flag that is repeated is a list, too.\n"
         "Several values make an item each; those of several params are combined.\n";
}

void list_param_flags(std::ostream& out, const graph::Graph& graph) {
  for (const graph::Param& param : graph.params) {
    if (param.bound) continue;
    out << "--" << program::kebab(param.id) << "\n";
    if (!param.alias.empty()) out << "--" << program::kebab(param.alias) << "\n";
    if (param.kind == graph::Kind::kBool) out << "--no-" << program::kebab(param.id) << "\n";
  }
  if (has_seed_settings(graph)) out << "--num-seeds\n--seed-offset\n";
}

std::string param_names(const graph::Graph& graph) {
  std::string names;
  for (const graph::Param& param : graph.params) {
    if (!param.bound) names += (names.empty() ? "" : ", ") + param.id;
  }
  return names.empty() ? "none" : names;
}

}  // namespace cli
