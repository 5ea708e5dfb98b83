// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "models/text/prompt_reading.h"
#include "tensors/torch.h"

/// Embeddings of chunks by the weights of their tokens. z is (1, n, width); results are of its dtype, or f32 where that
/// is less.
namespace models {

/// webui: z × weight, and for Emphasis::kOriginal × mean(z) / mean(z × weight), one mean over all of z. Throws
/// std::invalid_argument where that quotient is not a finite number.
at::Tensor emphasised(const at::Tensor& z, std::span<const double> weights, Emphasis emphasis);

/// ComfyUI and compel: empty + weight · (z − empty), token by token; z itself where the weight is 1.
at::Tensor from_empty(const at::Tensor& z, const at::Tensor& empty, std::span<const double> weights);

/// Σ factor · z / Σ factor. All of one shape.
at::Tensor weighted_mean(std::span<const at::Tensor> all, std::span<const double> factors);
/// Σ factor · z.
at::Tensor weighted_sum(std::span<const at::Tensor> all, std::span<const double> factors);

}  // namespace models
