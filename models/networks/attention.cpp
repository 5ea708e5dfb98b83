// SPDX-License-Identifier: MIT
#include "models/networks/attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/networks/kernels.h"
#include "models/networks/layers.h"

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

/// Differentiable, on any device: all heads at once, as many rows of queries as the bound allows.
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

/// Rows of queries in a tile: its scores stay in a core's second level cache, and the products remain large enough to
/// run at full speed.
std::int64_t tile_rows(std::int64_t n, std::int64_t m, std::int64_t max_score_bytes) {
  constexpr std::int64_t kCacheBytes = 256 << 10, kFewest = 32, kMost = 256;
  const std::int64_t row_bytes = m * static_cast<std::int64_t>(sizeof(float));
  const std::int64_t allowed = std::max<std::int64_t>(max_score_bytes / row_bytes, 1);
  return std::min({std::clamp(kCacheBytes / row_bytes, kFewest, kMost), allowed, n});
}

/// float32 on a CPU, not differentiable. A tile is one head's scores for a few rows of queries, made, normalised and
/// used by one thread while they are in its cache; heads are columns of q, k and v as they come, never copied apart.
at::Tensor tiled(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, std::int64_t heads,
                 const at::Tensor& bias, std::int64_t max_score_bytes) {
  const std::int64_t n = q.size(1), m = k.size(1), d = q.size(2) / heads;
  const std::int64_t rows = tile_rows(n, m, max_score_bytes), tiles = (n + rows - 1) / rows;
  const double scale = 1 / std::sqrt(static_cast<double>(d));
  at::Tensor out = at::empty({q.size(0), n, q.size(2)}, q.options());
  at::parallel_for(0, q.size(0) * heads * tiles, 1, [&](std::int64_t from, std::int64_t to) {
    const at::NoGradGuard no_grad;
    at::Tensor scratch = at::empty({rows, m}, q.options());
    for (std::int64_t i = from; i < to; ++i) {
      const std::int64_t first = i % tiles * rows, count = std::min(rows, n - first);
      const std::int64_t item = i / tiles / heads, column = i / tiles % heads * d;
      const auto head = [&](const at::Tensor& t) { return t.select(0, item).narrow(1, column, d); };
      at::Tensor scores = scratch.narrow(0, 0, count);
      at::addmm_out(scores, scores, head(q).narrow(0, first, count), head(k).t(), 0, scale);
      if (bias.defined()) scores.add_(bias_rows(bias, first, count));
      at::_softmax_out(scores, scores, -1, false);
      at::Tensor part = head(out).narrow(0, first, count);
      at::mm_out(part, scores, head(v));
    }
  });
  return out;
}

/// Whether heads are so small that calling libtorch's operators for each would take longer than they do.
bool is_small(const at::Tensor& q, const at::Tensor& k, std::int64_t heads) {
  return k.size(1) <= 256 && q.size(1) * k.size(1) <= 128 * 128 && q.size(2) / heads <= 128;
}

/// As `tiled`; a head is one piece of work.
at::Tensor by_heads(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, std::int64_t heads,
                    const at::Tensor& bias) {
  const std::int64_t n = q.size(1), m = k.size(1), d = q.size(2) / heads;
  const at::Tensor queries = q.contiguous(), keys = k.contiguous(), values = v.contiguous();
  const at::Tensor added =
      bias.defined() ? bias.to(at::kFloat).expand({bias.dim() == 2 ? bias.size(0) : 1, m}).contiguous() : bias;
  at::Tensor out = at::empty({q.size(0), n, q.size(2)}, q.options());
  const AttentionHead shape{.q_step = q.size(2),
                            .k_step = k.size(2),
                            .v_step = v.size(2),
                            .queries = n,
                            .keys = m,
                            .width = d,
                            .scale = static_cast<float>(1 / std::sqrt(static_cast<double>(d))),
                            .bias = added.defined() ? added.data_ptr<float>() : nullptr,
                            .bias_step = added.defined() && added.size(0) > 1 ? m : 0,
                            .out_step = q.size(2)};
  at::parallel_for(0, q.size(0) * heads, 1, [&](std::int64_t from, std::int64_t to) {
    AttentionHead head = shape;
    const at::Tensor room = at::empty({head.room()}, at::kFloat);
    for (std::int64_t i = from; i < to; ++i) {
      const std::int64_t item = i / heads, column = i % heads * d;
      head.q = queries.data_ptr<float>() + item * n * head.q_step + column;
      head.k = keys.data_ptr<float>() + item * m * head.k_step + column;
      head.v = values.data_ptr<float>() + item * m * head.v_step + column;
      head.out = out.data_ptr<float>() + item * n * head.out_step + column;
      all_kernels().front()->attend(head, room.data_ptr<float>());
    }
  });
  return out;
}

/// Whether `tiled` can do it: bias is none or the same for all items and heads.
bool can_be_tiled(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& bias) {
  return q.is_cpu() && q.scalar_type() == at::kFloat && (!bias.defined() || bias.dim() <= 2) && !needs_grad(q) &&
         !needs_grad(k) && !needs_grad(v) && !needs_grad(bias);
}
#endif

}  // namespace

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, std::int64_t heads,
                     const at::Tensor& bias, std::int64_t max_score_bytes) {
#if !DECOUPAGE_TORCH_2
  if (can_be_tiled(q, k, v, bias)) {
    return is_small(q, k, heads) ? by_heads(q, k, v, heads, bias) : tiled(q, k, v, heads, bias, max_score_bytes);
  }
#endif
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
