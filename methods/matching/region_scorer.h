// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "methods/matching/regions.h"
#include "methods/matching/window_ranks.h"

namespace matching {

/// Cells (h,w,C) that somebody else owns.
struct Cells {
  const float* data = nullptr;
  std::ptrdiff_t stride = 0;  ///< numbers from a cell to the one below
  int channels = 0;

  const float* at(std::ptrdiff_t y, std::ptrdiff_t x) const { return data + y * stride + x * channels; }
};

/// A window into cells.
struct Window {
  const float* corner;  ///< its first number; SourceRecord::kRoom numbers behind its last row must be readable
  std::size_t form;     ///< which of the scorer's strides its cells have
};

/// The window that is most like a region.
struct BestWindow {
  std::size_t index = 0;
  double score = 0;  ///< in [−1, 1]
};

/// Compares a region of a latent with windows: the cosine of both vectors of numbers in the region's cells, each less
/// its mean; norms below 1e-6 count as 1e-6. All windows are ranked in float; those that rounding could have kept from
/// being the best are computed once more in double, which decides. So the result does not depend on the machine.
class RegionScorer {
 public:
  /// `strides` are those of the cells that windows are in.
  RegionScorer(const Cells& latent, std::vector<std::ptrdiff_t> strides);

  void set(const Region& region);

  /// The best of at least one window; the first of equals.
  BestWindow best(std::span<const Window> windows);

 private:
  void place(std::size_t form);
  float rank(std::span<const Window> windows);
  double exact(const Window& window);

  const Cells latent_;
  const std::vector<std::ptrdiff_t> strides_;
  Region region_;
  std::vector<double> query_;  ///< the region's numbers, less their mean
  double query_norm_ = 0;
  std::vector<Block> blocks_;
  std::vector<int> rows_, columns_;        ///< of each block: cells down and numbers right of a window's corner
  std::vector<std::vector<int>> offsets_;  ///< of each block, for each stride
  std::vector<const int*> placement_;      ///< the same of this region; null until a window asks for it
  std::vector<double> window_;             ///< a window's numbers in the region
  std::vector<Placed> placed_;
  WindowRanks ranks_;
};

}  // namespace matching
