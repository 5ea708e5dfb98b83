// SPDX-License-Identifier: MIT
#include "models/networks/embeddings.h"

#include <cmath>

namespace models {

at::Tensor timestep_embedding(const at::Tensor& x, std::int64_t width, bool flip_sin_to_cos, double freq_shift) {
  const std::int64_t half = width / 2;
  const at::Tensor exponents = at::arange(half, x.options().dtype(at::kFloat)) * -std::log(10000.0);
  const at::Tensor frequencies = at::exp(exponents / (static_cast<double>(half) - freq_shift));
  const at::Tensor angles = x.to(at::kFloat).unsqueeze(-1) * frequencies;
  const at::Tensor sin = angles.sin(), cos = angles.cos();
  return flip_sin_to_cos ? at::cat({cos, sin}, -1) : at::cat({sin, cos}, -1);
}

at::Tensor guidance_embedding(const at::Tensor& scale, std::int64_t width) {
  const std::int64_t half = width / 2;
  // Rounded as diffusers rounds it: angles go into the thousands, where the last bit is seen.
  const double step = std::log(10000.0) / static_cast<double>(half - 1);
  const at::Tensor frequencies = at::exp(at::arange(half, scale.options().dtype(at::kFloat)) * -step);
  const at::Tensor angles = ((scale - 1).to(at::kFloat) * 1000.0).unsqueeze(-1) * frequencies;
  at::Tensor embedding = at::cat({angles.sin(), angles.cos()}, -1);
  return width % 2 == 0 ? embedding : at::constant_pad_nd(embedding, {0, 1});
}

}  // namespace models
