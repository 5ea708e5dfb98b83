// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace matching {

inline constexpr int kLanes = 8;

/// Eight numbers of a region's windows. Those outside the region are zero in both.
struct alignas(64) Block {
  float query[kLanes] = {};        ///< what windows are compared with: centred, all blocks together of norm 1
  std::int32_t mask[kLanes] = {};  ///< all bits set in the region
};

/// A window's place in memory.
struct Placed {
  const float* corner;  ///< its first number
  const int* offsets;   ///< from there to each block's first number
};

/// Windows by how much they are like a region.
struct WindowRanks {
  std::vector<float> ranks;  ///< score · |score| of each; infinite where rounding leaves too little of it
  float greatest = 0;        ///< of the finite ones; −infinity when there is none
  float spread = 1;  ///< the greatest Σw² / Σ(w − mean)² of the finite ones: how much rounding is magnified
  std::vector<float> dot, sum, squares;  ///< room to work in
};

/// Ranks windows in float. `count` is how many numbers the region has. Eight numbers are read at each block's place,
/// those outside the region too: they must be there and finite. Uses AVX2 where the machine has it.
void rank_windows(std::span<const Block> blocks, std::size_t count, std::span<const Placed> windows,
                  WindowRanks& ranks);

}  // namespace matching
