// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "graph/mark.h"

namespace graph {

/// Gathers faults, so that all are reported at once. Keeps the first 100 and counts the others.
class FaultList {
 public:
  static constexpr std::size_t kMost = 100;

  void add(const Mark& mark, std::string what);

  bool empty() const { return count_ == 0; }
  /// Whether more faults are only counted: their texts need not be made.
  bool full() const { return faults_.size() >= kMost; }
  /// base::did_you_mean(), or "" when full(): the search is costly in a large graph.
  std::string suggest(const std::string& word, const std::vector<std::string>& candidates) const;

  /// Throws Faults when there are any.
  void throw_if_any();

 private:
  std::vector<Fault> faults_;
  std::size_t count_ = 0;
};

}  // namespace graph
