// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/scalar.h"

namespace graph {

/// One point of the sweep, as a node sees it. For a node that several items share: the first of them.
struct Item {
  struct Param {
    std::string name;
    Scalar value;
    bool swept = false;
    std::string section{};  ///< of the graph file
  };
  std::int64_t index = 0;       ///< counts from 0 in the whole run, whatever was sharded or resumed
  std::vector<Param> params{};  ///< those that the node depends on when swept, and all that are not swept
  std::string label{};          ///< "seed=3, cut=0.5": the swept ones, or "" when nothing is swept
};

}  // namespace graph
