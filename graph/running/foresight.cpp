// SPDX-License-Identifier: MIT
#include "graph/running/foresight.h"

#include <algorithm>
#include <exception>

#include "graph/node.h"

namespace graph {
namespace {

/// A node whose properties have more values than that is not asked for each.
constexpr std::int64_t kMostAsked = 1000;
/// Nor is one told of more items than that.
constexpr std::int64_t kMostGathered = 20'000;

/// What holds for both.
void lower(std::vector<Extent>& outs, const std::vector<Extent>& others) {
  for (std::size_t i = 0; i < outs.size(); ++i) {
    if (outs[i].size() != others[i].size()) outs[i].clear();
    for (std::size_t k = 0; k < outs[i].size(); ++k) outs[i][k] = std::min(outs[i][k], others[i][k]);
  }
}

/// What comes out of a node that is switched off, in some turns or by a link.
std::vector<Extent> bypassed(const NodeType& type, const std::vector<Extent>& ins) {
  std::vector<Extent> outs(type.contract.outs().size());
  for (const auto& [out, in] : type.contract.bypasses())
    outs[static_cast<std::size_t>(out)] = ins[static_cast<std::size_t>(in)];
  return outs;
}

}  // namespace

std::vector<Fault> Foresight::all() {
  for (std::size_t n = 0; n < wanted_.size(); ++n) {
    const GraphNode& node = plan_.graph().nodes[n];
    if (wanted_[n] && node.type && node.type->contract.outs().empty()) ask(static_cast<int>(n));
  }
  std::vector<Fault> faults;
  for (const auto& [node, fault] : faults_) faults.push_back(fault);
  return faults;
}

Extent Foresight::of(const PortRef& port) {
  if (!port) return {};
  const GraphNode& node = plan_.graph().nodes[port.node];
  switch (node.sort) {
    case GraphNode::Sort::kNode:
      return of_node(port);
    case GraphNode::Sort::kHead:
      return of_state(port);
    case GraphNode::Sort::kLoop: {
      const Region& body = plan_.graph().regions[node.body];
      const bool collected = port.port >= static_cast<int>(body.out.size());  // a list
      return collected ? Extent{} : of(body.source(port.port));
    }
    default:
      return {};
  }
}

Extent Foresight::of_node(const PortRef& port) {
  auto known = known_.find(port.node);
  if (known == known_.end()) known = known_.insert_or_assign(port.node, ask(port.node)).first;
  return known->second.empty() ? Extent{} : known->second[static_cast<std::size_t>(port.port)];
}

/// By output; empty: nothing is known.
std::vector<Extent> Foresight::ask(int n) {
  const GraphNode& node = plan_.graph().nodes[n];
  if (!node.type || !node.fed.empty()) return {};
  const Scope scope = plan_.property_scope(n);
  if (plan_.is_open(scope) || plan_.groups(scope) > kMostAsked) return {};
  std::vector<Extent> ins;
  for (std::size_t i = 0; i < node.type->contract.ins().size(); ++i) ins.push_back(of(node.ins[i]));
  std::vector<Extent> outs;
  for (std::int64_t group = 0; group < plan_.groups(scope); ++group) {
    const std::vector<Extent> some = ask(n, plan_.item_of(scope, group), ins);
    if (some.empty()) return {};
    if (group == 0) outs = some;
    else lower(outs, some);
  }
  if (node.when) lower(outs, bypassed(*node.type, ins));
  return outs;
}

std::vector<Extent> Foresight::ask(int n, std::int64_t item, const std::vector<Extent>& ins) {
  const GraphNode& node = plan_.graph().nodes[n];
  std::unique_ptr<Node> made;
  try {
    made = node.type->make(plan_.props(n, item));
  } catch (const std::exception&) {  // the run says so
    return {};
  }
  Outlook outlook(node.type->contract, ins, gathered_by(n, item));
  try {
    made->foresee(outlook);
  } catch (const std::exception& e) {
    faults_.try_emplace(n,
                        Fault{node.mark, "node '" + node.id + "' (" + node.type->contract.type() + "): " + e.what()});
    return {};
  }
  return outlook.outs();
}

/// What a loop begins with, if that is also what its turns go on with.
Extent Foresight::of_state(const PortRef& port) {
  const GraphNode& head = plan_.graph().nodes[port.node];
  const Region& body = plan_.graph().regions[head.region];
  const bool is_state = port.port < static_cast<int>(body.next.size());
  if (!is_state || plan_.graph().nodes[body.owner].sort != GraphNode::Sort::kLoop) return {};
  const auto [state, is_new] = states_.try_emplace({port.node, port.port});
  if (!is_new) return state->second;
  const Extent first = of(plan_.graph().nodes[body.owner].ins[static_cast<std::size_t>(port.port)]);
  state->second = first;
  if (first.empty() || of(body.next[static_cast<std::size_t>(port.port)]) == first) return first;
  state->second.clear();
  known_.clear();  // what was found by what is not so
  return {};
}

std::vector<Item> Foresight::gathered_by(int n, std::int64_t item) const {
  const GraphNode& node = plan_.graph().nodes[n];
  if (!node.gathers || !node.ins[0] || plan_.is_open(plan_.scope(n))) return {};
  if (plan_.group_size(plan_.scope(n), item) > kMostGathered) return {};
  std::vector<Item> items;
  for (const std::int64_t member : plan_.members(plan_.scope(n), item))
    items.push_back(plan_.describe(plan_.scope(node.ins[0].node), member));
  return items;
}

}  // namespace graph
