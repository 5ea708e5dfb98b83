// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

/// The three parts of a convolution by Winograd's F(4×4, 3×3) over pieces of a feature map, for one thread each, in the
/// instructions that a processor has. A tile is 4×4 pixels of the result, a patch the 6×6 that they are made of.
///
/// Y = Aᵀ [ Σ over channels (G g Gᵀ) ⊙ (Bᵀ d B) ] A: what was a sum over 3×3 places and channels becomes 36 products of
/// matrices (channels out × channels in) · (channels in × tiles), a quarter of the multiplications.
/// Source: Lavin and Gray 2016, with the points 0, ±1, ±2 and infinity.
namespace models::winograd {

inline constexpr int kTile = 4, kPatch = 6, kPlaces = kPatch * kPatch;
inline constexpr int kLanes = 16;  ///< tiles in a panel: what is computed together
inline constexpr int kRows = 12;   ///< channels out in a panel of weights

/// A convolution of stride 1 with a border of one zero: x (batch, in, height, width) → y (batch, out, height, width).
struct Shape {
  std::int64_t batch, in, out, height, width;

  std::int64_t tiles_across() const { return (width + kTile - 1) / kTile; }
  std::int64_t tiles_down() const { return (height + kTile - 1) / kTile; }
  std::int64_t tiles() const { return batch * tiles_down() * tiles_across(); }
  std::int64_t panels() const { return (tiles() + kLanes - 1) / kLanes; }
  std::int64_t row_panels() const { return (out + kRows - 1) / kRows; }
};

/// Some panels of tiles, counted over the whole batch row by row.
struct Block {
  std::int64_t first, count;
};

/// From one to the other, of whatever a part is divided by.
struct Range {
  std::int64_t begin, end;
};

/// Numbers from one of the 36 places to the next. One vector more than there are, so that the places of one channel do
/// not fall on each other in a cache.
inline std::int64_t place_step(const Block& block, std::int64_t channels) {
  return (block.count * channels + 1) * kLanes;
}

struct Parts {
  /// Patches of these channels in. `v`: for each of the 36 places (block's panels, in, 16).
  void (*transform_input)(const Shape& shape, const float* x, const Block& block, const Range& channels, float* v);
  /// Products of these of the 36 places. `u`: (36, row panels, in, 12); `m`: for each place
  /// (block's panels, row panels · 12, 16).
  void (*multiply)(const Shape& shape, const float* u, const float* v, const Block& block, const Range& places,
                   float* m);
  /// Pixels of these channels out. `bias`: (out), or null.
  void (*transform_output)(const Shape& shape, const float* m, const float* bias, const Block& block,
                           const Range& channels, float* y);
};

/// `weight` (out, in, 3, 3) → `u`, as multiply() takes it.
void transform_weights(const float* weight, std::int64_t out, std::int64_t in, float* u);

}  // namespace models::winograd
