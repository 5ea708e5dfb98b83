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
  walk(0);
  std::vector<Fault> faults;
  for (const auto& [node, fault] : faults_) faults.push_back(fault);
  return faults;
}

/// In the order in which values go, so that a long chain of nodes is not a deep one of calls.
void Foresight::walk(int region) {
  for (const int n : plan_.graph().regions[region].nodes) {
    const GraphNode& node = plan_.graph().nodes[n];
    if (node.sort == GraphNode::Sort::kNode) known_[n] = ask(n);
    else if (node.sort == GraphNode::Sort::kLoop) go_round(node);
    else if (node.sort == GraphNode::Sort::kEach) walk(node.body);
  }
}

/// What a loop begins with counts, if its turns go on with the same.
void Foresight::go_round(const GraphNode& loop) {
  const Region& body = plan_.graph().regions[loop.body];
  const auto state = [&](std::size_t k) -> Extent& { return states_[{body.head, static_cast<int>(k)}]; };
  for (std::size_t k = 0; k < body.next.size(); ++k) state(k) = of(loop.ins[k]);
  for (bool holds = false; !holds;) {
    walk(loop.body);
    holds = true;
    for (std::size_t k = 0; k < body.next.size(); ++k) {
      if (state(k).empty() || of(body.next[k]) == state(k)) continue;
      state(k).clear();
      holds = false;
    }
  }
}

Extent Foresight::of(const PortRef& port) const {
  if (!port) return {};
  const GraphNode& node = plan_.graph().nodes[port.node];
  if (node.sort == GraphNode::Sort::kNode) {
    const auto known = known_.find(port.node);
    return known == known_.end() || known->second.empty() ? Extent{}
                                                          : known->second[static_cast<std::size_t>(port.port)];
  }
  if (node.sort == GraphNode::Sort::kHead) {
    const auto state = states_.find({port.node, port.port});
    return state == states_.end() ? Extent{} : state->second;
  }
  const Region& body = plan_.graph().regions[node.body];
  const bool collected = port.port >= static_cast<int>(body.out.size());  // a list, as all is that an each sends
  return node.sort != GraphNode::Sort::kLoop || collected ? Extent{} : of(body.source(port.port));
}

/// By output; empty: nothing is known.
std::vector<Extent> Foresight::ask(int n) {
  const GraphNode& node = plan_.graph().nodes[n];
  faults_.erase(n);  // of what was supposed of a loop before
  std::vector<Extent> ins;
  for (std::size_t i = 0; i < node.type->contract.ins().size(); ++i) ins.push_back(of(node.ins[i]));
  if (!wanted_[static_cast<std::size_t>(n)]) return bypassed(*node.type, ins);
  const Scope scope = plan_.property_scope(n);
  if (!node.fed.empty() || plan_.is_open(scope) || plan_.groups(scope) > kMostAsked) return {};
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
  std::shared_ptr<const Node> made = made_[static_cast<std::size_t>(n)];
  try {
    if (!made) made = node.type->make(plan_.props(n, item));
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
