// SPDX-License-Identifier: MIT
#include "models/networks/transformer.h"

#include <algorithm>
#include <cmath>

#include "models/networks/attention.h"
#include "models/networks/fused.h"

namespace models {
namespace {

constexpr double kGroupNormEps = 1e-6;  // whatever the config's norm_eps says

}  // namespace

bool is_one_of_layers(const std::string& name, std::span<const std::string> layers) {
  return std::ranges::any_of(layers, [&](const std::string& layer) {
    return name.starts_with(layer) && (name.size() == layer.size() || name[layer.size()] == '.');
  });
}

Attention::Attention(const ParameterPath& path, const Sizes& sizes)
    : heads(sizes.heads),
      upcast(sizes.upcast),
      to_q(path / "to_q", sizes.channels, sizes.channels, false),
      to_k(path / "to_k", sizes.context, sizes.channels, false),
      to_v(path / "to_v", sizes.context, sizes.channels, false),
      to_out(path / "to_out" / "0", sizes.channels, sizes.channels) {}

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
  std::vector<at::Tensor> logits = at::matmul(q * scale, k.transpose(-2, -1)).split(1);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (context.edits[i] != nullptr) logits[i] = (*context.edits[i])(logits[i], height, width);
  }
  const at::Tensor weights = at::cat(logits).softmax(-1);
  return to_out(at::matmul(weights, v).transpose(1, 2).reshape(x.sizes()).to(x.scalar_type()));
}

FeedForward::FeedForward(const ParameterPath& path, std::int64_t channels)
    : proj(path / "net" / "0" / "proj", channels, 8 * channels), out(path / "net" / "2", 4 * channels, channels) {}

at::Tensor FeedForward::operator()(const at::Tensor& x) const {
  return out(geglu(proj(x)));
}

TransformerBlock::TransformerBlock(const ParameterPath& path, const Attention::Sizes& sizes)
    : norm1(path / "norm1", sizes.channels),
      attn1(path / "attn1", {sizes.channels, sizes.channels, sizes.heads, sizes.upcast}),
      norm2(path / "norm2", sizes.channels),
      attn2(path / "attn2", sizes),
      norm3(path / "norm3", sizes.channels),
      ff(path / "ff", sizes.channels) {}

std::pair<at::Tensor, at::Tensor> TransformerBlock::operator()(at::Tensor x, const at::Tensor& y,
                                                               const AttentionContext& context, std::int64_t height,
                                                               std::int64_t width) const {
  at::Tensor normed;
  std::tie(x, normed) = add_normed(norm1, x, y);
  at::Tensor attended = attn1(normed, normed);
  if (context.perturbed.defined()) attended = at::where(context.perturbed, attn1.identity(normed), attended);
  std::tie(x, normed) = add_normed(norm2, x, attended);
  const at::Tensor told =
      context.edits.empty() ? attn2(normed, context.tokens) : attn2.edited(normed, context, height, width);
  std::tie(x, normed) = add_normed(norm3, x, told);
  return {x, ff(normed)};
}

Transformer2D::Transformer2D(const ParameterPath& path, const Sizes& sizes)
    : name(path.name()), norm(path / "norm", sizes.groups, sizes.attention.channels, kGroupNormEps) {
  const std::int64_t channels = sizes.attention.channels;
  const Conv2d::Sizes point{.kernel = 1, .padding = 0};
  if (sizes.linear_projection) proj_in.emplace(path / "proj_in", channels, channels);
  else conv_in.emplace(path / "proj_in", channels, channels, point);
  for (std::int64_t i = 0; i < sizes.blocks; ++i)
    transformer_blocks.emplace_back(path / "transformer_blocks" / static_cast<std::size_t>(i), sizes.attention);
  if (sizes.linear_projection) proj_out.emplace(path / "proj_out", channels, channels);
  else conv_out.emplace(path / "proj_out", channels, channels, point);
}

at::Tensor Transformer2D::operator()(const at::Tensor& x, const AttentionContext& context) const {
  const std::int64_t height = x.size(2), width = x.size(3);
  AttentionContext own = context;
  if (!is_one_of_layers(name, context.perturbed_layers)) own.perturbed = at::Tensor();
  at::Tensor hidden = normed(norm, x);
  if (conv_in) hidden = (*conv_in)(hidden);
  hidden = hidden.flatten(2).transpose(1, 2);
  if (proj_in) hidden = (*proj_in)(hidden);
  at::Tensor added;
  for (const TransformerBlock& block : transformer_blocks)
    std::tie(hidden, added) = block(hidden, added, own, height, width);
  if (added.defined()) hidden = hidden + added;
  if (proj_out) hidden = (*proj_out)(hidden);
  hidden = hidden.transpose(1, 2).reshape(x.sizes());
  if (conv_out) hidden = (*conv_out)(hidden);
  return x + hidden;
}

}  // namespace models
