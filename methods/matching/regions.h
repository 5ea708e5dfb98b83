// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "imaging/regions/labels.h"

namespace matching {

/// Cells of one row that belong to one region.
struct Run {
  std::int32_t y = 0, x = 0, length = 0;
};

/// The cells of one label.
struct Region {
  std::int32_t label = 0;
  std::int32_t area = 0;                               ///< cells
  std::int32_t y0 = 0, x0 = 0, height = 0, width = 0;  ///< its box, cells
  std::span<const Run> runs{};                         ///< from top to bottom, left to right
};

/// The regions of a label map, in ascending order of their labels; labels without cells are left out.
class Regions {
 public:
  /// Throws std::invalid_argument for a label that is not in 0 … count − 1.
  explicit Regions(const imaging::Labels& labels);
  Regions(const Regions&) = delete;
  Regions& operator=(const Regions&) = delete;

  auto begin() const& { return regions_.begin(); }
  auto begin() const&& = delete;  // a region's runs live here
  auto end() const& { return regions_.end(); }

 private:
  std::vector<Run> runs_;  ///< region by region
  std::vector<Region> regions_;
};

}  // namespace matching
