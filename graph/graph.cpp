// SPDX-License-Identifier: MIT
#include "graph/graph.h"

#include <algorithm>

#include "base/names.h"
#include "graph/seeds.h"

namespace graph {
namespace {

std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// Names of the eaches around what lives in a region, the outermost first.
std::vector<std::string> eaches_around(const Graph& graph, int region) {
  std::vector<std::string> names;
  for (; graph.regions[region].owner >= 0; region = graph.regions[region].parent) {
    const Region& body = graph.regions[region];
    if (graph.nodes[body.owner].sort == GraphNode::Sort::kEach) names.push_back(body.alias);
  }
  std::reverse(names.begin(), names.end());
  return names;
}

}  // namespace

std::vector<int> Expr::params() const {
  std::vector<int> all;
  for (const auto& piece : pieces) {
    if (const int* param = std::get_if<int>(&piece)) all.push_back(*param);
    const auto* formula = std::get_if<FormulaPiece>(&piece);
    if (formula) all.insert(all.end(), formula->params.begin(), formula->params.end());
    if (const auto* choice = std::get_if<ChoicePiece>(&piece)) all.push_back(choice->param);
  }
  for (const DataLeaf& leaf : leaves) {
    const std::vector<int> inner = leaf.value.params();
    all.insert(all.end(), inner.begin(), inner.end());
  }
  return all;
}

Scalar parse_value(const Param& param, const std::string& text) {
  if (param.nullable && (text == "null" || text == "~")) return Data();
  return parse_scalar(param.kind, seed_text(param.id, param.kind, param.range, text));
}

std::string Graph::text_of(const Expr& expr) const {
  if (expr.is_constant()) return to_text(expr.constant);
  if (!expr.leaves.empty()) return to_text(expr.constant);
  std::string text;
  for (const auto& piece : expr.pieces) {
    if (const auto* words = std::get_if<std::string>(&piece)) {
      text += *words;
    } else if (const auto* formula = std::get_if<FormulaPiece>(&piece)) {
      text += "$(" + formula->text + ")";
    } else if (const auto* choice = std::get_if<ChoicePiece>(&piece)) {
      std::string values;
      for (const auto& [name, value] : choice->values)
        values += (values.empty() ? "" : ", ") + name + ": " + to_text(value);
      text += "by " + params[choice->param].id + " (" + values + ")";
    } else {
      text += "$" + params[std::get<int>(piece)].id;
    }
  }
  return text;
}

std::vector<int> Graph::owners_of(int node) const {
  std::vector<int> owners;
  for (int region = nodes[node].region; regions[region].owner >= 0; region = regions[region].parent)
    owners.push_back(regions[region].owner);
  std::reverse(owners.begin(), owners.end());
  return owners;
}

std::string Graph::place_of(int node, const std::vector<int>& element) const {
  std::string text = nodes[node].id;
  std::size_t added = 0, k = 0;
  for (const int owner : owners_of(node)) {
    if (nodes[owner].sort != GraphNode::Sort::kEach || k >= element.size()) continue;
    const std::string index = "[" + std::to_string(element[k++]) + "]";
    text.insert(nodes[owner].id.size() + added, index);
    added += index.size();
  }
  return text;
}

int Graph::find_node(const std::string& id) const {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].id == id && nodes[i].sort != GraphNode::Sort::kHead) return static_cast<int>(i);
  }
  return -1;
}

bool has_checkpoint(const Graph& graph, int node) {
  const int body = graph.nodes[node].body;
  if (body < 0) return false;
  if (graph.regions[body].checkpoint >= 0) return true;
  return std::ranges::any_of(graph.regions[body].nodes, [&](int inner) { return has_checkpoint(graph, inner); });
}

int loop_around(const Graph& graph, int region) {
  for (; graph.regions[region].owner >= 0; region = graph.regions[region].parent) {
    if (graph.nodes[graph.regions[region].owner].sort == GraphNode::Sort::kLoop) return graph.regions[region].owner;
  }
  return -1;
}

int each_of_field(const Graph& graph, int region, const std::string& field) {
  const std::vector<std::string> names = eaches_around(graph, region);
  if (field == "each") return static_cast<int>(names.size()) - 1;
  const auto found = std::find(names.rbegin(), names.rend(), field.substr(0, field.rfind('.')));
  return found == names.rend() ? -1 : static_cast<int>(names.rend() - found) - 1;
}

std::string no_each_text(const Graph& graph, int region, const std::string& field) {
  const std::vector<std::string> names = eaches_around(graph, region);
  if (names.empty()) return "{" + field + "} counts the elements of an each, and this node is in none";
  return "{" + field + "} counts the elements of no each around this node; there are " + base::joined(names);
}

int Graph::find_param(const std::string& name) const {
  const std::string wanted = underscored(name);
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (params[i].bound) continue;
    const bool alias = !params[i].alias.empty() && underscored(params[i].alias) == wanted;
    if (alias || underscored(params[i].id) == wanted) return static_cast<int>(i);
  }
  const std::string snake = base::snake_case(name);  // guidanceScale
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (params[i].bound) continue;
    const bool alias = !params[i].alias.empty() && base::snake_case(params[i].alias) == snake;
    if (alias || base::snake_case(params[i].id) == snake) return static_cast<int>(i);
  }
  return -1;
}

int Graph::find_field(const GraphNode& node, const std::string& field) const {
  for (std::size_t dot = node.id.rfind('.'); dot != std::string::npos && dot > 0; dot = node.id.rfind('.', dot - 1)) {
    const std::string id = node.id.substr(0, dot) + "." + field;
    for (std::size_t i = 0; i < params.size(); ++i) {
      if (params[i].bound && params[i].id == id) return static_cast<int>(i);
    }
  }
  return find_param(field);
}

}  // namespace graph
