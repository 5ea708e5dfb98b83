// SPDX-License-Identifier: MIT
#include "graph/graph.h"

#include <algorithm>

namespace graph {
namespace {

std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace

int Graph::find_node(const std::string& id) const {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].id == id && nodes[i].sort != GraphNode::Sort::kState) return static_cast<int>(i);
  }
  return -1;
}

int Graph::find_param(const std::string& name) const {
  const std::string wanted = underscored(name);
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (params[i].bound) continue;
    const bool alias = !params[i].alias.empty() && underscored(params[i].alias) == wanted;
    if (alias || underscored(params[i].id) == wanted) return static_cast<int>(i);
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
