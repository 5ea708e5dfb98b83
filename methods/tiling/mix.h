// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "methods/tiling/region.h"

namespace tiling {

/// Predictions of regions as one of their canvas: in each cell Σ m ε / Σ m over the regions that have it, 0 where no
/// region has any weight. Sums are in double.
/// Source: Barbero Jiménez 2023 (Mixture of Diffusers), equation 2.
class Mixer {
 public:
  /// Of a canvas of height × width cells, all regions within it. Weights are kept on `device`.
  Mixer(std::vector<std::shared_ptr<const Region>> regions, std::int64_t height, std::int64_t width, at::Device device);

  const std::vector<std::shared_ptr<const Region>>& regions() const { return regions_; }

  /// `predictions`: (B,C,h,w) of each region, on the device. Gives (B,C,height,width) of their dtype. Throws
  /// std::invalid_argument for one that is not of its region's size.
  at::Tensor operator()(std::span<const at::Tensor> predictions) const;

 private:
  std::vector<std::shared_ptr<const Region>> regions_;
  std::vector<at::Tensor> weights_;  ///< (h,w) f64 of each region
  at::Tensor sums_;                  ///< (height,width) f64
};

/// Throws std::invalid_argument for a region that is not within a canvas of so many cells.
void check_within(const Region& region, std::int64_t height, std::int64_t width);

/// The cells of a box, a view: (B,C,h,w).
at::Tensor cells(const at::Tensor& latents, const Box& box);

}  // namespace tiling
