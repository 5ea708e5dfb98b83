// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "program/model_nodes.h"
#include "tensors/operator_profile.h"

namespace modules {

class NodeOperators final : public program::OperatorWatch {
 public:
  void enter(int node) override { tensors::OperatorProfile::enter(node); }
  void leave(int /*node*/) override { tensors::OperatorProfile::leave(); }

  std::vector<observers::OperatorTime> of_node(int node) const override {
    std::vector<observers::OperatorTime> operators;
    for (const auto& [name, cost] : profile_.costs(node)) {
      const std::chrono::duration<double> time(cost.seconds);
      operators.push_back({name, cost.calls, std::chrono::duration_cast<graph::Clock::duration>(time)});
    }
    return operators;
  }

 private:
  tensors::OperatorProfile profile_;
};

}  // namespace modules
