// SPDX-License-Identifier: MIT
#include "program/dependence.h"

#include <vector>

#include "graph/pattern.h"

namespace program {
namespace {

class Walk {
 public:
  explicit Walk(const graph::Plan& plan) : plan_(plan), graph_(plan.graph()) {}

  Dependence from(int node) {
    visit(node);
    while (!open_.empty()) {
      const int next = open_.back();
      open_.pop_back();
      read(graph_.nodes[next]);
    }
    return std::move(found_);
  }

 private:
  void visit(int node) {
    if (node >= 0 && found_.nodes.insert(node).second) open_.push_back(node);
  }

  void read(const graph::GraphNode& node) {
    for (const graph::Expr& expr : node.props) {
      add(expr);
      if (expr.kind == graph::Kind::kPattern) add_fields(node, expr);
    }
    if (node.when) {
      for (const graph::Expr* expr : node.when->parts()) add(*expr);
    }
    for (int param : node.per) add(param);
    for (const graph::PortRef& in : node.ins) visit(in.node);
    visit(graph_.regions[node.region].owner);
    if (node.body < 0) return;
    for (int inner : graph_.regions[node.body].nodes) visit(inner);
  }

  void add(const graph::Expr& expr) {
    for (const int param : expr.params()) add(param);
  }

  void add(int param) {
    if (plan_.follows(param)) add(*graph_.params[param].value);
    else found_.params.insert(param);
  }

  void add_fields(const graph::GraphNode& node, const graph::Expr& expr) {
    for (const std::string& field : graph::pattern_fields(graph::to_text(plan_.evaluate(expr, 0)))) {
      if (const int param = graph_.find_field(node, field); param >= 0) add(param);
    }
  }

  const graph::Plan& plan_;
  const graph::Graph& graph_;
  std::vector<int> open_;
  Dependence found_;
};

}  // namespace

Dependence dependence_of(const graph::Plan& plan, int node) {
  return Walk(plan).from(node);
}

}  // namespace program
