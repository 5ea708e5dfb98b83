// SPDX-License-Identifier: MIT
// Names of files that a run would write, as far as they are known before it.
#include <algorithm>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <vector>

#include "base/output_file.h"
#include "graph/planning/planner.h"
#include "graph/planning/window.h"

namespace graph {
namespace {

namespace fs = std::filesystem;

/// Of each node so many are looked at; the run itself finds what comes later.
constexpr std::int64_t kMostNames = 10'000;

/// Tells the nodes that run in every item that their own `if` and `unless` leave them: branches that exclude each other
/// may write one file.
class Certainty {
 public:
  explicit Certainty(const Graph& graph) : graph_(graph), sends_(graph.nodes.size()) { walk(0); }

  bool runs(const GraphNode& node) const {
    const bool at_times =
        node.when && (node.when->has_window || node.when->if_link >= 0 || node.when->unless_link >= 0);
    return !at_times && fed(node);
  }

 private:
  /// In the order in which values go, so that a long chain of nodes is not a deep one of calls.
  void walk(int region) {
    for (const int n : graph_.regions[region].nodes) {
      const GraphNode& node = graph_.nodes[n];
      sends_[n] = !node.when && fed(node);
      if (node.body >= 0) walk(node.body);
    }
  }

  /// Whether all comes that the node reads, and the bodies around it run.
  bool fed(const GraphNode& node) const {
    const int owner = graph_.regions[node.region].owner;
    const auto comes = [this](const PortRef& in) { return !in || sends_[in.node]; };
    return (owner < 0 || sends_[owner]) && std::ranges::all_of(node.ins, comes);
  }

  const Graph& graph_;
  std::vector<bool> sends_;  ///< by node
};

/// The names that are taken, whatever file system they are for. A file's folders are not to be files.
class TakenNames {
 public:
  struct Writer {
    int node;
    std::int64_t item;
    std::string name;
  };

  /// Takes the name. Returns who has it already, or has what excludes it; null: nobody.
  const Writer* take(const Writer& writer) {
    const std::string key = base::file_key(writer.name);
    if (const auto inside = folders_.find(key); inside != folders_.end()) return &inside->second;
    const auto [first, added] = files_.try_emplace(key, writer);
    if (!added) return &first->second;
    for (fs::path folder = fs::path(key).parent_path(); !folder.empty(); folder = folder.parent_path()) {
      if (const auto file = files_.find(folder.string()); file != files_.end()) return &file->second;
      if (!folders_.try_emplace(folder.string(), writer).second) break;
    }
    return nullptr;
  }

 private:
  std::map<std::string, Writer> files_, folders_;  ///< by key; of a folder the first that writes into it
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
  TakenNames taken;
  const Certainty certain(graph_);
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
        std::string why = unfit(name, item);
        if (why.empty() && runs) {
          const TakenNames::Writer writer{static_cast<int>(n), item, name};
          if (const TakenNames::Writer* other = taken.take(writer))
            why = collision(name, item, static_cast<int>(n), other->name, other->item, other->node);
        }
        if (why.empty()) continue;
        fault(expr.mark, "node '" + node.id + "': " + why);
        break;
      }
    }
  }
}

/// Why the run could not write a file of the name; "" when it can.
std::string Planner::unfit(const std::string& name, std::int64_t item) const {
  if (const std::string why = base::name_too_long(name); !why.empty())
    return why + (plan_.label(item).empty() ? "" : " (" + plan_.label(item) + ")");
  return base::is_record_name(name) ? "'" + name + "' is a name under which a run keeps its own record" : "";
}

std::string Planner::collision(const std::string& name, std::int64_t item, int node, const std::string& other_name,
                               std::int64_t other_item, int other_node) const {
  const std::string other = "'" + graph_.nodes[other_node].id + "'";
  if (base::file_key(name) != base::file_key(other_name)) {
    const bool inside = name.size() > other_name.size();
    return "'" + name + "' cannot be a file while '" + other_name + "' of node " + other + " is one" +
           (inside ? ": a folder of it has that name" : " in a folder of that name");
  }
  const std::string same = name == other_name ? "" : "on some file systems the same as '" + other_name + "', ";
  return "'" + name + "' is " + same + "the name of a file of " +
         (node == other_node ? "two items: " + plan_.label(other_item) + " and " + plan_.label(item) +
                                   "; add {item}, or what tells them apart"
                             : "node " + other + ", too; give each its own, or add {node}");
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
    return fs::path(name).lexically_normal().string();
  } catch (const std::invalid_argument&) {
    return "";
  }
}

}  // namespace graph
