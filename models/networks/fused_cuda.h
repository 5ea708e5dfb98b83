// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

/// CUDA kernels behind models/networks/fused.h, by plain pointers: the file that is compiled for the GPU needs no
/// libtorch. All tensors are contiguous (feature maps with the channels last), start at 16 bytes, and have rows of a
/// multiple of 16 bytes. Everything is put on `stream` and adds in a fixed order, so that equal inputs give equal bits.
namespace models::cuda {

enum class Number { kFloat, kHalf, kBFloat16 };

/// A feature map (count, cells, channels).
struct Map {
  const void* data;
  std::int64_t count, cells, channels;
  Number number;
};

/// Floats that group_norm needs to work in.
std::int64_t group_norm_workspace(const Map& x, int groups);

struct GroupNormArguments {
  const void *weight, *bias;  ///< (channels)
  const void* shift;          ///< (count, channels), added to x before all else; null: nothing
  int groups;
  float eps;
  bool silu;  ///< of the result
};
void group_norm(const Map& x, const GroupNormArguments& arguments, float* workspace, void* out, void* stream);

/// sum = x + y (null: x alone), out = layer norm of sum over the last dimension. `sum` may be null.
struct LayerNormArguments {
  const void *x, *y, *weight, *bias;
  std::int64_t rows, width;
  float eps;
  Number number;
};
/// The widest that add_layer_norm takes.
std::int64_t widest_layer_norm(Number number);
void add_layer_norm(const LayerNormArguments& arguments, void* sum, void* out, void* stream);

/// (rows, 2·width) → (rows, width): a · gelu(b).
void geglu(const void* x, std::int64_t rows, std::int64_t width, Number number, void* out, void* stream);

/// x + y + bias, (rows, width); bias (width).
void add_biased(const void* x, const void* y, const void* bias, std::int64_t rows, std::int64_t width, Number number,
                void* out, void* stream);

}  // namespace models::cuda
