// SPDX-License-Identifier: MIT
#include "program/taps.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <set>

#include "base/names.h"
#include "program/usage_error.h"

namespace program {
namespace {

using graph::GraphNode;
using graph::PortRef;

/// A `--tap` as it was written, taken apart.
struct TapWord {
  std::string text;                                 ///< "texts[3].encode.conditioning@all"
  std::string port;                                 ///< without indices: "texts.encode.conditioning"
  std::vector<std::pair<std::string, int>> chosen;  ///< what stands in front of each index, and the index
  bool all_turns = false;
  std::string file;  ///< empty: named after the port
};

[[noreturn]] void refuse_tap(const TapWord& word, const std::string& what) {
  throw UsageError("--tap " + word.text + ": " + what);
}

TapWord take_apart(const std::string& text) {
  TapWord word;
  const std::size_t equals = text.find('=');
  word.text = text.substr(0, equals);
  if (equals != text.npos) word.file = text.substr(equals + 1);
  if (equals != text.npos && word.file.empty()) refuse_tap(word, "no file behind '='");
  std::string rest = word.text;
  if (rest.ends_with("@all")) {
    word.all_turns = true;
    rest.resize(rest.size() - 4);
  }
  while (!rest.empty()) {
    const std::size_t open = std::min(rest.find('['), rest.size());
    word.port += rest.substr(0, open);
    rest.erase(0, open);
    if (rest.empty()) break;
    const std::size_t close = rest.find(']');
    int index = -1;
    if (close != rest.npos) std::from_chars(rest.data() + 1, rest.data() + close, index);
    if (index < 0 || rest.substr(0, close + 1) != "[" + std::to_string(index) + "]")
      refuse_tap(word, "expected an index such as [3], from 0 on");
    word.chosen.emplace_back(word.port, index);
    rest.erase(0, close + 1);
  }
  return word;
}

PortRef find_tapped(const graph::Graph& graph, const TapWord& word) {
  std::vector<std::string> known;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const GraphNode& node = graph.nodes[n];
    if (node.sort == GraphNode::Sort::kHead) continue;
    for (std::size_t port = 0; port < node.outs.size(); ++port) {
      known.push_back(node.id + "." + node.outs[port]);
      if (known.back() == word.port) return {static_cast<int>(n), static_cast<int>(port)};
    }
  }
  const std::string near = base::did_you_mean(word.port, known);
  const int node = graph.find_node(word.port);
  if (near.empty() && node >= 0) {
    const std::vector<std::string>& outs = graph.nodes[node].outs;
    refuse_tap(word, "give a port, NODE.PORT: " +
                         (outs.empty() ? "the node sends nothing" : "it sends " + base::joined(outs)));
  }
  refuse_tap(word, "no such port" + near + "; decoupage check --ports GRAPH lists them");
}

using KeptTypes = std::vector<std::pair<std::string, std::vector<std::string>>>;

/// A copy of a graph, to which nodes are added that write.
class Tapping {
 public:
  explicit Tapping(const graph::Graph& graph) : graph_(graph) {}

  /// Refuses what can be refused without the modules.
  void check(const TapWord& word) {
    const PortRef port = find_tapped(graph_, word);
    if (word.all_turns) expect_turns(word, port);
    choose(word, port);
    if (!ids_.insert(id_of(word)).second) refuse_tap(word, "it is given twice");
    if (word.file.empty()) return;
    const auto [other, is_new] = files_.emplace(word.file, word.text);
    if (!is_new) refuse_tap(word, "'" + word.file + "' is what --tap " + other->second + " writes, too");
  }

  /// The index of the node that writes. REQUIRES: check().
  int tap(const TapWord& word, const graph::Registry& registry, const KeptTypes& kept) {
    const PortRef port = find_tapped(graph_, word);
    const std::string ending = ending_of(word, *type_of(word, port), kept);
    const std::vector<int> chosen = choose(word, port);
    const PortRef source = word.all_turns ? port : led_out(port);
    GraphNode node;
    node.id = node.name = id_of(word);
    node.region = graph_.nodes[source.node].region;
    node.type = registry.find(word.file.empty() ? "tap" : "tap-file");
    node.ins = {source};
    node.mark = {"--tap " + word.text, 0, 0};
    set(node, "name", word.port);
    set(node, "ending", ending);
    set(node, "element", text_of(chosen));
    if (!word.file.empty()) set_pattern(node, "path", word.file);
    const int index = static_cast<int>(graph_.nodes.size());
    graph_.regions[node.region].nodes.push_back(index);
    graph_.nodes.push_back(std::move(node));
    return index;
  }

  std::shared_ptr<const graph::Graph> graph() && { return std::make_shared<const graph::Graph>(std::move(graph_)); }

 private:
  static std::string id_of(const TapWord& word) {
    return "tap " + word.text + (word.file.empty() ? "" : "=" + word.file);
  }

  /// A port that is sent once, whatever is around it, has no turns to choose from.
  void expect_turns(const TapWord& word, const PortRef& port) const {
    const GraphNode& node = graph_.nodes[port.node];
    if (graph::loop_around(graph_, node.region) >= 0) return;
    std::string cure;
    if (node.sort == GraphNode::Sort::kLoop) {
      const PortRef inner = graph_.regions[node.body].source(port.port);
      const GraphNode& sender = graph_.nodes[inner.node];
      if (sender.sort != GraphNode::Sort::kHead) cure = "; try " + sender.id + "." + sender.outs[inner.port] + "@all";
    }
    refuse_tap(word, "'" + node.id + "' is in no loop, so that there is one value and no turns" + cure);
  }

  /// The indices: of the eaches around the port's node, outermost first, then of lists that it sends. −1: all.
  std::vector<int> choose(const TapWord& word, const PortRef& port) const {
    std::vector<std::string> places;
    for (const int owner : graph_.owners_of(port.node)) {
      if (graph_.nodes[owner].sort == GraphNode::Sort::kEach) places.push_back(graph_.nodes[owner].id);
    }
    std::vector<int> chosen(places.size(), -1);
    for (const auto& [front, index] : word.chosen) {
      const auto each = std::ranges::find(places, front);
      if (each != places.end()) chosen[each - places.begin()] = index;
      else if (front == word.port) chosen.push_back(index);
      else
        refuse_tap(word, "'" + front + "' is no each around the port: [" + std::to_string(index) + "] chooses nothing");
    }
    const graph::ValueType* inner = type_of(word, port);
    for (std::size_t i = places.size(); i < chosen.size(); ++i) {
      if (inner->element == nullptr) {
        refuse_tap(word, std::string("it sends ") + type_of(word, port)->name + ", in which [" +
                             std::to_string(chosen[i]) + "] chooses nothing");
      }
      inner = inner->element;
    }
    return chosen;
  }

  const graph::ValueType* type_of(const TapWord& word, const PortRef& port) const {
    const graph::ValueType* const type = graph_.nodes[port.node].out_types[port.port];
    if (type == nullptr) refuse_tap(word, "the type of what it sends is not known before the run");
    return type;
  }

  /// What the file ends in: one of those that the type can be kept in.
  static std::string ending_of(const TapWord& word, const graph::ValueType& sent, const KeptTypes& kept) {
    const graph::ValueType* inner = &sent;
    while (inner->element != nullptr) inner = inner->element;
    const auto found = std::ranges::find(kept, inner->name, [](const auto& one) { return one.first; });
    if (found == kept.end()) {
      std::vector<std::string> names;
      for (const auto& [name, endings] : kept) names.push_back(name);
      refuse_tap(word, std::string("a value of the type ") + inner->name +
                           " cannot be kept; these can, and lists of them: " + base::joined(names));
    }
    if (word.file.empty()) return found->second.front();
    const std::string ending = std::filesystem::path(word.file).extension().string();
    if (std::ranges::count(found->second, ending) > 0) return ending;
    refuse_tap(word, "'" + word.file + "' " + (ending.empty() ? "has no ending" : "ends in " + ending) +
                         ": a value of the type " + inner->name + " is kept as " + base::listed(found->second));
  }

  /// The same in the root: a loop sends the last value, an each a list.
  PortRef led_out(PortRef port) {
    while (graph_.nodes[port.node].region != 0) {
      const int owner = graph_.regions[graph_.nodes[port.node].region].owner;
      port = {owner, output_of(owner, port)};
    }
    return port;
  }

  /// The output of a loop or an each by which it sends what a port of its body sends; it is added where there is none.
  int output_of(int owner, const PortRef& inner) {
    std::vector<PortRef>& out = graph_.regions[graph_.nodes[owner].body].out;
    const auto known = std::ranges::find(out, inner);
    const int index = static_cast<int>(known - out.begin());
    if (known != out.end()) return index;
    const graph::ValueType* const sent = graph_.nodes[inner.node].out_types[inner.port];
    const bool list = graph_.nodes[owner].sort == GraphNode::Sort::kEach;
    GraphNode& node = graph_.nodes[owner];
    node.outs.insert(node.outs.begin() + index, "tap " + std::to_string(index));
    node.out_types.insert(node.out_types.begin() + index, list ? &graph::list_of(*sent) : sent);
    out.push_back(inner);
    move_behind(owner, index);
    return index;
  }

  /// An output was put in front of the owner's `index` and those behind it: what is linked to these is linked anew.
  void move_behind(int owner, int index) {
    const auto move = [&](PortRef& port) { port.port += port.node == owner && port.port >= index ? 1 : 0; };
    for (GraphNode& node : graph_.nodes) std::ranges::for_each(node.ins, move);
    for (graph::Region& region : graph_.regions) {
      for (auto* ports : {&region.next, &region.out, &region.collect}) std::ranges::for_each(*ports, move);
    }
  }

  static std::string text_of(const std::vector<int>& chosen) {
    std::string text;
    for (const int index : chosen) text += (text.empty() ? "" : ",") + (index < 0 ? "*" : std::to_string(index));
    return text;
  }

  static graph::Expr& expr(GraphNode& node, const char* name) {
    const graph::Contract& contract = node.type->contract;
    node.props.resize(contract.props().size());
    const int index = contract.find_prop(name);
    node.props[index].kind = contract.props()[index].kind;
    node.props[index].mark = node.mark;
    return node.props[index];
  }
  static void set(GraphNode& node, const char* name, const std::string& text) { expr(node, name).constant = text; }
  /// As one that params are a part of: what is wrong with it is then told with the plan.
  static void set_pattern(GraphNode& node, const char* name, const std::string& text) {
    graph::Expr& path = expr(node, name);
    path.pieces = {text};
    path.constant_set = false;
  }

  graph::Graph graph_;
  std::set<std::string> ids_;
  std::map<std::string, std::string> files_;  ///< names that were given, and by which tap
};

}  // namespace

Taps::Taps(std::shared_ptr<const graph::Graph> graph, const std::vector<std::string>& texts, Modules& modules) {
  Tapping tapping(*graph);
  std::vector<TapWord> words;
  for (const std::string& text : texts) tapping.check(words.emplace_back(take_apart(text)));
  const ModelNodes& models = modules.models();  // only now: to load them takes its time
  models.add_taps(registry_);
  for (const TapWord& word : words) nodes_.push_back(tapping.tap(word, registry_, models.kept_types()));
  graph_ = std::move(tapping).graph();
}

}  // namespace program
