// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "imaging/regions/labels.h"

namespace imaging {

/// Cells joined into sets. The root of a set is its smallest cell, so that roots, and with them the numbers of regions,
/// do not depend on the order of the joins. Paths are halved (Tarjan and van Leeuwen 1984).
class DisjointSets {
 public:
  explicit DisjointSets(std::int32_t cells) : parents_(static_cast<std::size_t>(cells)), count_(cells) {
    std::iota(parents_.begin(), parents_.end(), 0);
  }

  std::int32_t find(std::int32_t cell) {
    while (parents_[cell] != cell) {
      parents_[cell] = parents_[parents_[cell]];
      cell = parents_[cell];
    }
    return cell;
  }

  /// REQUIRES: two different roots. The smaller becomes the root of both.
  void join(std::int32_t a, std::int32_t b) {
    parents_[std::max(a, b)] = std::min(a, b);
    --count_;
  }

  /// How many sets there are.
  std::int32_t count() const { return count_; }

  /// The root of every cell.
  std::span<const std::int32_t> roots() {
    // A parent is a smaller cell, or the same: it has its root already.
    for (std::int32_t& parent : parents_) parent = parents_[parent];
    return parents_;
  }

  /// The sets as regions, numbered by their first cells. REQUIRES: height · width = cells.
  Labels labels(int height, int width) const {
    Labels labels{.height = height, .width = width, .count = 0, .ids = std::vector<std::int32_t>(parents_.size())};
    for (std::size_t cell = 0; cell < parents_.size(); ++cell) {
      const auto parent = static_cast<std::size_t>(parents_[cell]);
      labels.ids[cell] = parent == cell ? labels.count++ : labels.ids[parent];
    }
    return labels;
  }

 private:
  std::vector<std::int32_t> parents_;
  std::int32_t count_;
};

}  // namespace imaging
