// SPDX-License-Identifier: MIT
#include "graph/running/instances.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "graph/constants.h"
#include "graph/planning/window.h"
#include "graph/running/foresight.h"
#include "graph/shape.h"

namespace graph {
namespace {

constexpr base::Limit kBoundNodes{"bound-nodes"};

std::shared_ptr<const Node> opened(const GraphNode& spec, std::unique_ptr<Node> node) {
  const Clock::time_point start = Clock::now();
  node->open();
  spdlog::debug("node '{}' ({}) opened in {:.1f} ms", spec.id, spec.type->contract.type(),
                std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  return node;
}

}  // namespace

Instances::Instances(const Plan& plan, const Admission& admission, const RunOptions& options)
    : plan_(plan), admission_(admission) {
  const Graph& graph = plan_.graph();
  fixed_.resize(graph.nodes.size());
  swept_of_.assign(graph.nodes.size(), -1);
  bound_.resize(graph.nodes.size());
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!graph.nodes[n].fed.empty()) bound_[n] = std::make_unique<Bound>();
    const Scope scope = plan_.property_scope(static_cast<int>(n));
    if (!graph.nodes[n].type || scope == 0) continue;
    swept_of_[n] = static_cast<int>(swept_.size());
    swept_.push_back(std::make_unique<Swept>());
    swept_.back()->node = static_cast<int>(n);
    swept_.back()->scope = scope;
    swept_.back()->per_item = plan_.is_alone(scope);
  }
  open_fixed(options);
  foresee();
}

std::shared_ptr<const Node> Instances::make(int node, const Props& props) const {
  const GraphNode& spec = plan_.graph().nodes[node];
  return opened(spec, spec.type->make(props));
}

/// Whether the node, or what is around it, is switched off for all items.
bool Instances::is_off(int node) const {
  std::vector<int> all = plan_.graph().owners_of(node);
  all.push_back(node);
  return std::ranges::any_of(all, [&](int n) { return switched_off(plan_, n); });
}

namespace {

/// Of a node's swept values, how many are tried before the run.
constexpr std::int64_t kTried = 256;

}  // namespace

/// What a file gave to the property is refused where it stands in that file.
void Instances::place(const GraphNode& node, Refusal& refusal) const {
  if (refusal.prop < 0 || refusal.mark.line > 0) return;
  if (const Mark& given = plan_.given_at(node.props[refusal.prop]); given.line > 0) refusal.mark = given;
}

/// Those of each value of what is swept: the first that is refused is told.
void Instances::try_swept(int node, FaultsByText& faults) const {
  const GraphNode& spec = plan_.graph().nodes[node];
  std::vector<int> all = plan_.graph().owners_of(node);
  all.push_back(node);
  if (std::ranges::any_of(all, [&](int n) { return plan_.when_scope(n) != 0; })) return;  // it may be off
  const Scope scope = plan_.property_scope(node);
  for (std::int64_t group = 0; group < std::min(plan_.groups(scope), kTried); ++group) {
    const std::int64_t item = plan_.item_of(scope, group);
    if (item >= plan_.items()) continue;
    for (Refusal& refusal : refusals(*spec.type, plan_.props(node, item).values())) {
      place(spec, refusal);
      refusal.what += " (" + plan_.describe(scope, item).label + ")";
      return faults.add(spec, refusal);
    }
  }
}

void Instances::make_fixed(std::vector<std::unique_ptr<Node>>& made) const {
  const std::vector<bool> needed = admission_.needed_by_any();
  const Graph& graph = plan_.graph();
  FaultsByText faults;
  for (int n = 0; n < static_cast<int>(graph.nodes.size()); ++n) {
    const GraphNode& node = graph.nodes[n];
    if (!node.type || !needed[n]) continue;
    if (!node.fed.empty() && !node.type->contract.binds()) continue;  // made when the values come
    if (is_off(n)) continue;                                          // and what it names need not be there
    if (swept_of_[n] >= 0) {
      try_swept(n, faults);
      continue;
    }
    for (Refusal& refusal : refusals(*node.type, plan_.props(n, 0).values(), &made[n])) {
      place(node, refusal);
      faults.add(node, refusal);
    }
  }
  faults.throw_if_any();
}

void Instances::open_fixed(const RunOptions& options) {
  const Graph& graph = plan_.graph();
  std::vector<std::unique_ptr<Node>> made(graph.nodes.size());
  make_fixed(made);
  FaultsByText faults;  // a model that cannot be found is found missing by each node that names it
  for (int n = 0; n < static_cast<int>(graph.nodes.size()); ++n) {
    if (!made[n]) continue;
    const GraphNode& node = graph.nodes[n];
    if (options.opening) options.opening(n);
    try {
      fixed_[n] = opened(node, std::move(made[n]));
    } catch (const DataFaults& e) {
      for (const Fault& fault : e.list()) faults.add(node, fault.mark.line > 0 ? fault.mark : node.mark, fault.what);
    } catch (const std::exception& e) {
      const bool memory =
          dynamic_cast<const std::bad_alloc*>(&e) != nullptr || (options.out_of_memory && options.out_of_memory(e));
      faults.add(node, node.mark, memory ? "memory ran out while it was opened: " + std::string(e.what()) : e.what());
    }
  }
  faults.throw_if_any();
  if (options.opening) options.opening(-1);
}

void Instances::foresee() const {
  std::vector<bool> wanted = admission_.needed_by_any();
  for (std::size_t n = 0; n < wanted.size(); ++n) wanted[n] = wanted[n] && !is_off(static_cast<int>(n));
  if (const std::vector<Fault> faults = Foresight(plan_, std::move(wanted), fixed_).all(); !faults.empty())
    throw Faults(faults);
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
    made = make(node, plan_.props(node, item.item));
  } else {
    // Held while the node opens: the others of the group wait for the same object.
    const base::MutexLock lock(swept.mutex);
    Made& entry = swept.made[plan_.group(swept.scope, item.item)];
    if (!entry.node) {
      entry.node = make(node, plan_.props(node, item.item));
      if (entry.users == 0) entry.users = admission_.expected(swept.scope, item.item);
    }
    made = entry.node;
  }
  const base::MutexLock lock(item.mutex);
  auto& mine = item.instances[swept_of_[node]];
  if (!mine) mine = made;
  return *mine;
}

std::shared_ptr<const Node> Instances::bind(int node, ItemRun& item, const std::vector<Value>& fed) {
  const Props props = fed_props(node, item.item, fed);
  const std::shared_ptr<BoundNode> bound = bound_[node]->find(key_of(node, item.item, props.values()));
  const base::MutexLock lock(bound->mutex);
  if (bound->node) return bound->node;
  const NodeType& type = *plan_.graph().nodes[node].type;
  if (!type.contract.binds()) return bound->node = make(node, props);
  bound->node = get(node, item).bind(props);
  if (!bound->node) throw std::logic_error("node type '" + type.contract.type() + "': bind() returned nothing");
  return bound->node;
}

std::shared_ptr<Instances::BoundNode> Instances::Bound::find(const std::string& key) {
  const base::MutexLock lock(mutex);
  if (const auto known = by_key.find(key); known != by_key.end()) {
    order.splice(order.begin(), order, known->second);
    return known->second->second;
  }
  order.emplace_front(key, std::make_shared<BoundNode>());
  by_key[key] = order.begin();
  while (order.size() > kBoundNodes.most()) {
    by_key.erase(order.back().first);
    order.pop_back();
  }
  return order.front().second;
}

/// Range and choices are those of the property, and of the bins' params through which the value came.
Props Instances::fed_props(int node, std::int64_t item, const std::vector<Value>& fed) const {
  const Graph& graph = plan_.graph();
  const GraphNode& spec = graph.nodes[node];
  std::vector<Scalar> values = plan_.props(node, item).values();
  for (std::size_t k = 0; k < fed.size(); ++k) {
    const PropSpec& prop = spec.type->contract.props()[spec.fed[k].prop];
    const Scalar value = *convert(scalar_of(fed[k]), prop.kind);
    try {
      check_range(value, prop.range);
      for (int param = spec.fed[k].param; param >= 0; param = graph.params[param].value->fed) {
        check_range(value, graph.params[param].range);
        if (graph.params[param].value->fed == param) break;
      }
    } catch (const std::invalid_argument& e) {
      const PortRef& sender = spec.ins[spec.fed[k].in];
      throw std::runtime_error("property '" + prop.name + "': " + e.what() + ", sent by " +
                               graph.nodes[sender.node].id + "." + graph.nodes[sender.node].outs[sender.port]);
    }
    values[spec.fed[k].prop] = value;
  }
  return Props(spec.type->contract, std::move(values));
}

/// Swept properties are told by their group, and fed ones by their text.
std::string Instances::key_of(int node, std::int64_t item, const std::vector<Scalar>& values) const {
  std::string key = std::to_string(plan_.group(plan_.property_scope(node), item));
  for (const GraphNode::Fed& fed : plan_.graph().nodes[node].fed) {
    const std::string text = to_text(values[fed.prop]);
    key += "|" + std::to_string(text.size()) + ":" + text;
  }
  return key;
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
