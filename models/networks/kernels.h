// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "models/networks/winograd_kernels.h"

/// What networks compute on a CPU without libtorch: pieces of operators, for one thread each, in the instructions that
/// a processor has. They are written by hand where libtorch's way costs several times as much: a call of one of its
/// operators takes as long as a small network's piece of work.
namespace models {

/// One head of attention: softmax(q kᵀ · scale + bias) v.
struct AttentionHead {
  const float *q = nullptr, *k = nullptr, *v = nullptr;  ///< rows of `width` numbers
  std::int64_t q_step, k_step, v_step;                   ///< from one row to the next
  std::int64_t queries, keys, width;
  float scale;
  const float* bias;       ///< rows of `keys` numbers, or null
  std::int64_t bias_step;  ///< 0: one row for all queries
  float* out = nullptr;
  std::int64_t out_step;

  /// Numbers of room that a kernel needs for it, at an address that is a multiple of 64.
  std::int64_t room() const { return padded(keys) * (width + 4) + keys * padded(width); }
  static std::int64_t padded(std::int64_t n) { return (n + 31) / 32 * 32; }
};

/// One group of channels of a feature map, normalised and, if asked for, brought through silu:
/// y = silu(weight (x + shift − mean) / √(variance + eps) + bias).
struct NormGroup {
  const float* x;
  std::int64_t channels, pixels;
  const float* shift;  ///< by channel, or null
  const float *weight, *bias;
  float eps;
  bool silu;
  float* y;
};

struct Kernels {
  winograd::Parts winograd;
  void (*attend)(const AttentionHead& head, float* room);
  void (*norm_group)(const NormGroup& group);
};

/// Those that this processor can run, the fastest first.
const std::vector<const Kernels*>& all_kernels();

}  // namespace models
