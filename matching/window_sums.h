// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

namespace matching {

inline constexpr int kLanes = 8;

/// Eight numbers of a region. Numbers outside it are zero in both.
struct alignas(64) Block {
  float query[kLanes] = {};  ///< what windows are compared with
  float mask[kLanes] = {};   ///< 1 in the region
};

/// A window's place in memory.
struct Placed {
  const float* corner;  ///< its first number
  const int* offsets;   ///< from there to each block's first number
};

/// For each window: Σ query·w, Σ mask·w and Σ mask·w², in float.
struct WindowSums {
  std::vector<float> dot, sum, squares;
};

/// All sums that a region's windows are ranked by. Eight numbers are read at each block's place, those outside the
/// region too: they must be there and finite. Uses the widest instructions of AVX2 where the machine has them.
void window_sums(std::span<const Block> blocks, std::span<const Placed> windows, WindowSums& sums);

}  // namespace matching
