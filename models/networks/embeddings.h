// SPDX-License-Identifier: MIT
#pragma once

#include "models/networks/layers.h"

namespace models {

/// Sinusoids of numbers: (N) f32 → (N, width) f32, [sin, cos] or, flipped, [cos, sin] of x · 10000^(−i/(width/2 −
/// shift)). `width` is even. Source: Vaswani et al. 2017, as in Ho et al. 2020.
at::Tensor timestep_embedding(const at::Tensor& x, std::int64_t width, bool flip_sin_to_cos, double freq_shift);

/// The guidance scale of a UNet that was distilled with it: (N) f64 → (N, width) f32, [sin, cos] of (scale − 1)·1000 ·
/// 10000^(−i/(width/2 − 1)), and one 0 more where `width` is odd. width ≥ 4. Source: Meng et al. 2023, "On Distillation
/// of Guided Diffusion Models"; diffusers' get_guidance_scale_embedding.
at::Tensor guidance_embedding(const at::Tensor& scale, std::int64_t width);

/// linear_2(silu(linear_1(x))): (B, in) → (B, out).
struct TimestepEmbedding {
  TimestepEmbedding(const ParameterPath& path, std::int64_t in, std::int64_t out)
      : linear_1(path / "linear_1", in, out), linear_2(path / "linear_2", out, out) {}
  at::Tensor operator()(const at::Tensor& x) const { return linear_2(at::silu(linear_1(x))); }

  Linear linear_1, linear_2;
};

}  // namespace models
