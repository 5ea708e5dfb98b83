// SPDX-License-Identifier: MIT
// Names of files that a run would write, as far as they are known before it.
#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

#include "base/output_file.h"
#include "graph/planning/planner.h"
#include "graph/planning/window.h"

namespace graph {
namespace {

/// Of each node so many are looked at; the run itself finds what comes later.
constexpr std::int64_t kMostNames = 10'000;

/// Tells the nodes that run in every item that their own `if` and `unless` leave them: branches that exclude each other
/// may write one file.
class Certainty {
 public:
  explicit Certainty(const Graph& graph) : graph_(graph), known_(graph.nodes.size()) {}

  bool runs(const GraphNode& node) {
    const bool at_times =
        node.when && (node.when->has_window || node.when->if_link >= 0 || node.when->unless_link >= 0);
    return !at_times && fed(node);
  }

 private:
  /// Whether all comes that the node reads, and the bodies around it run.
  bool fed(const GraphNode& node) {
    const int owner = graph_.regions[node.region].owner;
    const auto comes = [this](const PortRef& in) { return !in || sends(in.node); };
    return (owner < 0 || sends(owner)) && std::ranges::all_of(node.ins, comes);
  }

  bool sends(int index) {
    std::optional<bool>& known = known_[index];
    if (!known) {
      const GraphNode& node = graph_.nodes[index];
      known = !node.when && fed(node);
    }
    return *known;
  }

  const Graph& graph_;
  std::vector<std::optional<bool>> known_;  ///< by node
};

}  // namespace

/// What a field stands for. In the place of what only the run knows stands its own name, with what tells it apart.
Scalar Planner::known_field(const GraphNode& node, const std::string& field, std::int64_t item) const {
  if (field == "item") return plan_.describe(plan_.scope(static_cast<int>(&node - graph_.nodes.data())), item).index;
  if (field == "node") return Path{node.id};
  if (field == "graph") return graph_.name;
  if (field == "id" || field == "overrides") return Pattern{"{" + field + " " + std::to_string(item) + "}"};
  const int param = graph_.find_field(node, field);
  if (param < 0) return Pattern{"{" + field + "}"};
  const Scalar value = plan_.param(param, item);
  if (const auto* path = std::get_if<Path>(&value)) return Pattern{slug(stem_of(*path))};
  return value;
}

void Planner::check_file_names() {
  struct Writer {
    int node;
    std::int64_t item;
  };
  std::map<std::string, Writer> writers;
  Certainty certain(graph_);
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    const GraphNode& node = graph_.nodes[n];
    if (node.sort != GraphNode::Sort::kNode) continue;
    const Scope scope = plan_.scopes_[n];
    const bool runs = certain.runs(node);
    for (const Expr& expr : node.props) {
      if (expr.kind != Kind::kPattern) continue;
      for (std::int64_t group = 0; group < std::min(points_of(scope), kMostNames); ++group) {
        const std::int64_t item = plan_.item_of(scope, group);
        if (!switched_on(plan_, node, item)) continue;
        const std::string name = known_name(node, expr, item);
        if (name.empty()) continue;
        if (base::is_record_name(name)) {
          fault(expr.mark, "node '" + node.id + "': '" + name + "' is a name under which a run keeps its own record");
          break;
        }
        if (!runs) continue;
        const auto [first, added] = writers.try_emplace(name, Writer{static_cast<int>(n), item});
        if (added) continue;
        const bool own = first->second.node == static_cast<int>(n);
        fault(expr.mark,
              "node '" + node.id + "': '" + name + "' is the name of a file of " +
                  (own ? "two items: " + plan_.label(first->second.item) + " and " + plan_.label(item) +
                             "; add {item}, or what tells them apart"
                       : "node '" + graph_.nodes[first->second.node].id + "', too; give each its own, or add {node}"));
        break;
      }
    }
  }
}

/// "" where a name cannot be made: that is another check's.
std::string Planner::known_name(const GraphNode& node, const Expr& expr, std::int64_t item) const {
  try {
    const PatternValues values{[&](const std::string& field) { return known_field(node, field, item); },
                               [&](const std::string& field) {
                                 const int param = graph_.find_field(node, field);
                                 return param >= 0 && plan_.is_swept(param);
                               }};
    const std::string name = expand_pattern(to_text(plan_.evaluate(expr, item)), values);
    return std::filesystem::path(name).lexically_normal().string();
  } catch (const std::invalid_argument&) {
    return "";
  }
}

}  // namespace graph
