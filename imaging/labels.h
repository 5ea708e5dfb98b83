// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace imaging {

/// A map of regions: each cell's region, numbered from 0 without gaps.
struct Labels {
  int height = 0, width = 0;      ///< cells
  int count = 0;                  ///< regions
  std::vector<std::int32_t> ids;  ///< (height·width), row-major, each in 0 … count−1
  int patch_size = 0;             ///< > 0: not regions but a grid of squares of this side in cells, in reading order

  std::int32_t at(int y, int x) const { return ids[static_cast<std::size_t>(y) * width + x]; }
};

/// Numbers of a plane stack (channels,height,width), row-major, that somebody else owns.
struct Planes {
  const float* data = nullptr;
  int channels = 0, height = 0, width = 0;
};

}  // namespace imaging
