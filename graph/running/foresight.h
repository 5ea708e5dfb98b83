// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "graph/mark.h"
#include "graph/outlook.h"
#include "graph/plan.h"

namespace graph {

/// Asks the nodes of a run what they foresee. Used by one thread.
class Foresight {
 public:
  using Nodes = std::vector<std::shared_ptr<const Node>>;

  /// By node: those that run, and those that are made already, which need not be made for it. All but `wanted` must
  /// outlive it.
  Foresight(const Plan& plan, std::vector<bool> wanted, const Nodes& made)
      : plan_(plan), wanted_(std::move(wanted)), made_(made) {}

  /// What nodes refuse, at their places.
  std::vector<Fault> all();

 private:
  void walk(int region);
  void go_round(const GraphNode& loop);
  Extent of(const PortRef& port) const;
  std::vector<Extent> ask(int node);
  std::vector<Extent> ask(int node, std::int64_t item, const std::vector<Extent>& ins);
  std::vector<Item> gathered_by(int node, std::int64_t item) const;

  const Plan& plan_;
  const std::vector<bool> wanted_;
  const Nodes& made_;
  std::map<int, std::vector<Extent>> known_;      ///< by node
  std::map<std::pair<int, int>, Extent> states_;  ///< by head and port
  std::map<int, Fault> faults_;                   ///< by node
};

}  // namespace graph
