// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "matching/regions.h"
#include "matching/window_sums.h"

namespace matching {

/// Cells (h,w,C) that somebody else owns.
struct Cells {
  const float* data = nullptr;
  std::ptrdiff_t stride = 0;  ///< numbers from a cell to the one below
  int channels = 0;

  const float* at(std::ptrdiff_t y, std::ptrdiff_t x) const { return data + y * stride + x * channels; }
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
  explicit RegionScorer(const Cells& latent) : latent_(latent) {}

  void set(const Region& region);

  /// The best of at least one window, given by its corner; the first of equals. `Cells::data` of each window points at
  /// the window; SourceRecord::kRoom numbers behind its last row must be readable.
  BestWindow best(std::span<const Cells> windows);

 private:
  struct Placement {
    std::ptrdiff_t stride;
    std::vector<int> offsets;
  };

  const int* offsets(std::ptrdiff_t stride);
  float rank(std::span<const Cells> windows);
  double exact(const Cells& window) const;

  const Cells latent_;
  Region region_;
  std::vector<double> query_;  ///< the region's numbers, less their mean
  double query_norm_ = 0;
  std::vector<Block> blocks_;
  std::vector<int> rows_, columns_;    ///< of each block: cells down and numbers to the right of a window's corner
  std::vector<Placement> placements_;  ///< for each stride among the windows; the first `used_` are of this region
  std::size_t used_ = 0;
  std::vector<Placed> placed_;
  WindowSums sums_;
  std::vector<float> ranks_;  ///< of each window: about the square of its score, with its sign
};

}  // namespace matching
