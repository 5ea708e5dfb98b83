// SPDX-License-Identifier: MIT
#include "graph/drawing.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>

#include "graph/recording.h"

namespace graph {
namespace {

/// ColorBrewer's Set3 without its greys: light enough to read on, told apart by most eyes. Reused beyond twelve scopes.
constexpr std::array<const char*, 11> kColors{"#8dd3c7", "#ffffb3", "#bebada", "#fb8072", "#80b1d3", "#fdb462",
                                              "#b3de69", "#fccde5", "#bc80bd", "#ccebc5", "#ffed6f"};

/// What a history runs along, in a loop that differentiates: nodes that record, and links between them.
constexpr const char* kOnWay = ", color=\"#b2182b\", penwidth=2";

/// A DOT string: quotes, backslashes and line breaks made harmless.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') out += "\\n";
    else if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out + "\"";
}

/// The same for several lines, each on its own.
std::string quoted_lines(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) {
    if (line.empty()) continue;
    const std::string text = quoted(line);
    out += (out.empty() ? "" : "\\n") + text.substr(1, text.size() - 2);
  }
  return "\"" + out + "\"";
}

class Drawing {
 public:
  Drawing(const Graph& graph, const Plan* plan)
      : graph_(graph), recording_(graph), plan_(plan && !plan->sweeps().empty() ? plan : nullptr) {
    for (const GraphNode& node : graph.nodes) {
      if (node.body >= 0) boxes_.insert(node.id);
    }
    for (const Bin& bin : graph.bins) boxes_.insert(bin.id);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      if (graph.nodes[i].body < 0) members_[box_of(graph.nodes[i].id)].push_back(static_cast<int>(i));
    }
    for (const std::string& box : boxes_) inner_[box_of(box)].push_back(box);
  }

  std::string text() {
    out_ << "digraph " << quoted(graph_.name) << " {\n"
         << "  graph [rankdir=LR, compound=true, fontname=\"Helvetica\", label=" << quoted(graph_.name)
         << ", labelloc=t, nodesep=0.35, ranksep=0.7];\n"
         << "  node [shape=box, style=\"rounded,filled\", fillcolor=\"white\", fontname=\"Helvetica\", fontsize=11];\n"
         << "  edge [fontname=\"Helvetica\", fontsize=9];\n";
    draw_box_content("", "  ");
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) draw_links(graph_.nodes[i], static_cast<int>(i));
    if (plan_) draw_legend();
    out_ << "}\n";
    return out_.str();
  }

 private:
  /// The innermost bin or loop that holds an id: the longest id in boxes_ in front of it; "" is the graph.
  std::string box_of(const std::string& id) const {
    for (std::size_t dot = id.rfind('.'); dot != std::string::npos; dot = dot ? id.rfind('.', dot - 1) : dot) {
      if (boxes_.count(id.substr(0, dot))) return id.substr(0, dot);
      if (dot == 0) break;
    }
    return "";
  }

  void draw_box_content(const std::string& box, const std::string& indent) {
    for (int node : members_[box]) draw_node(node, indent);
    for (const std::string& inner : inner_[box]) {
      out_ << indent << "subgraph " << quoted("cluster_" + inner) << " {\n"
           << indent << "  style=\"rounded\"; fontsize=11; labeljust=l; label=" << box_label(inner) << ";\n";
      draw_box_content(inner, indent + "  ");
      out_ << indent << "}\n";
    }
  }

  std::string box_label(const std::string& id) const {
    const int node = find(id);
    if (node < 0) {
      const auto bin = std::find_if(graph_.bins.begin(), graph_.bins.end(), [&](const Bin& b) { return b.id == id; });
      return quoted_lines({id, bin->file});
    }
    const GraphNode& owner = graph_.nodes[node];
    return quoted_lines({id + " · " + turns_text(owner), when_text(owner), shared_text(node)});
  }

  /// How often the body of a loop or an each runs.
  std::string turns_text(const GraphNode& owner) const {
    const Region& body = graph_.regions[owner.body];
    std::string text = owner.sort == GraphNode::Sort::kEach ? "each" : "loop";
    if (body.has_over) text += " over " + port_name(owner.ins[body.next.size()]);
    for (std::size_t l = 0; l < body.lists.size(); ++l) {
      text += (l == 0 ? " over " : ", ") + port_name(owner.ins[body.list_port(static_cast<int>(l))]);
    }
    if (body.times >= 0) text += ", times: " + graph_.text_of(owner.props[body.times]);
    if (owner.sort == GraphNode::Sort::kLoop && body.has_steps()) {
      text += ", steps: " + graph_.text_of(owner.props[0]);
    }
    if (body.checkpoint >= 0) text += ", kept every: " + graph_.text_of(owner.props[body.checkpoint]);
    if (body.at_once >= 0) text += ", at once: " + graph_.text_of(owner.props[body.at_once]);
    return text;
  }

  /// What of a loop's turns several items have in common.
  std::string shared_text(int loop) const {
    if (!plan_ || has_checkpoint(graph_, loop)) return "";
    const Scope first = plan_->first_turn_scope(loop), late = plan_->scope(loop) & ~first;
    if (late == 0) return "";
    return "once for each " + (first ? names(first, " × ") : "run") + " until " + names(late, " or ") + " acts";
  }

  std::string names(Scope scope, const std::string& between) const {
    std::string text;
    for (std::size_t k = 0; k < plan_->sweeps().size(); ++k) {
      if (scope >> k & 1) text += (text.empty() ? "" : between) + graph_.params[plan_->sweeps()[k].param].id;
    }
    return text;
  }

  void draw_node(int index, const std::string& indent) {
    const GraphNode& node = graph_.nodes[index];
    const bool state = node.sort == GraphNode::Sort::kHead;
    out_ << indent << quoted(node.id) << " [label="
         << (state ? quoted(node.name) : quoted_lines({node.name, node.type->contract.type(), when_text(node)}));
    if (state) out_ << ", shape=ellipse, style=\"filled\"";
    if (node.gathers) out_ << ", peripheries=2";
    if (recording_.records[index]) out_ << kOnWay;
    if (plan_) out_ << ", fillcolor=" << quoted(color(plan_->scope(index)));
    out_ << "];\n";
  }

  void draw_links(const GraphNode& node, int index) {
    if (node.sort == GraphNode::Sort::kHead) return;
    draw_when_links(node);
    if (node.body >= 0) return draw_body_links(node, index);
    const Contract& contract = node.type->contract;
    for (std::size_t i = 0; i < contract.ins().size(); ++i) {
      if (node.ins[i]) draw_arrow(node.ins[i], node.id, contract.ins()[i].name, way_text(index, node.ins[i]));
    }
    for (const GraphNode::Several& several : node.several) {
      for (int k = 0; k < several.count; ++k) {
        draw_arrow(node.ins[several.first + k], node.id,
                   contract.ins()[several.port].name + "[" + std::to_string(k) + "]",
                   way_text(index, node.ins[several.first + k]));
      }
    }
    for (const GraphNode::Fed& fed : node.fed)
      draw_arrow(node.ins[fed.in], node.id, contract.props()[fed.prop].name, ", style=dotted");
  }

  /// Of an arrow to a node that records or closes, where it comes from a node that records or from an optimised state.
  std::string way_text(int node, const PortRef& from) const {
    if (!recording_.records[node] && !recording_.closes[node]) return "";
    const PortRef sender = source(from);
    if (sender.node < 0) return "";
    const GraphNode& one = graph_.nodes[sender.node];
    const bool begins = one.sort == GraphNode::Sort::kHead && recording_.begins(one.region, sender.port);
    return begins || recording_.records[sender.node] ? kOnWay : "";
  }

  /// What switches a node on or off.
  void draw_when_links(const GraphNode& node) {
    if (!node.when) return;
    const int index = graph_.find_node(node.id);
    const std::string to = node.body >= 0 ? anchor(node.body, index) : node.id;
    const std::string more = node.body >= 0 ? ", lhead=" + quoted("cluster_" + node.id) : "";
    if (node.when->if_link >= 0) draw_arrow(node.ins[node.when->if_link], to, "when if", ", style=dotted" + more);
    if (node.when->unless_link >= 0)
      draw_arrow(node.ins[node.when->unless_link], to, "when unless", ", style=dotted" + more);
  }

  /// Into the state (what the loop begins with), into the box (what it runs over), and back.
  void draw_body_links(const GraphNode& owner, int index) {
    const Region& body = graph_.regions[owner.body];
    const std::size_t walked = body.next.size() + body.lists.size();
    for (std::size_t k = 0; k < walked; ++k) {
      if (owner.ins[k]) draw_arrow(owner.ins[k], graph_.nodes[body.head].id, graph_.nodes[body.head].outs[k], "");
    }
    if (body.has_over) {
      draw_arrow(owner.ins[walked], anchor(owner.body, index), "over", ", lhead=" + quoted("cluster_" + owner.id));
    }
    for (std::size_t k = 0; k < body.next.size(); ++k) {
      const bool kept = source(body.next[k]).node == body.head;
      if (kept) continue;
      const std::string way = recording_.begins(owner.body, static_cast<int>(k)) ? kOnWay : "";
      draw_arrow(body.next[k], graph_.nodes[body.head].id, "next " + graph_.nodes[body.head].outs[k],
                 ", style=dashed, constraint=false" + way);
    }
  }

  void draw_arrow(const PortRef& from, const std::string& to, const std::string& port, const std::string& more) {
    const PortRef real = source(from);
    if (real.node < 0) return;
    const GraphNode& sender = graph_.nodes[real.node];
    const std::string out = sender.outs[real.port];
    const ValueType* type = graph_.nodes[from.node].out_types[from.port];
    out_ << "  " << quoted(sender.id) << " -> " << quoted(to) << " [label="
         << quoted_lines({out == port ? out : out + " → " + port, type ? std::string("(") + type->name + ")" : "(any)"})
         << more << "];\n";
  }

  /// The node that really sends: an output of a loop or an each is a port of a node in its body.
  PortRef source(PortRef ref) const {
    while (ref.node >= 0 && graph_.nodes[ref.node].body >= 0) {
      ref = graph_.regions[graph_.nodes[ref.node].body].source(ref.port);
    }
    return ref;
  }

  /// A node of the body that an arrow to the whole box can aim at.
  std::string anchor(int region, int loop) const {
    for (int node : graph_.regions[region].nodes) {
      if (graph_.nodes[node].body < 0) return graph_.nodes[node].id;
    }
    for (int node : graph_.regions[region].nodes) return anchor(graph_.nodes[node].body, node);
    return graph_.nodes[loop].id;
  }

  int find(const std::string& id) const { return graph_.find_node(id); }

  std::string port_name(const PortRef& ref) const {
    if (!ref) return "?";
    return graph_.nodes[ref.node].id + "." + graph_.nodes[ref.node].outs[ref.port];
  }

  std::string when_text(const GraphNode& node) const {
    if (!node.when) return "";
    std::string text = "when";
    const auto add = [&](const std::string& word, const Expr& expr, const std::string& otherwise) {
      if (const std::string value = graph_.text_of(expr); value != otherwise) {
        text += (text == "when" ? " " : ", ") + word + value;
      }
    };
    if (node.when->has_window) {
      text += " " + graph_.text_of(node.when->from) + " to " + graph_.text_of(node.when->to);
      add("every ", node.when->every, "1");
      add("nth ", node.when->nth, "1");
    }
    add("if ", node.when->only_if, "true");
    add("unless ", node.when->unless, "false");
    return text == "when" ? "" : text;
  }

  std::string color(Scope scope) {
    if (scope == 0) return "white";
    const auto found = colors_.emplace(scope, kColors[colors_.size() % kColors.size()]);
    return found.first->second;
  }

  void draw_legend() {
    out_ << "  subgraph \"cluster_ legend\" {\n    style=\"dashed\"; fontsize=11; label=\"runs once for each\";\n";
    std::map<Scope, std::string> scopes(colors_.begin(), colors_.end());
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (graph_.nodes[i].sort == GraphNode::Sort::kNode && plan_->scope(static_cast<int>(i)) == 0) scopes[0] = "white";
    }
    for (const auto& [scope, fill] : scopes) {
      const std::int64_t groups = plan_->groups(scope);
      out_ << "    " << quoted(" legend " + std::to_string(scope)) << " [label="
           << quoted_lines({scope == 0 ? "run" : names(scope, " × "),
                            std::to_string(groups) + (groups == 1 ? " time" : " times")})
           << ", fillcolor=" << quoted(fill) << "];\n";
    }
    out_ << "  }\n";
  }

  const Graph& graph_;
  const Recording recording_;
  const Plan* plan_;
  std::set<std::string> boxes_;  ///< ids of bins and loops
  std::map<std::string, std::vector<int>> members_;
  std::map<std::string, std::vector<std::string>> inner_;
  std::map<Scope, std::string> colors_;
  std::ostringstream out_;
};

}  // namespace

std::string to_dot(const Graph& graph, const Plan* plan) {
  return Drawing(graph, plan).text();
}

}  // namespace graph
