// SPDX-License-Identifier: MIT
#include "graph/running/instances.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace graph {

Instances::Instances(const Plan& plan, const Admission& admission) : plan_(plan), admission_(admission) {
  const Graph& graph = plan_.graph();
  fixed_.resize(graph.nodes.size());
  swept_of_.assign(graph.nodes.size(), -1);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Scope scope = plan_.property_scope(static_cast<int>(n));
    if (!graph.nodes[n].type || scope == 0) continue;
    swept_of_[n] = static_cast<int>(swept_.size());
    swept_.push_back(std::make_unique<Swept>());
    swept_.back()->node = static_cast<int>(n);
    swept_.back()->scope = scope;
    swept_.back()->per_item = plan_.groups(scope) == plan_.items();
  }
  open_fixed();
}

std::shared_ptr<const Node> Instances::make(int node, int item) const {
  const GraphNode& spec = plan_.graph().nodes[node];
  const Clock::time_point start = Clock::now();
  std::unique_ptr<Node> made = spec.type->make(plan_.props(node, item));
  made->open();
  spdlog::debug("node '{}' ({}) opened in {:.1f} ms", spec.id, spec.type->contract.type(),
                std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  return made;
}

void Instances::open_fixed() {
  const std::vector<bool> needed = admission_.needed_by_any();
  const Graph& graph = plan_.graph();
  // A model that cannot be found is found missing by each node that names it, and told once.
  std::vector<std::pair<std::string, std::vector<const GraphNode*>>> refusals;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const GraphNode& node = graph.nodes[n];
    if (!node.type || swept_of_[n] >= 0 || !needed[n]) continue;
    try {
      fixed_[n] = make(static_cast<int>(n), 0);
    } catch (const std::exception& e) {
      const std::string what = e.what();
      const auto known = std::ranges::find(refusals, what, &decltype(refusals)::value_type::first);
      if (known == refusals.end()) refusals.push_back({what, {&node}});
      else known->second.push_back(&node);
    }
  }
  std::vector<Fault> faults;
  for (const auto& [what, nodes] : refusals) {
    const GraphNode& first = *nodes.front();
    std::string text = "node '" + first.id + "' (" + first.type->contract.type() + "): " + what;
    for (std::size_t i = 1; i < nodes.size(); ++i) text += (i == 1 ? " (and so: " : ", ") + nodes[i]->id;
    faults.push_back({first.mark, text + (nodes.size() > 1 ? ")" : "")});
  }
  if (!faults.empty()) throw Faults(faults);
}

const Node& Instances::get(int node, ItemRun& item) {
  if (swept_of_[node] < 0) return *fixed_[node];
  Swept& swept = *swept_[swept_of_[node]];
  {
    const base::MutexLock lock(item.mutex);
    item.instances.resize(swept_.size());
    if (const auto& mine = item.instances[swept_of_[node]]) return *mine;
  }
  std::shared_ptr<const Node> made;
  if (swept.per_item) {
    made = make(node, item.item);
  } else {
    // Held while the node opens: the others of the group wait for the same object.
    const base::MutexLock lock(swept.mutex);
    Made& entry = swept.made[plan_.group(swept.scope, item.item)];
    if (!entry.node) {
      entry.node = make(node, item.item);
      if (entry.users == 0) entry.users = admission_.expected(swept.scope, item.item);
    }
    made = entry.node;
  }
  const base::MutexLock lock(item.mutex);
  auto& mine = item.instances[swept_of_[node]];
  if (!mine) mine = made;
  return *mine;
}

void Instances::drop(ItemRun& item) {
  for (const auto& swept : swept_) {
    if (swept->per_item) continue;
    const base::MutexLock lock(swept->mutex);
    Made& entry = swept->made[plan_.group(swept->scope, item.item)];
    if (entry.users == 0) entry.users = admission_.expected(swept->scope, item.item);
    if (--entry.users == 0) swept->made.erase(plan_.group(swept->scope, item.item));
  }
}

}  // namespace graph
