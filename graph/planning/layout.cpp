// SPDX-License-Identifier: MIT
#include "graph/planning/layout.h"

#include <algorithm>

namespace graph {
namespace {

void sort_unique(std::vector<int>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

Layout::Layout(const Plan& plan) {
  const Graph& graph = plan.graph();
  nodes.resize(graph.nodes.size());
  regions.resize(graph.regions.size());
  gather_of.assign(graph.nodes.size(), -1);
  gather_leaves.assign(graph.nodes.size(), 0);
  number_slots(graph);
  link(graph);
  for (std::size_t r = 0; r < regions.size(); ++r) count_kept(graph, static_cast<int>(r));
  for (std::size_t r = 0; r < regions.size(); ++r) find_ends(graph, plan.recording(), static_cast<int>(r));
  sinks_inside_.resize(graph.nodes.size());
  for (const int sink : sinks) {
    if (const int root = root_of(graph, sink); root != sink) sinks_inside_[root].push_back(sink);
  }
  find_gathers(plan);
}

void Layout::number_slots(const Graph& graph) {
  for (std::size_t r = 0; r < regions.size(); ++r) {
    for (std::size_t i = 0; i < graph.regions[r].nodes.size(); ++i) {
      const int index = graph.regions[r].nodes[i];
      nodes[index].local = static_cast<int>(i);
      nodes[index].first_port = regions[r].ports;
      regions[r].ports += static_cast<int>(graph.nodes[index].outs.size());
      if (graph.nodes[index].sort == GraphNode::Sort::kEach) nodes[index].each = regions[r].eaches++;
    }
    regions[r].readers.assign(regions[r].ports, 0);
  }
}

/// Who waits for whom and reads what. A link from a loop's body to a node outside is, at that node's level, a link to
/// the loop.
void Layout::link(const Graph& graph) {
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    for (const PortRef& in : graph.nodes[n].ins) {
      if (!in) continue;
      const int level = graph.nodes[in.node].region;
      int reader = static_cast<int>(n);
      while (graph.nodes[reader].region != level) reader = graph.regions[graph.nodes[reader].region].owner;
      nodes[in.node].successors.push_back(reader);
      nodes[reader].reads.push_back(nodes[in.node].first_port + in.port);
    }
  }
  for (Node& node : nodes) {
    sort_unique(node.successors);
    sort_unique(node.reads);
  }
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    for (int slot : nodes[n].reads) ++regions[graph.nodes[n].region].readers[slot];
    for (int successor : nodes[n].successors) ++nodes[successor].arrivals;
  }
}

/// What is read at the end of a turn; a state too, for the turn that sends no next one.
void Layout::count_kept(const Graph& graph, int region) {
  std::vector<int> kept;
  const graph::Region& body = graph.regions[region];
  for (std::size_t k = 0; k < body.next.size(); ++k) {
    kept.push_back(nodes[body.head].first_port + static_cast<int>(k));
  }
  for (const auto* refs : {&body.next, &body.out, &body.collect}) {
    for (const PortRef& ref : *refs) {
      if (ref) kept.push_back(nodes[ref.node].first_port + ref.port);
    }
  }
  sort_unique(kept);
  for (int slot : kept) ++regions[region].readers[slot];
}

/// Where a pass through the region starts and where it ends, and which of its nodes nobody reads.
void Layout::find_ends(const Graph& graph, const Recording& recording, int index) {
  Region& region = regions[index];
  const int head = graph.regions[index].head;
  for (int n : graph.regions[index].nodes) {
    Node& node = nodes[n];
    region.forks = region.forks || std::ranges::any_of(recording.forks[n], [](int count) { return count > 0; });
    if (n == head) continue;
    if (node.arrivals == 0) {
      // Waits for the start alone. In a body that is its head, also for nodes that do not read it.
      region.starts.push_back(n);
      node.arrivals = 1;
    } else if (head >= 0 && std::ranges::binary_search(nodes[head].successors, n)) {
      region.starts.push_back(n);
    }
    if (node.successors.empty()) region.leaves.push_back(n);
    const auto first = region.readers.begin() + node.first_port;
    const bool read = std::any_of(first, first + static_cast<std::ptrdiff_t>(graph.nodes[n].outs.size()),
                                  [](int readers) { return readers > 0; });
    node.sink = !read && (index == 0 || graph.nodes[n].sort == GraphNode::Sort::kNode);
    if (node.sink) sinks.push_back(n);
    if (graph.nodes[n].type) node.batch = graph.nodes[n].type->contract.batch() > 1;
  }
}

void Layout::find_gathers(const Plan& plan) {
  const Graph& graph = plan.graph();
  for (int n : graph.regions[0].nodes) {
    if (!plan.after_gather(n)) continue;
    if (graph.nodes[n].gathers) {
      gathers.push_back(n);
      gather_of[n] = n;
    }
    for (int successor : nodes[n].successors) gather_of[successor] = gather_of[n];
    if (nodes[n].successors.empty()) ++gather_leaves[gather_of[n]];
  }
  for (std::size_t n = 0; n < nodes.size(); ++n)
    after_gather.push_back(gather_of[root_of(graph, static_cast<int>(n))] >= 0);
}

int Layout::root_of(const Graph& graph, int node) const {
  while (graph.nodes[node].region != 0) node = graph.regions[graph.nodes[node].region].owner;
  return node;
}

std::vector<bool> Layout::needed_for(const Plan& plan, const std::vector<int>& wanted) const {
  const Graph& graph = plan.graph();
  std::vector<bool> needed(graph.nodes.size(), false);
  for (int sink : wanted) needed[root_of(graph, sink)] = true;
  const std::vector<int>& order = graph.regions[0].nodes;
  for (auto n = order.rbegin(); n != order.rend(); ++n) {
    const auto& successors = nodes[*n].successors;
    if (std::any_of(successors.begin(), successors.end(), [&](int s) { return needed[s]; })) needed[*n] = true;
  }
  return needed;
}

}  // namespace graph
