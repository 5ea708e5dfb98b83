// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "graph/run.h"
#include "observers/summary.h"
#include "tensors/operator_profile.h"

namespace program {

/// --profile: notes libtorch's operators apart for each node of a run, while it lives.
class NodeOperators final : public graph::CallHooks {
 public:
  void enter(int node) override { tensors::OperatorProfile::enter(node); }
  void leave(int /*node*/) override { tensors::OperatorProfile::leave(); }

  /// Those of the node that computed most.
  std::vector<observers::OperatorTime> of_hottest(const graph::RunReport& report) const;

 private:
  tensors::OperatorProfile profile_;
};

}  // namespace program
