// SPDX-License-Identifier: MIT
#include "schedulers/noise_levels.h"

#include <cmath>
#include <numbers>

#include "tensors/npz.h"
#include "tensors/torch.h"

namespace schedulers {
namespace {

at::Tensor tensor_of(const std::vector<double>& values) {
  return at::from_blob(const_cast<double*>(values.data()), {static_cast<std::int64_t>(values.size())}, at::kDouble)
      .to(at::kFloat);
}

at::Tensor cosine_betas(std::int64_t timesteps) {
  const auto alpha_bar = [&](std::int64_t i) {
    const double t = static_cast<double>(i) / static_cast<double>(timesteps);
    const double c = std::cos((t + 0.008) / 1.008 * std::numbers::pi / 2);
    return c * c;
  };
  std::vector<double> betas;
  for (std::int64_t i = 0; i < timesteps; ++i) betas.push_back(std::min(1 - alpha_bar(i + 1) / alpha_bar(i), 0.999));
  return tensor_of(betas);
}

/// `count` numbers from `start` to `end`, to the last bit as torch 1.13 gives them on a CPU with AVX2. What
/// at::linspace gives differs between versions and CPUs in the last bit of a float, and the sigmas of the least noise,
/// where 1 − ᾱ cancels, by 3e-5 for it: the same seed should give the same picture everywhere.
at::Tensor linspace(double start, double end, std::int64_t count) {
  constexpr std::int64_t kVector = 8;
  const float from = static_cast<float>(start), to = static_cast<float>(end);
  const float step = count > 1 ? (to - from) / static_cast<float>(count - 1) : 0;
  const at::Tensor all = at::empty({count}, at::kFloat);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t whole = i / kVector * kVector, first = whole + kVector <= count ? whole : i;
    const float base = first < count / 2 ? std::fma(step, static_cast<float>(first), from)
                                         : std::fma(-step, static_cast<float>(count - 1 - first), to);
    all.data_ptr<float>()[i] = base + static_cast<float>(i - first) * step;
  }
  return all;
}

at::Tensor betas_of(const Config& config, const BetaRules& rules) {
  if (!config.trained_betas.empty()) return tensor_of(config.trained_betas);
  if (config.beta_schedule == "squaredcos_cap_v2") return cosine_betas(config.num_train_timesteps);
  const double start = config.beta_start.value_or(rules.start);
  const double end = config.beta_end.value_or(rules.end);
  if (config.beta_schedule == "linear") return linspace(start, end, config.num_train_timesteps);
  return linspace(std::sqrt(start), std::sqrt(end), config.num_train_timesteps).square();
}

/// Moves sqrt(ᾱ) so that it ends at 0 and keeps its first value.
at::Tensor rescale_to_zero_snr(const at::Tensor& betas) {
  const at::Tensor root = at::cumprod(1 - betas, 0).sqrt();
  const at::Tensor first = root[0];
  const at::Tensor last = root[-1];
  const at::Tensor cumprod = ((root - last) * (first / (first - last))).square();
  const at::Tensor alphas = at::cat({cumprod.slice(0, 0, 1), cumprod.slice(0, 1) / cumprod.slice(0, 0, -1)});
  return 1 - alphas;
}

}  // namespace

std::vector<float> NoiseLevels::sigmas() const {
  std::vector<float> sigmas;
  sigmas.reserve(alphas_cumprod.size());
  for (const float a : alphas_cumprod) sigmas.push_back(std::sqrt((1 - a) / a));
  return sigmas;
}

NoiseLevels noise_levels(const Config& config, const BetaRules& rules) {
  at::Tensor betas = betas_of(config, rules);
  const bool rescaled = rules.rescales && config.rescale_betas_zero_snr.value_or(false);
  if (rescaled) betas = rescale_to_zero_snr(betas);
  const at::Tensor cumprod = at::cumprod(1 - betas, 0).contiguous();
  const float* begin = cumprod.data_ptr<float>();
  NoiseLevels levels{{begin, begin + cumprod.numel()}};
  float previous = 1;
  for (const float alpha : levels.alphas_cumprod) {
    if (!(alpha < previous && alpha >= 0)) {
      throw tensors::FileError(config.name + ": the betas are no noise schedule: each must lie between 0 and 1");
    }
    previous = alpha;
  }
  // Only now: where the training ends close to zero by itself, the last but one may lie below it, as in diffusers.
  if (rescaled && rules.terminal > 0) levels.alphas_cumprod.back() = rules.terminal;
  return levels;
}

}  // namespace schedulers
