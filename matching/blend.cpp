// SPDX-License-Identifier: MIT
#include "matching/blend.h"

#include "matching/match_regions.h"

namespace matching {
namespace {

/// Where a match's window and its region lie in (C,h,w) tensors.
void blend_window(float* latent, const imaging::Labels& labels, const SourceRecord& record, const Match& match,
                  float alpha) {
  const std::int64_t channels = record.latent.size(0), height = record.latent.size(1), width = record.latent.size(2);
  const float* source = record.latent.data_ptr<float>();
  for (std::int64_t channel = 0; channel < channels; ++channel) {
    for (std::int64_t row = 0; row < match.height; ++row) {
      const std::int64_t cell = (match.y0 + row) * labels.width + match.x0;
      const std::int32_t* ids = labels.ids.data() + cell;
      float* out = latent + channel * labels.height * labels.width + cell;
      const float* window = source + (channel * height + match.y + row) * width + match.x;
      // Without a branch, which lets eight cells be blended at once; a share of zero leaves them as they are.
      for (std::int64_t x = 0; x < match.width; ++x) {
        const float share = ids[x] == match.region ? alpha : 0.0F;
        out[x] = out[x] * (1 - share) + window[x] * share;
      }
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
