// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>

#include "nodes/values.h"

/// Pictures as tensors, and back.
namespace nodes {

/// A picture as a tensor (1,3,H,W) f32 in [0,1] on the CPU.
at::Tensor to_tensor(const Image& image);
/// A mask as a tensor (1,1,H,W) f32 in [0,1] on the CPU.
at::Tensor to_tensor(const Mask& mask);
/// (H,W) f32 in [0,1] on the CPU as a mask.
Mask to_mask(const at::Tensor& tensor);
/// A row of (B,3,H,W) in [0,1], on any device, as a picture; values outside are clamped. What is given back makes it
/// when the device has done what it was given: see graph::Context::when_done.
std::function<Image()> to_image_later(const at::Tensor& tensor, std::int64_t row = 0);
/// The same at once, of a tensor that is on the CPU.
inline Image to_image(const at::Tensor& tensor) {
  return to_image_later(tensor)();
}

}  // namespace nodes
