// SPDX-License-Identifier: MIT
#include <algorithm>
#include <functional>
#include <stdexcept>

#include "graph/checking/check_state.h"
#include "graph/constants.h"
#include "graph/evaluate.h"

namespace graph {
namespace {

/// The values of a graph's params when a run says nothing.
class Defaults {
 public:
  explicit Defaults(const Graph& graph) : graph_(graph) {}

  /// Throws std::invalid_argument: it needs a param that has none.
  Scalar value(const Expr& expr) const {
    return evaluate(graph_, expr, [this](int param) {
      const std::optional<Expr>& otherwise = graph_.params[param].value;
      if (!otherwise || graph_.params[param].fed) throw std::invalid_argument("not known before the run");
      return value(*otherwise);
    });
  }

  /// Whether a node, or what is around it, is switched off; not by a link.
  bool is_off(int node) const {
    std::vector<int> all = graph_.owners_of(node);
    all.push_back(node);
    return std::ranges::any_of(all, [this](int n) { return switched_off(graph_.nodes[n]); });
  }

 private:
  bool switched_off(const GraphNode& node) const {
    if (!node.when) return false;
    try {
      return !std::get<bool>(value(node.when->only_if)) || std::get<bool>(value(node.when->unless));
    } catch (const std::invalid_argument&) {
      return true;  // a run may leave it off
    }
  }

  const Graph& graph_;
};

/// A node's properties before a run, and which of them are the graph's own word.
struct KnownValues {
  std::vector<Scalar> values;
  std::vector<bool> constant, known;

  bool all_constant() const { return std::ranges::count(constant, false) == 0; }
};

KnownValues known_values(const GraphNode& node, const Defaults& defaults) {
  KnownValues result;
  for (std::size_t i = 0; i < node.props.size(); ++i) {
    const PropSpec& spec = node.type->contract.props()[i];
    const bool fed = std::ranges::any_of(node.fed, [&](const auto& one) { return one.prop == static_cast<int>(i); });
    std::optional<Scalar> value;
    if (!fed) {
      try {
        value = defaults.value(node.props[i]);
        check_range(*value, spec.range);
      } catch (const std::invalid_argument&) {
        value.reset();  // the plan says what is wrong, once the params are known
      }
    }
    result.known.push_back(value.has_value());
    result.constant.push_back(value && node.props[i].is_constant());
    result.values.push_back(value ? *value : spec.value ? *spec.value : checking::base_value(spec.kind));
  }
  return result;
}

/// What a constructor says of structured settings: "regions[2].x: …".
Refusal refusal_of(const Contract& contract, const Fault& fault) {
  const std::size_t end = std::min(fault.what.find_first_of("[.:"), fault.what.size());
  const int prop = contract.find_prop(fault.what.substr(0, end));
  if (prop < 0) return {-1, fault.what, fault.mark};
  const bool whole = fault.what.compare(end, 2, ": ") == 0;
  return {prop, fault.what.substr(whole ? end + 2 : end), fault.mark};
}

}  // namespace

std::vector<Refusal> refusals(const NodeType& type, std::vector<Scalar> values, std::unique_ptr<Node>* made) {
  std::vector<Refusal> found;
  while (true) {
    try {
      std::unique_ptr<Node> node = type.make(Props(type.contract, values));
      if (made && found.empty()) *made = std::move(node);
      return found;
    } catch (const PropertyError& e) {
      const int prop = type.contract.find_prop(e.property());
      const bool again = std::ranges::count(found, prop, &Refusal::prop) > 0;
      if (!again) found.push_back({prop, e.reason()});
      if (again || prop < 0 || !type.contract.props()[prop].value) return found;
      values[prop] = *type.contract.props()[prop].value;
    } catch (const DataFaults& e) {
      if (found.empty())
        for (const Fault& fault : e.list()) found.push_back(refusal_of(type.contract, fault));
      return found;
    } catch (const std::exception& e) {
      if (found.empty()) found.push_back({-1, e.what()});  // else it may be the default's fault
      return found;
    }
  }
}

void FaultsByText::add(const GraphNode& node, const Mark& mark, const std::string& what) {
  // What stands at a place of its own is told there.
  const auto is_of_node = [](const Mark& place, const GraphNode& one) {
    return place.line == one.mark.line && place.column == one.mark.column;
  };
  const auto same = [&](const Entry& entry) {
    return entry.what == what && is_of_node(mark, node) && is_of_node(entry.mark, *entry.nodes.front());
  };
  const auto known = std::ranges::find_if(entries_, same);
  if (known == entries_.end()) entries_.push_back({what, mark, {&node}});
  else if (known->nodes.back() != &node) known->nodes.push_back(&node);
}

void FaultsByText::add(const GraphNode& node, const Refusal& refusal) {
  const bool placed = refusal.mark.line > 0;
  if (refusal.prop < 0) return add(node, placed ? refusal.mark : node.mark, refusal.what);
  const Mark& mark = placed ? refusal.mark : node.props[refusal.prop].mark;
  add(node, mark, named_fault(node.type->contract.props()[refusal.prop].name, {mark, refusal.what}));
}

void FaultsByText::throw_if_any() const {
  std::vector<Fault> faults;
  for (const Entry& entry : entries_) {
    const GraphNode& first = *entry.nodes.front();
    std::string text = "node '" + first.id + "' (" + first.type->contract.type() + "): " + entry.what;
    for (std::size_t i = 1; i < entry.nodes.size(); ++i) text += (i == 1 ? " (and so: " : ", ") + entry.nodes[i]->id;
    faults.push_back({entry.mark, text + (entry.nodes.size() > 1 ? ")" : "")});
  }
  if (!faults.empty()) throw Faults(faults);
}

void check_constants(const Graph& graph) {
  const Defaults defaults(graph);
  FaultsByText faults;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const GraphNode& node = graph.nodes[n];
    if (!node.type || defaults.is_off(static_cast<int>(n))) continue;
    const KnownValues known = known_values(node, defaults);
    for (const Refusal& refusal : refusals(*node.type, known.values)) {
      const bool sure = refusal.prop < 0
                            ? known.all_constant()
                            : known.constant[refusal.prop] ||
                                  (known.known[refusal.prop] && !to_text(known.values[refusal.prop]).empty());
      if (sure) faults.add(node, refusal);
    }
  }
  faults.throw_if_any();
}

namespace {

/// Who reads what in a graph, and what is worth computing though nobody does.
class Reading {
 public:
  explicit Reading(const Graph& graph) : graph_(graph), read_(graph.nodes.size(), false) {
    for (const GraphNode& node : graph.nodes) note(node.ins);
    for (const Region& region : graph.regions) {
      for (const auto* refs : {&region.next, &region.out, &region.collect}) note(*refs);
    }
  }

  bool is_read(int node) const { return read_[node]; }
  /// Whether the node does something besides sending: it writes, shows, or has nothing to send.
  bool acts(int node) const {
    const GraphNode& one = graph_.nodes[node];
    if (one.body >= 0) {
      return std::ranges::any_of(graph_.regions[one.body].nodes, [this](int inner) { return acts(inner); });
    }
    if (!one.type) return false;
    const Contract& contract = one.type->contract;
    return contract.outs().empty() || contract.is_sink() ||
           std::ranges::count(contract.props(), Kind::kPattern, &PropSpec::kind) > 0;
  }

 private:
  void note(const std::vector<PortRef>& refs) {
    for (const PortRef& ref : refs) {
      if (ref) read_[ref.node] = true;
    }
  }

  const Graph& graph_;
  std::vector<bool> read_;
};

}  // namespace

std::vector<Fault> unread(const Graph& graph) {
  const Reading reading(graph);
  std::vector<int> idle;
  bool acts = false;
  for (int n = 0; n < static_cast<int>(graph.nodes.size()); ++n) {
    const GraphNode& node = graph.nodes[n];
    if (node.sort == GraphNode::Sort::kHead) continue;
    acts = acts || reading.acts(n);
    if (!reading.is_read(n) && !reading.acts(n)) idle.push_back(n);
  }
  if (!acts) {
    std::string ports;
    for (const int n : idle) {
      if (graph.nodes[n].outs.empty()) continue;
      ports += (ports.empty() ? "" : ", ") + graph.nodes[n].id + "." + graph.nodes[n].outs[0];
    }
    return {{graph.nodes.empty() ? Mark{} : graph.nodes[idle.empty() ? 0 : idle.front()].mark,
             "graph '" + graph.name + "' writes nothing: no node saves what it makes (" + ports +
                 "); add a node that does, or run it with --tap NODE.PORT"}};
  }
  std::vector<Fault> notices;
  for (const int n : idle) {
    const GraphNode& node = graph.nodes[n];
    const char* const sort = node.sort == GraphNode::Sort::kLoop   ? "loop '"
                             : node.sort == GraphNode::Sort::kEach ? "each '"
                                                                   : "node '";
    notices.push_back({node.mark, sort + node.id +
                                      "': nobody reads what it sends, and it is computed all the same; "
                                      "link it, or remove it"});
  }
  return notices;
}

}  // namespace graph
