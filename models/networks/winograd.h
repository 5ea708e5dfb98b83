// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <mutex>

#include "tensors/torch.h"

namespace models {

/// 3×3 convolutions of stride 1 with a border of one zero on a CPU, by Winograd's F(4×4, 3×3): two to three times as
/// fast as libtorch's direct ones, at an error of about 1e-5 of the largest value. Not differentiable.
///
/// The transformed weights are four times the weights' memory. They are made by the first call and stay as long as the
/// network. The numbers of a tile do not depend on what else is computed, nor on how many threads compute it; they do
/// on the processor's instructions (AVX-512, AVX2, others), as libtorch's do.
///
/// Written by hand, since libtorch has none (oneDNN's are behind its interface, and for AVX-512 alone).
/// Source: Lavin and Gray 2016.
class Winograd {
 public:
  /// Where it is used: a table of shapes and not of times, so that numbers are the same in every run. It does not
  /// ask for the batch, so that a row has the bits that it has alone. `x`: sizes of what is convolved, (B, in, h, w).
  static bool pays(std::int64_t out, at::IntArrayRef x);

  /// `weight` (out, in, 3, 3) f32 must not change from the first call on.
  explicit Winograd(at::Tensor weight) : weight_(std::move(weight)) {}

  /// x: (B, in, h, w) f32; bias: (out) or undefined. (B, out, h, w). Thread-safe; uses the threads of at::parallel_for.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& bias) const;

 private:
  const float* weights() const;

  const at::Tensor weight_;
  mutable std::once_flag once_{};
  mutable at::Tensor transformed_{};
};

}  // namespace models
