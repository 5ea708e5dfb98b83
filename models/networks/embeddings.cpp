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

}  // namespace models
