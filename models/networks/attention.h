// SPDX-License-Identifier: MIT
#pragma once

#include "tensors/torch.h"

namespace models {

/// How attention is computed when libtorch has no fused one (before 2.0): rows of queries at a time, so that no score
/// matrix is larger than this many bytes per thread. 128 MiB hold a 1024² latent's self-attention in float32 at once.
inline constexpr std::int64_t kMaxScoreBytes = std::int64_t{128} << 20;

/// softmax(q·kᵀ/√d + bias)·v, head by head.
///
/// q: (B, n, heads·d), k and v: (B, m, heads·d); bias: undefined, or broadcastable to (B, heads, n, m), added to the
/// logits (−inf masks). → (B, n, heads·d). `max_score_bytes` bounds the score matrix; it is there for tests.
/// Differentiable. Source: Vaswani et al. 2017, section 3.2.
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, std::int64_t heads,
                     const at::Tensor& bias = {}, std::int64_t max_score_bytes = kMaxScoreBytes);

}  // namespace models
