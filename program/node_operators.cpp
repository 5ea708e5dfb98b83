// SPDX-License-Identifier: MIT
#include "program/node_operators.h"

#include <chrono>

namespace program {

std::vector<observers::OperatorTime> NodeOperators::of_hottest(const graph::RunReport& report) const {
  std::vector<observers::OperatorTime> operators;
  for (const auto& [name, cost] : profile_.costs(observers::hottest_node(report))) {
    const std::chrono::duration<double> time(cost.seconds);
    operators.push_back({name, cost.calls, std::chrono::duration_cast<graph::Clock::duration>(time)});
  }
  return operators;
}

}  // namespace program
