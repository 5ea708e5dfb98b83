// SPDX-License-Identifier: MIT
#include "models/networks/resnet.h"

#include "models/networks/fused.h"

namespace models {

ResnetBlock::ResnetBlock(const ParameterPath& path, const Sizes& sizes)
    : norm1(path / "norm1", sizes.groups, sizes.in, sizes.eps),
      conv1(path / "conv1", sizes.in, sizes.out),
      norm2(path / "norm2", sizes.groups, sizes.out, sizes.eps),
      conv2(path / "conv2", sizes.out, sizes.out) {
  if (sizes.time_channels > 0) time_emb_proj.emplace(path / "time_emb_proj", sizes.time_channels, sizes.out);
  if (sizes.in != sizes.out)
    conv_shortcut.emplace(path / "conv_shortcut", sizes.in, sizes.out, Conv2d::Sizes{.kernel = 1, .padding = 0});
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

Downsample::Downsample(const ParameterPath& path, std::int64_t channels, Padding where)
    : padding(where),
      conv(path / "conv", channels, channels,
           Conv2d::Sizes{.stride = 2, .padding = where == Padding::kAround ? 1 : 0}) {}

at::Tensor Downsample::operator()(const at::Tensor& x) const {
  return conv(padding == Padding::kAround ? x : at::constant_pad_nd(x, {0, 1, 0, 1}));
}

}  // namespace models
