// SPDX-License-Identifier: MIT
#include "models/attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace models {
namespace {

/// (B, n, heads·d) → (B, heads, n, d)
at::Tensor heads_apart(const at::Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

#if !DECOUPAGE_TORCH_2
/// Of (B, heads, n, d) with (B, heads, m, d). bmm and not baddbmm: with beta = 0 that one reads uninitialised memory in
/// libtorch 1.13.
at::Tensor scores_times_values(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& bias) {
  at::Tensor scores = at::matmul(q, k.transpose(-2, -1));
  if (bias.defined()) scores = scores + bias;
  return at::matmul(scores.softmax(-1), v);
}

/// The rows [from, from + count) of a bias that may be broadcast over queries.
at::Tensor bias_rows(const at::Tensor& bias, std::int64_t from, std::int64_t count) {
  if (!bias.defined() || bias.dim() < 2 || bias.size(-2) == 1) return bias;
  return bias.narrow(-2, from, count);
}

at::Tensor chunked(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& bias,
                   std::int64_t max_score_bytes) {
  const std::int64_t n = q.size(2);
  const std::int64_t row_bytes = q.size(0) * q.size(1) * k.size(2) * static_cast<std::int64_t>(q.element_size());
  const std::int64_t rows = std::clamp<std::int64_t>(max_score_bytes / std::max<std::int64_t>(row_bytes, 1), 1, n);
  if (rows == n) return scores_times_values(q, k, v, bias);
  std::vector<at::Tensor> parts;
  for (std::int64_t from = 0; from < n; from += rows) {
    const std::int64_t count = std::min(rows, n - from);
    parts.push_back(scores_times_values(q.narrow(2, from, count), k, v, bias_rows(bias, from, count)));
  }
  return at::cat(parts, 2);
}
#endif

}  // namespace

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, std::int64_t heads,
                     const at::Tensor& bias, std::int64_t max_score_bytes) {
  at::Tensor out;
#if DECOUPAGE_TORCH_2
  static_cast<void>(max_score_bytes);
  const c10::optional<at::Tensor> mask =
      bias.defined() ? c10::optional<at::Tensor>(bias.to(q.scalar_type())) : c10::nullopt;
  out = at::scaled_dot_product_attention(heads_apart(q, heads), heads_apart(k, heads), heads_apart(v, heads), mask);
#else
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(2) / heads));
  out = chunked(heads_apart(q * scale, heads), heads_apart(k, heads), heads_apart(v, heads), bias, max_score_bytes);
#endif
  return out.transpose(1, 2).reshape({q.size(0), q.size(1), q.size(2)});
}

}  // namespace models
