// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

#include "models/networks/layers.h"

/// What stands between a network's products and convolutions. Where gradients are asked for it is
/// libtorch's own operators one after the other; else on a GPU one kernel each, since what takes the time there is the
/// bytes that are moved, and so is a group norm with its shift and silu on a CPU (in float32). The
/// results agree to rounding.
namespace models {

/// norm(x + shift), and of that silu. x: (B, channels, h, w); shift: undefined or (B, channels).
at::Tensor normed(const GroupNorm& norm, const at::Tensor& x, const at::Tensor& shift = {});
at::Tensor normed_silu(const GroupNorm& norm, const at::Tensor& x, const at::Tensor& shift = {});

/// (x + y, norm(x + y)); where y is undefined (x, norm(x)). x, y: (…, width).
std::pair<at::Tensor, at::Tensor> add_normed(const LayerNorm& norm, const at::Tensor& x, const at::Tensor& y = {});

/// (…, 2·width) → (…, width): the first half times gelu of the second.
at::Tensor geglu(const at::Tensor& x);

/// conv(x) without its bias, and the bias that is left to be added: undefined when conv(x) has it already. Feature maps
/// pass by once less when a bias is added by what comes next.
std::pair<at::Tensor, at::Tensor> without_bias(const Conv2d& conv, const at::Tensor& x);

/// x + y + bias: feature maps (B, channels, h, w), bias undefined or (channels).
at::Tensor add_biased(const at::Tensor& x, const at::Tensor& y, const at::Tensor& bias);

/// A feature map as the device likes it: on a GPU with the channels last in memory.
at::Tensor laid_out(const at::Tensor& x);

}  // namespace models
