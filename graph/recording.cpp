// SPDX-License-Identifier: MIT
#include "graph/recording.h"

#include <algorithm>
#include <string>
#include <utility>

namespace graph {
namespace {

using Marks = std::vector<bool>;
using Edges = std::vector<std::vector<int>>;

/// What can be reached from some places along edges, these included.
Marks spread(const Edges& edges, std::vector<int> open) {
  Marks found(edges.size());
  for (const int at : open) found[at] = true;
  while (!open.empty()) {
    const int at = open.back();
    open.pop_back();
    for (const int next : edges[at]) {
      if (found[next]) continue;
      found[next] = true;
      open.push_back(next);
    }
  }
  return found;
}

/// Whether calls of the node pass a history on.
bool passes(const GraphNode& node) {
  return node.type != nullptr && node.type->contract.is_differentiable() && !node.type->contract.closes();
}

/// Whether the link leads to an input that closes.
bool closes_link(const GraphNode& node, int link) {
  const std::vector<InSpec>& ins = node.type->contract.ins();
  if (link < static_cast<int>(ins.size())) {
    return ins[link].closes;
  }
  return std::ranges::any_of(node.several, [&](const GraphNode::Several& several) {
    return ins[several.port].closes && several.first <= link && link < several.first + several.count;
  });
}

/// A node that closes, in the body of a loop.
struct Closing {
  int node = -1;
  std::vector<int> states;  ///< of the loop: those that it optimises
  std::vector<int> links;   ///< what it closes and is linked, by index of GraphNode::ins
};

/// All ports of a graph, numbered, and the ways from each to others.
class Ways {
 public:
  explicit Ways(const Graph& graph) : graph_(graph) {
    first_.reserve(graph.nodes.size());
    int count = 0;
    for (const GraphNode& node : graph.nodes) {
      first_.push_back(count);
      count += static_cast<int>(node.outs.size());
    }
    histories_.resize(count);
    back_.resize(count);
    links_.resize(graph.nodes.size());
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) add_node(static_cast<int>(n));
  }

  int id(const PortRef& port) const { return first_[port.node] + port.port; }
  /// By port: where its history goes on to, and where it comes from.
  const Edges& histories() const { return histories_; }
  const Edges& back() const { return back_; }
  /// By node: who depends on it, by whatever links.
  const Edges& links() const { return links_; }
  std::vector<Closing> closings() const;

 private:
  bool carries(const PortRef& port) const {
    const ValueType* const type = graph_.nodes[port.node].out_types[port.port];
    return type != nullptr && type->carries_history();
  }
  void join(const PortRef& from, const PortRef& to) {
    if (!from || !carries(from) || !carries(to)) return;
    histories_[id(from)].push_back(id(to));
    back_[id(to)].push_back(id(from));
  }
  void add_node(int index);
  void add_body(int index);

  const Graph& graph_;
  std::vector<int> first_;  ///< by node
  Edges histories_, back_, links_;
};

void Ways::add_node(int index) {
  const GraphNode& node = graph_.nodes[index];
  for (const PortRef& in : node.ins) {
    if (!in) continue;
    links_[in.node].push_back(index);
    // A value that elements read by its name has one history and many ends, whose gradients would be added up in the
    // order in which they come: only what is walked goes on in an each.
    if (!passes(node) || node.region != graph_.nodes[in.node].region) continue;
    for (std::size_t out = 0; out < node.outs.size(); ++out) join(in, {index, static_cast<int>(out)});
  }
  if (node.body >= 0) add_body(index);
}

void Ways::add_body(int index) {
  const GraphNode& node = graph_.nodes[index];
  const Region& body = graph_.regions[node.body];
  links_[index].push_back(body.head);
  const bool each = node.sort == GraphNode::Sort::kEach;
  for (std::size_t out = 0; out < node.outs.size(); ++out) {
    const PortRef& from = body.source(static_cast<int>(out));
    if (!from) continue;
    links_[from.node].push_back(index);
    if (each) join(from, {index, static_cast<int>(out)});
  }
  for (std::size_t l = 0; each && l < body.lists.size(); ++l)
    join(node.ins[l], {body.head, body.list_port(static_cast<int>(l))});
}

std::vector<Closing> Ways::closings() const {
  std::vector<Closing> all;
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    const GraphNode& node = graph_.nodes[n];
    if (!node.type || !node.type->contract.closes()) continue;
    const Contract& contract = node.type->contract;
    Closing& closing = all.emplace_back();
    closing.node = static_cast<int>(n);
    const std::vector<PortRef>& next = graph_.regions[node.region].next;
    for (std::size_t k = 0; k < next.size(); ++k) {
      if (next[k].node == closing.node && contract.outs()[next[k].port].optimised)
        closing.states.push_back(static_cast<int>(k));
    }
    for (int link = 0; link < static_cast<int>(node.ins.size()); ++link) {
      if (node.ins[link] && closes_link(node, link)) closing.links.push_back(link);
    }
  }
  return all;
}

std::vector<int> begins_of(const Graph& graph, const Ways& ways, const Closing& closing) {
  std::vector<int> begins;
  for (const int state : closing.states)
    begins.push_back(ways.id({graph.regions[graph.nodes[closing.node].region].head, state}));
  return begins;
}

/// What is wrong with one node that closes.
class ClosingCheck {
 public:
  ClosingCheck(const Graph& graph, const Ways& ways, const Closing& closing, std::vector<Fault>& faults)
      : graph_(graph),
        ways_(ways),
        closing_(closing),
        node_(graph.nodes[closing.node]),
        faults_(faults),
        reached_(spread(ways.histories(), begins_of(graph, ways, closing))) {}

  void run() {
    const Contract& contract = node_.type->contract;
    const Region& region = graph_.regions[node_.region];
    const bool in_loop = region.owner >= 0 && graph_.nodes[region.owner].sort == GraphNode::Sort::kLoop;
    if (!in_loop || closing_.states.empty()) {
      const auto out = std::ranges::find_if(contract.outs(), &OutSpec::optimised);
      fault(closing_.node, "'" + out->name +
                               "' is what a loop optimises: it stands in the loop's nodes, and one of the "
                               "loop's states is followed by it (next: {" +
                               out->name + ": " + node_.name + "." + out->name + "})");
      return;
    }
    if (closing_.links.empty()) {
      std::string names;
      for (const InSpec& in : contract.ins()) {
        if (in.closes) names += (names.empty() ? "'" : "' or '") + in.name;
      }
      fault(closing_.node, "the loop closes nothing: link " + names + "', which says what is to become small");
      return;
    }
    for (const int link : closing_.links) check_link(link);
  }

 private:
  void fault(int node, const std::string& what) {
    const GraphNode& one = graph_.nodes[node];
    const std::string sort = one.sort == GraphNode::Sort::kLoop ? "loop '" + one.id + "': "
                             : one.sort == GraphNode::Sort::kEach
                                 ? "each '" + one.id + "': "
                                 : "node '" + one.id + "' (" + one.type->contract.type() + "): ";
    faults_.push_back({one.mark, sort + what});
  }

  void check_link(int link) {
    const PortRef& source = node_.ins[link];
    if (reached_[ways_.id(source)]) return;
    const int head = graph_.regions[node_.region].head;
    const std::string state = "'" + graph_.nodes[head].name + "." + graph_.nodes[head].outs[closing_.states[0]] + "'";
    const std::string from =
        "'" + graph_.nodes[source.node].name + "." + graph_.nodes[source.node].outs[source.port] + "'";
    const int broken = broken_at(source.node);
    if (broken < 0) {
      return fault(closing_.node, "the loop closes nothing: " + from + " does not depend on " + state +
                                      ", which is what is optimised");
    }
    const GraphNode& one = graph_.nodes[broken];
    const std::string way = "the way from " + state + ", which is optimised, to " + from + ", which is closed";
    if (one.sort == GraphNode::Sort::kLoop)
      return fault(broken, "it breaks " + way + ": what a loop sends has no history of its turns");
    if (one.type && one.type->contract.is_differentiable()) {
      return fault(broken, "it breaks " + way +
                               ": in an each, what is to be differentiated is walked (over:), and not read by its "
                               "name; what it sends must carry history");
    }
    fault(broken, "it breaks " + way + ": nodes of this type do not differentiate");
  }

  /// The node nearest to `last`, back along links from it to what is optimised, that stops the history; -1 where no
  /// links lead there at all.
  int broken_at(int last) const {
    const int head = graph_.regions[node_.region].head;
    std::vector<int> readers;  // of the states
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      for (const PortRef& in : graph_.nodes[n].ins) {
        const bool state = in && in.node == head && std::ranges::count(closing_.states, in.port) > 0;
        if (state) readers.push_back(static_cast<int>(n));
      }
    }
    const Marks depends = spread(ways_.links(), readers);
    Marks seen(graph_.nodes.size());
    for (int at = last; depends[at] && !seen[at];) {
      seen[at] = true;
      if (!stops_nothing(at) || is_end(at)) return at;
      const int before = before_it(at, depends, seen);
      if (before < 0) return at;
      at = before;
    }
    return -1;
  }
  /// A node by which a history goes on, an each or a head.
  bool stops_nothing(int node) const {
    const GraphNode& one = graph_.nodes[node];
    return one.sort == GraphNode::Sort::kEach || one.sort == GraphNode::Sort::kHead || passes(one);
  }
  /// Whether a history comes to the node and goes no further.
  bool is_end(int node) const {
    const GraphNode& one = graph_.nodes[node];
    const bool comes = std::ranges::any_of(one.ins, [this](const PortRef& in) { return in && reached_[ways_.id(in)]; });
    bool goes_on = one.sort != GraphNode::Sort::kNode;
    for (std::size_t out = 0; out < one.outs.size(); ++out)
      goes_on = goes_on || reached_[ways_.id({node, static_cast<int>(out)})];
    return comes && !goes_on;
  }
  int before_it(int node, const Marks& depends, const Marks& seen) const {
    const GraphNode& one = graph_.nodes[node];
    std::vector<int> before;
    if (one.sort == GraphNode::Sort::kEach) {
      for (const PortRef& out : graph_.regions[one.body].out) before.push_back(out.node);
    }
    if (one.sort == GraphNode::Sort::kHead) before.push_back(graph_.regions[one.region].owner);
    for (const PortRef& in : one.ins) before.push_back(in.node);
    const auto found = std::ranges::find_if(before, [&](int n) { return n >= 0 && depends[n] && !seen[n]; });
    return found == before.end() ? -1 : *found;
  }

  const Graph& graph_;
  const Ways& ways_;
  const Closing& closing_;
  const GraphNode& node_;
  std::vector<Fault>& faults_;
  const Marks reached_;
};

bool any_closes(const Graph& graph) {
  return std::ranges::any_of(graph.nodes,
                             [](const GraphNode& node) { return node.type && node.type->contract.closes(); });
}

}  // namespace

std::vector<Fault> recording_faults(const Graph& graph) {
  std::vector<Fault> faults;
  if (!any_closes(graph)) return faults;
  const Ways ways(graph);
  std::vector<int> closed_by(graph.regions.size(), -1);
  for (const Closing& closing : ways.closings()) {
    const GraphNode& node = graph.nodes[closing.node];
    if (int& first = closed_by[node.region]; first >= 0) {
      faults.push_back({node.mark, "node '" + node.id + "' (" + node.type->contract.type() + "): '" +
                                       graph.nodes[first].name + "' closes the loop already; a turn has one history"});
    } else {
      first = closing.node;
    }
    ClosingCheck(graph, ways, closing, faults).run();
  }
  return faults;
}

Recording::Recording(const Graph& graph)
    : records(graph.nodes.size()),
      closes(graph.nodes.size()),
      detached(graph.nodes.size()),
      optimised(graph.regions.size()),
      fork_of(graph.nodes.size()),
      forks(graph.nodes.size()) {
  if (!any_closes(graph)) return;
  const Ways ways(graph);
  Marks way(ways.histories().size());
  for (const Closing& closing : ways.closings()) {
    const GraphNode& closer = graph.nodes[closing.node];
    const std::vector<int> begins = begins_of(graph, ways, closing);
    std::vector<int> ends;
    for (const int link : closing.links) ends.push_back(ways.id(closer.ins[link]));
    const Marks forth = spread(ways.histories(), begins), back = spread(ways.back(), ends);
    for (std::size_t port = 0; port < way.size(); ++port) way[port] = way[port] || (forth[port] && back[port]);
    closes[closing.node] = true;
    optimised[closer.region] = closing.states;
  }
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const GraphNode& node = graph.nodes[n];
    const auto is_on_way = [&](std::size_t out) { return way[ways.id({static_cast<int>(n), static_cast<int>(out)})]; };
    for (std::size_t out = 0; passes(node) && out < node.outs.size(); ++out) records[n] = records[n] || is_on_way(out);
  }
  detach(graph);
  branch(graph);
}

/// What has a history at run time is what recording calls send, states that are optimised, and what eaches make of
/// these: whoever is not on the way is given it without. (What has none loses nothing.)
void Recording::detach(const Graph& graph) {
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const GraphNode& node = graph.nodes[n];
    if (records[n] || closes[n] || node.sort == GraphNode::Sort::kEach) continue;
    for (std::size_t in = 0; in < node.ins.size(); ++in) {
      const PortRef& source = node.ins[in];
      if (!source || !may_have_history(graph, source)) continue;
      if (detached[n].empty()) detached[n].resize(node.ins.size());
      detached[n][in] = true;
    }
  }
}

void Recording::branch(const Graph& graph) {
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) forks[n].resize(graph.nodes[n].outs.size());
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const GraphNode& node = graph.nodes[n];
    const bool each = node.sort == GraphNode::Sort::kEach;
    if (!records[n] && !closes[n] && !each) continue;
    fork_of[n].assign(node.ins.size(), -1);
    const auto goes_on = [&](std::size_t in) {
      const PortRef& from = node.ins[in];
      return from && may_have_history(graph, from) && (each || records[n] || closes_link(node, static_cast<int>(in)));
    };
    for (std::size_t in = 0; in < node.ins.size(); ++in) {
      if (goes_on(in)) fork_of[n][in] = forks[node.ins[in].node][node.ins[in].port]++;
    }
  }
  // Who is the only one needs no alias.
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    for (std::size_t in = 0; in < fork_of[n].size(); ++in) {
      const PortRef& from = graph.nodes[n].ins[in];
      if (fork_of[n][in] >= 0 && forks[from.node][from.port] < 2) fork_of[n][in] = -1;
    }
  }
  for (std::vector<int>& ports : forks) {
    for (int& count : ports) count = count < 2 ? 0 : count;
  }
}

bool Recording::may_have_history(const Graph& graph, const PortRef& port) const {
  const GraphNode& sender = graph.nodes[port.node];
  if (sender.sort == GraphNode::Sort::kLoop) return false;
  if (sender.sort == GraphNode::Sort::kNode) return records[port.node];
  const ValueType* const type = sender.out_types[port.port];
  if (type == nullptr || !type->carries_history()) return false;
  return sender.sort == GraphNode::Sort::kEach || owner_may_give(graph, sender, port.port);
}

/// Of a head's port: a state that is optimised, or an element of a list that an each walks.
bool Recording::owner_may_give(const Graph& graph, const GraphNode& head, int port) const {
  const GraphNode& owner = graph.nodes[graph.regions[head.region].owner];
  if (owner.sort == GraphNode::Sort::kEach) return true;
  return begins(head.region, port);
}

bool Recording::begins(int region, int state) const {
  return std::ranges::count(optimised[region], state) > 0;
}

}  // namespace graph
