// SPDX-License-Identifier: MIT
#include "matching/blend.h"

#include "matching/match_regions.h"

namespace matching {
namespace {

/// Blends a match's window into the region's cells of `latent` (C,h,w).
void blend_window(float* latent, const imaging::Labels& labels, const SourceRecord& record, const Match& match,
                  float alpha) {
  const std::int64_t channels = record.cells.size(2), width = record.cells.size(1);
  const std::int64_t plane = std::int64_t{labels.height} * labels.width;
  const float* cells = record.cells.data_ptr<float>();
  for (std::int64_t row = 0; row < match.height; ++row) {
    const std::int64_t first = (match.y0 + row) * labels.width + match.x0;
    const float* window = cells + ((match.y + row) * width + match.x) * channels;
    for (std::int64_t x = 0; x < match.width; ++x) {
      if (labels.ids[static_cast<std::size_t>(first + x)] != match.region) continue;
      float* cell = latent + first + x;
      for (std::int64_t channel = 0; channel < channels; ++channel)
        cell[channel * plane] = cell[channel * plane] * (1 - alpha) + window[x * channels + channel] * alpha;
    }
  }
}

at::Tensor blend_regions(const at::Tensor& latent, const Matches& matches, double alpha) {
  at::Tensor blended = latent.to(at::kCPU, at::kFloat, /*non_blocking=*/false, /*copy=*/true).contiguous();
  for (const Match& match : matches.matches) {
    const SourceRecord& record = matches.bank->records[static_cast<std::size_t>(match.record)];
    blend_window(blended.data_ptr<float>(), *matches.labels, record, match, static_cast<float>(alpha));
  }
  return blended;
}

}  // namespace

at::Tensor blend(const at::Tensor& latent, const Matches& matches, double alpha) {
  const at::Tensor one = checked_latent(latent, *matches.labels, *matches.bank);
  const at::Tensor blended = matches.target.defined() ? at::lerp(one, matches.target.to(one.device()), alpha)
                                                      : blend_regions(one, matches, alpha);
  return blended.view(latent.sizes()).to(latent.device(), latent.scalar_type());
}

}  // namespace matching
