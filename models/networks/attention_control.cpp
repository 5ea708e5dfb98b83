// SPDX-License-Identifier: MIT
#include "models/networks/attention_control.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace models {

double attention_weight(AttentionFall fall, double sigma) {
  constexpr double kMost = 1e4;  // noise alone, which schedules with zero terminal SNR begin at, is infinite
  const double level = std::min(sigma, kMost);
  if (fall == AttentionFall::kEdiffi) return 0.1 * std::log(level + 1);
  const double once = std::log(level + 1.01);
  return fall == AttentionFall::kLog ? once : std::log(once + 1);
}

LogitEdit attention_edit(std::vector<AttentionRegion> regions, AttentionFall fall, double sigma) {
  const double weight = attention_weight(fall, sigma);
  const bool of_all = fall == AttentionFall::kEdiffi;
  return [=, regions = std::move(regions)](const at::Tensor& logits, std::int64_t height, std::int64_t width) {
    at::Tensor edited = logits.clone();
    const at::Tensor most = of_all ? logits.max() : at::Tensor();
    for (const AttentionRegion& region : regions) {
      const at::Tensor mask = at::upsample_bilinear2d(region.mask, {height, width}, /*align_corners=*/false)
                                  .reshape({1, 1, -1})
                                  .to(at::kDouble);
      for (const std::int64_t token : region.tokens) {
        if (token < 0 || token >= edited.size(3))
          throw std::invalid_argument("a word at the token " + std::to_string(token) + " of a text of " +
                                      std::to_string(edited.size(3)));
        const at::Tensor column = edited.select(3, token);
        const at::Tensor pull = (of_all ? most : column.max()).to(at::kDouble) * weight;
        const at::Tensor moved =
            column.to(at::kDouble) + region.strength * pull * mask - region.negative_strength * pull * (1 - mask);
        edited.select(3, token).copy_(moved.to(edited.scalar_type()));
      }
    }
    return edited;
  };
}

}  // namespace models
