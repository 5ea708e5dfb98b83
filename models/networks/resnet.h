// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "models/networks/layers.h"

/// The convolutional blocks that UNet and autoencoder share. Feature maps are (B, channels, h, w).
namespace models {

/// x ↦ shortcut(x) + conv2(silu(norm2(conv1(silu(norm1(x))) + time))). Source: He et al. 2016 as in Ho et al. 2020.
struct ResnetBlock {
  struct Sizes {
    std::int64_t in;
    std::int64_t out;
    std::int64_t groups;
    double eps;
    std::int64_t time_channels = 0;  ///< 0: takes no time embedding
  };
  ResnetBlock(const ParameterPath& path, const Sizes& sizes);
  /// `time`: (B, time_channels), after silu; undefined when the block takes none.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& time = {}) const;

  GroupNorm norm1;
  Conv2d conv1;
  std::optional<Linear> time_emb_proj;
  GroupNorm norm2;
  Conv2d conv2;
  std::optional<Conv2d> conv_shortcut;
};

/// Halves both sides with a strided convolution. The UNet pads by one on all sides, the autoencoder on the right and at
/// the bottom only.
struct Downsample {
  enum class Padding { kAround, kRightAndBottom };
  Downsample(const ParameterPath& path, std::int64_t channels, Padding padding);
  at::Tensor operator()(const at::Tensor& x) const;

  Padding padding;
  Conv2d conv;
};

/// Nearest neighbours to `size` (h, w), then a convolution.
struct Upsample {
  Upsample(const ParameterPath& path, std::int64_t channels) : conv(path / "conv", channels, channels) {}
  at::Tensor operator()(const at::Tensor& x, at::IntArrayRef size) const {
    return conv(at::upsample_nearest2d(x, size));
  }
  at::Tensor operator()(const at::Tensor& x) const { return (*this)(x, {2 * x.size(2), 2 * x.size(3)}); }

  Conv2d conv;
};

}  // namespace models
