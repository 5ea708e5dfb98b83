// SPDX-License-Identifier: MIT
#include "program/saved_pictures.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "program/recipe.h"

namespace program {
namespace {

class Cut {
 public:
  Cut(const graph::Plan& plan, const observers::History& history, const std::string& folder,
      const std::vector<std::int64_t>& items, const graph::NodeType* reader, SavedFiles& files)
      : plan_(plan),
        history_(history),
        folder_(folder),
        items_(items),
        reader_(reader),
        files_(files),
        graph_(plan.graph()) {}

  void cut_above(int node) {
    if (!seen_.insert(node).second) return;
    const bool plain = plan_.graph().nodes[node].sort == graph::GraphNode::Sort::kNode;
    if (!plain) computes_ = true;  // what a loop's body reads from outside it is its own matter
    if (!plan_.after_gather(node)) computes_ = true;
    for (std::size_t i = 0; i < plan_.graph().nodes[node].ins.size(); ++i) {
      const graph::PortRef port = plan_.graph().nodes[node].ins[i];
      if (!port) continue;
      const int saver = plain ? saver_of(port) : -1;
      if (saver >= 0) graph_.nodes[node].ins[i] = {reader_for(saver, port), 0};
      else cut_above(port.node);
    }
  }

  std::shared_ptr<const graph::Graph> graph() { return std::make_shared<const graph::Graph>(std::move(graph_)); }
  bool computes() const { return computes_; }

 private:
  /// The node that saved every picture of a port, or -1.
  int saver_of(const graph::PortRef& port) {
    const graph::Graph& graph = plan_.graph();
    if (graph.nodes[port.node].region != 0 || plan_.after_gather(port.node)) return -1;
    for (const int node : graph.regions[0].nodes) {
      const graph::GraphNode& saver = graph.nodes[node];
      if (!saver.type || saver.type->contract.type() != "save-image" || saver.when) continue;
      if (saver.ins[0] == port && plan_.scope(node) == plan_.scope(port.node) && find_files(node)) return node;
    }
    return -1;
  }

  bool find_files(int saver) {
    const graph::Scope scope = plan_.scope(saver);
    for (const std::int64_t item : items_) {
      std::string& known = files_[{saver, plan_.first_item(scope, item)}];
      if (!known.empty()) continue;
      const std::filesystem::path file = history_.file_of(saver, item);
      if (file.extension() != ".png") return false;
      known = (std::filesystem::path(folder_) / file).string();
    }
    return true;
  }

  int reader_for(int saver, const graph::PortRef& port) {
    const auto [known, is_new] = readers_.try_emplace(saver, static_cast<int>(graph_.nodes.size()));
    if (!is_new) return known->second;
    graph::GraphNode node;
    node.id = plan_.graph().nodes[saver].id + ".saved";
    node.name = "saved";
    node.type = reader_;
    node.props.resize(2);
    node.props[0].kind = graph::Kind::kInt;
    node.props[0].constant = std::int64_t{saver};
    node.props[1] = point_of(plan_.scope(port.node));
    node.outs = {reader_->contract.outs()[0].name};
    node.out_types = {reader_->contract.outs()[0].type};
    graph_.nodes.push_back(std::move(node));
    graph_.regions[0].nodes.insert(graph_.regions[0].nodes.begin(), known->second);
    return known->second;
  }

  /// A text of the swept params in a scope.
  graph::Expr point_of(graph::Scope scope) const {
    graph::Expr expr;
    expr.kind = graph::Kind::kString;
    expr.constant = std::string();
    for (std::size_t k = 0; k < plan_.sweeps().size(); ++k) {
      if ((scope >> k & 1) == 0) continue;
      expr.pieces.emplace_back(std::string("/"));
      expr.pieces.emplace_back(plan_.sweeps()[k].param);
      expr.constant_set = false;
    }
    return expr;
  }

  const graph::Plan& plan_;
  const observers::History& history_;
  const std::string folder_;
  const std::vector<std::int64_t>& items_;
  const graph::NodeType* reader_;
  SavedFiles& files_;
  graph::Graph graph_;
  std::set<int> seen_;
  std::map<int, int> readers_;  ///< by saver
  bool computes_ = false;
};

/// What a picture's recipe says was picked; nothing where it has none.
std::vector<graph::Pick> picks_in(const std::string& picture, const graph::Graph& graph) {
  std::vector<graph::Pick> picks;
  try {
    for (const auto& [node, pick] : parse_recipe(picture_text(picture, kRecipeKeyword), picture).picks) {
      picks.push_back(pick);
      picks.back().node = graph.find_node(node);
    }
  } catch (const std::runtime_error&) {
    return {};
  }
  std::erase_if(picks, [](const graph::Pick& pick) { return pick.node < 0; });
  return picks;
}

/// Of every item that a picture is of.
std::vector<graph::Pick> picks_of(const graph::Plan& plan, const SavedFiles& files,
                                  const std::vector<std::int64_t>& items) {
  std::vector<graph::Pick> all;
  for (const auto& [saved, picture] : files) {
    const std::vector<graph::Pick> picks = picks_in(picture, plan.graph());
    if (picks.empty()) continue;
    for (const std::int64_t item : plan.members(plan.scope(saved.first), saved.second)) {
      if (std::ranges::count(items, item) == 0) continue;
      for (graph::Pick pick : picks) {
        pick.item = item;
        all.push_back(std::move(pick));
      }
    }
  }
  return all;
}

}  // namespace

SavedPictures::SavedPictures(const PictureNodes& pictures, const graph::Plan& plan, const observers::History& history,
                             const std::string& folder, const std::vector<int>& sinks,
                             const std::vector<std::int64_t>& items) {
  const auto files = std::make_shared<SavedFiles>();
  pictures.add_saved_picture(registry_, files);
  Cut cut(plan, history, folder, items, registry_.types().front(), *files);
  for (const int sink : sinks) cut.cut_above(sink);
  graph_ = cut.graph();
  computes_ = cut.computes();
  picks_ = picks_of(plan, *files, items);
}

}  // namespace program
