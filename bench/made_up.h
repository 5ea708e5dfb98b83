// SPDX-License-Identifier: MIT
#pragma once

#include <utility>
#include <vector>

#include "methods/matching/sources.h"

/// Latents for benches that are given none.
namespace bench {

/// Smooth fields with some noise, as latents of pictures are. The sizes are those of the five watercolours that ship
/// with CollageNet.
inline at::Tensor smooth(std::int64_t height, std::int64_t width) {
  const at::Tensor coarse = at::randn({1, 4, height / 8 + 1, width / 8 + 1});
  return at::upsample_bilinear2d(coarse, {height, width}, false)[0] + 0.3 * at::randn({4, height, width});
}

inline std::vector<matching::SourceLatent> made_up_sources() {
  std::vector<matching::SourceLatent> sources;
  for (const auto& [height, width] : {std::pair{78, 78}, {100, 150}, {154, 231}, {264, 375}, {112, 160}}) {
    matching::SourceLatent source;
    source.latent = smooth(height, width).to(at::kHalf).to(at::kFloat).contiguous();
    source.path = "made-up";
    source.original_width = source.processed_width = 8 * width;
    source.original_height = source.processed_height = 8 * height;
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace bench
