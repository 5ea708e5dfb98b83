// SPDX-License-Identifier: MIT
#include "models/networks/transformer.h"

#include <cmath>

#include "models/networks/attention.h"
#include "models/networks/fused.h"

namespace models {
namespace {

constexpr double kGroupNormEps = 1e-6;  // whatever the config's norm_eps says

}  // namespace

Attention::Attention(const Scope& scope, const Shape& shape)
    : heads(shape.heads),
      upcast(shape.upcast),
      to_q(scope / "to_q", shape.channels, shape.channels, false),
      to_k(scope / "to_k", shape.context, shape.channels, false),
      to_v(scope / "to_v", shape.context, shape.channels, false),
      to_out(scope / "to_out" / "0", shape.channels, shape.channels) {}

at::Tensor Attention::operator()(const at::Tensor& x, const at::Tensor& context) const {
  const at::Tensor q = to_q(x), k = to_k(context), v = to_v(context);
  if (!upcast) return to_out(attention(q, k, v, heads));
  return to_out(attention(q.to(at::kFloat), k.to(at::kFloat), v.to(at::kFloat), heads).to(x.scalar_type()));
}

at::Tensor Attention::edited(const at::Tensor& x, const AttentionContext& context, std::int64_t height,
                             std::int64_t width) const {
  const auto apart = [&](const at::Tensor& t) {
    return t.view({t.size(0), t.size(1), heads, t.size(2) / heads}).transpose(1, 2).to(at::kFloat);
  };
  const at::Tensor q = apart(to_q(x)), k = apart(to_k(context.tokens)), v = apart(to_v(context.tokens));
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(3)));
  const at::Tensor logits = at::matmul(q * scale, k.transpose(-2, -1));
  const at::Tensor weights = (*context.edit_logits)(logits, height, width).softmax(-1);
  return to_out(at::matmul(weights, v).transpose(1, 2).reshape(x.sizes()).to(x.scalar_type()));
}

FeedForward::FeedForward(const Scope& scope, std::int64_t channels)
    : proj(scope / "net" / "0" / "proj", channels, 8 * channels), out(scope / "net" / "2", 4 * channels, channels) {}

at::Tensor FeedForward::operator()(const at::Tensor& x) const {
  return out(geglu(proj(x)));
}

TransformerBlock::TransformerBlock(const Scope& scope, const Attention::Shape& shape)
    : norm1(scope / "norm1", shape.channels),
      attn1(scope / "attn1", {shape.channels, shape.channels, shape.heads, shape.upcast}),
      norm2(scope / "norm2", shape.channels),
      attn2(scope / "attn2", shape),
      norm3(scope / "norm3", shape.channels),
      ff(scope / "ff", shape.channels) {}

std::pair<at::Tensor, at::Tensor> TransformerBlock::operator()(at::Tensor x, const at::Tensor& y,
                                                               const AttentionContext& context, std::int64_t height,
                                                               std::int64_t width) const {
  at::Tensor normed;
  std::tie(x, normed) = add_normed(norm1, x, y);
  std::tie(x, normed) = add_normed(norm2, x, attn1(normed, normed));
  const at::Tensor told =
      context.edit_logits == nullptr ? attn2(normed, context.tokens) : attn2.edited(normed, context, height, width);
  std::tie(x, normed) = add_normed(norm3, x, told);
  return {x, ff(normed)};
}

Transformer2D::Transformer2D(const Scope& scope, const Shape& shape)
    : norm(scope / "norm", shape.groups, shape.attention.channels, kGroupNormEps) {
  const std::int64_t channels = shape.attention.channels;
  const Conv2d::Shape point{.kernel = 1, .padding = 0};
  if (shape.linear_projection) proj_in.emplace(scope / "proj_in", channels, channels);
  else conv_in.emplace(scope / "proj_in", channels, channels, point);
  for (std::int64_t i = 0; i < shape.blocks; ++i)
    transformer_blocks.emplace_back(scope / "transformer_blocks" / static_cast<std::size_t>(i), shape.attention);
  if (shape.linear_projection) proj_out.emplace(scope / "proj_out", channels, channels);
  else conv_out.emplace(scope / "proj_out", channels, channels, point);
}

at::Tensor Transformer2D::operator()(const at::Tensor& x, const AttentionContext& context) const {
  const std::int64_t height = x.size(2), width = x.size(3);
  at::Tensor hidden = normed(norm, x);
  if (conv_in) hidden = (*conv_in)(hidden);
  hidden = hidden.flatten(2).transpose(1, 2);
  if (proj_in) hidden = (*proj_in)(hidden);
  at::Tensor added;
  for (const TransformerBlock& block : transformer_blocks)
    std::tie(hidden, added) = block(hidden, added, context, height, width);
  if (added.defined()) hidden = hidden + added;
  if (proj_out) hidden = (*proj_out)(hidden);
  hidden = hidden.transpose(1, 2).reshape(x.sizes());
  if (conv_out) hidden = (*conv_out)(hidden);
  return x + hidden;
}

}  // namespace models
