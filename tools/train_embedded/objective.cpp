// SPDX-License-Identifier: MIT
#include "tools/train_embedded/objective.h"

#include <cmath>

#include "tensors/generator.h"
#include "tools/train_embedded/chance.h"
#include "tools/train_embedded/configs.h"
#include "tools/train_embedded/denoiser.h"
#include "tools/train_embedded/scene.h"

namespace train_embedded {

CaptionedLatents::Batch CaptionedLatents::batch(int count, std::uint64_t seed) const {
  Chance chance(seed);
  std::vector<std::int64_t> rows;
  Batch batch;
  for (int i = 0; i < count; ++i) {
    const int row = chance.below(static_cast<int>(latents_.size(0)));
    rows.push_back(row);
    batch.captions.push_back(
        caption(compose(static_cast<std::uint64_t>(row)), imaging::mix(seed, static_cast<std::uint64_t>(i))));
  }
  batch.rows = at::tensor(rows, at::kLong);
  batch.latents = latents_.index_select(0, batch.rows).to(at::kFloat);
  return batch;
}

at::Tensor alphas_cumprod() {
  const schedulers::Schedule schedule = schedule_of("ddim", 1);
  const auto alphas = schedule.alphas_cumprod();
  return at::tensor(std::vector<float>(alphas.begin(), alphas.end()), at::kFloat);
}

Noised noised(const at::Tensor& alphas_cumprod, const at::Tensor& clean, std::uint64_t seed) {
  const std::int64_t count = clean.size(0);
  Chance chance(imaging::mix(seed, 9));
  std::vector<float> timesteps;
  for (std::int64_t i = 0; i < count; ++i) {
    const double part = (static_cast<double>(i) + chance.unit()) / static_cast<double>(count);
    timesteps.push_back(static_cast<float>(std::floor(part * kTimesteps)));
  }
  const at::Tensor t = at::tensor(timesteps, at::kFloat);
  const at::Tensor noise =
      tensors::Generator(static_cast<std::int64_t>(imaging::mix(seed, 10) >> 1)).randn(clean.sizes());
  const at::Tensor alpha = alphas_cumprod.index_select(0, t.to(at::kLong)).view({-1, 1, 1, 1});
  const at::Tensor a = alpha.sqrt(), b = (1 - alpha).sqrt();
  return {a * clean + b * noise, t, a * noise - b * clean, (5 * (1 - alpha) / alpha).clamp_max(1).flatten()};
}

}  // namespace train_embedded
