// SPDX-License-Identifier: MIT
#include <algorithm>
#include <functional>
#include <queue>

#include "graph/checking/check_state.h"

namespace graph::checking {
namespace {

/// Orders nodes so that each comes after what it reads, and otherwise as written.
class Sorter {
 public:
  explicit Sorter(State& state) : state_(state), graph_(state.graph) {
    const std::size_t n = graph_.nodes.size();
    before_.resize(n);
    after_.resize(n);
    waits_.resize(n);
    walk_of_.assign(n, -1);
    for (std::size_t i = 0; i < n; ++i) add_edges(static_cast<int>(i));
  }

  void run() {
    for (Region& region : graph_.regions) sort_region(region);
  }

 private:
  /// A link from a loop's body to a node outside is, at that node's level, a link to the loop.
  void add_edges(int index) {
    for (const PortRef& in : graph_.nodes[index].ins) {
      if (!in) continue;
      const int level = graph_.nodes[in.node].region;
      int reader = index;
      while (graph_.nodes[reader].region != level) reader = graph_.regions[graph_.nodes[reader].region].owner;
      before_[reader].push_back(in.node);
      after_[in.node].push_back(reader);
    }
  }

  void sort_region(Region& region) {
    std::priority_queue<int, std::vector<int>, std::greater<>> ready;
    for (int node : region.nodes) {
      waits_[node] = static_cast<int>(before_[node].size());
      if (waits_[node] == 0) ready.push(node);
    }
    std::vector<int> order;
    order.reserve(region.nodes.size());
    while (!ready.empty()) {
      const int node = ready.top();
      ready.pop();
      order.push_back(node);
      for (int next : after_[node]) {
        if (--waits_[next] == 0) ready.push(next);
      }
    }
    if (order.size() == region.nodes.size()) {
      region.nodes = std::move(order);
    } else {
      report_cycles(region);
    }
  }

  /// Goes back from each node that never got ready, until a node comes up again.
  void report_cycles(const Region& region) {
    for (int start : region.nodes) {
      if (waits_[start] == 0 || walk_of_[start] >= 0) continue;
      std::vector<int> walk;
      int node = start;
      while (walk_of_[node] < 0) {
        walk_of_[node] = start;
        walk.push_back(node);
        node = *std::find_if(before_[node].begin(), before_[node].end(), [&](int b) { return waits_[b] > 0; });
      }
      if (walk_of_[node] != start) continue;  // led into a cycle that is reported
      walk.erase(walk.begin(), std::find(walk.begin(), walk.end(), node));
      report(walk);
    }
  }

  /// `walk`: each node reads the next one, the last one the first.
  void report(std::vector<int> walk) {
    constexpr std::size_t kMost = 12;
    std::reverse(walk.begin(), walk.end());
    std::rotate(walk.begin(), std::min_element(walk.begin(), walk.end()), walk.end());
    std::string names;
    for (std::size_t i = 0; i < std::min(walk.size(), kMost); ++i) names += graph_.nodes[walk[i]].id + " -> ";
    if (walk.size() > kMost) names += "(" + std::to_string(walk.size() - kMost) + " more) -> ";
    state_.faults.add(graph_.nodes[walk[0]].mark, "nodes feed each other in a circle: " + names +
                                                      graph_.nodes[walk[0]].id +
                                                      "; what repeats is a loop, with the value in its state");
  }

  State& state_;
  Graph& graph_;
  std::vector<std::vector<int>> before_, after_;  ///< by node: those that it reads, and that read it
  std::vector<int> waits_;                        ///< by node: how many of `before` are not in order yet
  std::vector<int> walk_of_;                      ///< by node: the start of the walk that came by, or -1
};

}  // namespace

void sort(State& state) {
  Sorter(state).run();
}

}  // namespace graph::checking
