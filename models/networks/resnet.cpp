// SPDX-License-Identifier: MIT
#include "models/networks/resnet.h"

#include "models/networks/fused.h"

namespace models {

ResnetBlock::ResnetBlock(const Scope& scope, const Shape& shape)
    : norm1(scope / "norm1", shape.groups, shape.in, shape.eps),
      conv1(scope / "conv1", shape.in, shape.out),
      norm2(scope / "norm2", shape.groups, shape.out, shape.eps),
      conv2(scope / "conv2", shape.out, shape.out) {
  if (shape.time_channels > 0) time_emb_proj.emplace(scope / "time_emb_proj", shape.time_channels, shape.out);
  if (shape.in != shape.out)
    conv_shortcut.emplace(scope / "conv_shortcut", shape.in, shape.out, Conv2d::Shape{.kernel = 1, .padding = 0});
}

at::Tensor ResnetBlock::operator()(const at::Tensor& x, const at::Tensor& time) const {
  auto [hidden, shift] = without_bias(conv1, normed_silu(norm1, x));
  if (time_emb_proj) {
    const at::Tensor projected = (*time_emb_proj)(time);
    shift = shift.defined() ? projected + shift : projected;
  } else if (shift.defined()) {
    shift = shift.expand({x.size(0), -1});
  }
  auto [change, bias] = without_bias(conv2, normed_silu(norm2, hidden, shift));
  if (!conv_shortcut) return add_biased(x, change, bias);
  const auto [shortcut, shortcut_bias] = without_bias(*conv_shortcut, x);
  if (shortcut_bias.defined()) bias = bias.defined() ? bias + shortcut_bias : shortcut_bias;
  return add_biased(shortcut, change, bias);
}

Downsample::Downsample(const Scope& scope, std::int64_t channels, Padding where)
    : padding(where),
      conv(scope / "conv", channels, channels,
           Conv2d::Shape{.stride = 2, .padding = where == Padding::kAround ? 1 : 0}) {}

at::Tensor Downsample::operator()(const at::Tensor& x) const {
  return conv(padding == Padding::kAround ? x : at::constant_pad_nd(x, {0, 1, 0, 1}));
}

}  // namespace models
