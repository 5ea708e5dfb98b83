// SPDX-License-Identifier: MIT
// What lies between the products and convolutions of a network is bound by the bytes that it moves: each of these
// kernels reads every number once and writes it once, 16 bytes at a time, and computes in float.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "models/networks/fused_cuda.h"

namespace models::cuda {
namespace {

constexpr int kWarp = 32;
constexpr int kThreads = 512;    // of a block that norms groups
constexpr int kMostChunks = 64;  // of a feature map's cells, each summed by one block
constexpr int kMostPacks = 10;   // of a row that a warp norms, in each of its threads

/// As many numbers as 16 bytes hold.
template <class T>
struct alignas(16) Pack {
  static constexpr int kCount = 16 / sizeof(T);
  T at[kCount];
};

__device__ inline float to_float(float x) {
  return x;
}
__device__ inline float to_float(__half x) {
  return __half2float(x);
}
__device__ inline float to_float(__nv_bfloat16 x) {
  return __bfloat162float(x);
}
template <class T>
__device__ inline T from_float(float x);
template <>
__device__ inline float from_float<float>(float x) {
  return x;
}
template <>
__device__ inline __half from_float<__half>(float x) {
  return __float2half_rn(x);
}
template <>
__device__ inline __nv_bfloat16 from_float<__nv_bfloat16>(float x) {
  return __float2bfloat16_rn(x);
}

__device__ inline float warp_sum(float x) {
  for (int lane = kWarp / 2; lane > 0; lane /= 2) x += __shfl_xor_sync(0xffffffffU, x, lane);
  return x;
}

void check() {
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) throw std::runtime_error(std::string("CUDA: ") + cudaGetErrorString(error));
}

/// How a feature map is shared out: a thread has some channels of every rows-th cell.
struct Shape {
  int packs;  ///< in a cell
  int rows;   ///< of cells in a block
  int chunks;
};

template <class T>
Shape shape_of(const Map& x) {
  Shape shape{};
  shape.packs = static_cast<int>(x.channels / Pack<T>::kCount);
  shape.rows = std::max(1, kThreads / shape.packs);
  const std::int64_t most = (x.cells + shape.rows - 1) / shape.rows;
  shape.chunks =
      static_cast<int>(std::min<std::int64_t>({most, kMostChunks, std::max<std::int64_t>(1, 528 / x.count)}));
  return shape;
}

/// Sums and sums of squares of each group in one chunk of cells: grid (chunks, count), block (packs, rows).
template <class T>
__global__ void sum_groups(const T* x, const T* shift, float2* sums, std::int64_t cells, int groups) {
  constexpr int kCount = Pack<T>::kCount;
  extern __shared__ float shared[];
  const int channels = blockDim.x * kCount, channel = threadIdx.x * kCount;
  const std::int64_t per_chunk = (cells + gridDim.x - 1) / gridDim.x;
  const std::int64_t first = blockIdx.x * per_chunk, last = min(first + per_chunk, cells);
  float move[kCount], sum[kCount], squares[kCount];
  for (int i = 0; i < kCount; ++i) {
    move[i] = shift == nullptr ? 0.F : to_float(shift[blockIdx.y * channels + channel + i]);
    sum[i] = squares[i] = 0;
  }
  for (std::int64_t cell = first + threadIdx.y; cell < last; cell += blockDim.y) {
    const auto pack = *reinterpret_cast<const Pack<T>*>(x + (blockIdx.y * cells + cell) * channels + channel);
    for (int i = 0; i < kCount; ++i) {
      const float number = to_float(pack.at[i]) + move[i];
      sum[i] += number;
      squares[i] += number * number;
    }
  }
  float* const all_sums = shared;
  float* const all_squares = shared + blockDim.y * channels;
  for (int i = 0; i < kCount; ++i) {
    all_sums[threadIdx.y * channels + channel + i] = sum[i];
    all_squares[threadIdx.y * channels + channel + i] = squares[i];
  }
  __syncthreads();
  const int thread = threadIdx.y * blockDim.x + threadIdx.x, lane = thread % kWarp;
  const int warps = blockDim.x * blockDim.y / kWarp, width = channels / groups;
  if (thread / kWarp >= warps) return;  // the rest of a block that is not a whole number of warps
  for (int group = thread / kWarp; group < groups; group += warps) {
    float mine = 0, mine_squared = 0;
    for (int i = lane; i < width * static_cast<int>(blockDim.y); i += kWarp) {
      const int at = i / width * channels + group * width + i % width;
      mine += all_sums[at];
      mine_squared += all_squares[at];
    }
    mine = warp_sum(mine);
    mine_squared = warp_sum(mine_squared);
    if (lane == 0) sums[(blockIdx.y * gridDim.x + blockIdx.x) * groups + group] = make_float2(mine, mine_squared);
  }
}

/// Grid (blocks, count), block (packs, rows).
template <class T>
__global__ void norm_groups(const T* x, const T* shift, const T* weight, const T* bias, const float2* sums, int chunks,
                            std::int64_t cells, int groups, float eps, bool silu, T* out) {
  constexpr int kCount = Pack<T>::kCount;
  extern __shared__ float shared[];  // mean and 1/deviation of each group
  const int channels = blockDim.x * kCount, channel = threadIdx.x * kCount, width = channels / groups;
  for (int group = threadIdx.y * blockDim.x + threadIdx.x; group < groups; group += blockDim.x * blockDim.y) {
    double sum = 0, squares = 0;
    for (int chunk = 0; chunk < chunks; ++chunk) {
      const float2 part = sums[(blockIdx.y * chunks + chunk) * groups + group];
      sum += part.x;
      squares += part.y;
    }
    const double count = static_cast<double>(cells) * width, mean = sum / count;
    shared[2 * group] = static_cast<float>(mean);
    shared[2 * group + 1] = rsqrtf(static_cast<float>(fmax(squares / count - mean * mean, 0.0)) + eps);
  }
  __syncthreads();
  float factor[kCount], offset[kCount];
  for (int i = 0; i < kCount; ++i) {
    const int group = (channel + i) / width;
    factor[i] = shared[2 * group + 1] * to_float(weight[channel + i]);
    const float move = shift == nullptr ? 0.F : to_float(shift[blockIdx.y * channels + channel + i]);
    offset[i] = (move - shared[2 * group]) * factor[i] + to_float(bias[channel + i]);
  }
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.y;
  for (std::int64_t cell = blockIdx.x * blockDim.y + threadIdx.y; cell < cells; cell += stride) {
    const std::int64_t at = (blockIdx.y * cells + cell) * channels + channel;
    auto pack = *reinterpret_cast<const Pack<T>*>(x + at);
    for (int i = 0; i < kCount; ++i) {
      float number = to_float(pack.at[i]) * factor[i] + offset[i];
      if (silu) number = number / (1.F + __expf(-number));
      pack.at[i] = from_float<T>(number);
    }
    *reinterpret_cast<Pack<T>*>(out + at) = pack;
  }
}

template <class T>
void group_norm_of(const Map& x, const GroupNormArguments& a, float* workspace, T* out, cudaStream_t stream) {
  const Shape shape = shape_of<T>(x);
  const dim3 block(shape.packs, shape.rows);
  const auto* data = static_cast<const T*>(x.data);
  const auto* shift = static_cast<const T*>(a.shift);
  auto* sums = reinterpret_cast<float2*>(workspace);
  const auto count = static_cast<unsigned>(x.count);
  const std::size_t bytes = 2 * sizeof(float) * static_cast<std::size_t>(shape.rows * x.channels);
  sum_groups<T><<<dim3(static_cast<unsigned>(shape.chunks), count), block, bytes, stream>>>(data, shift, sums, x.cells,
                                                                                            a.groups);
  check();
  const std::int64_t most = (x.cells + shape.rows - 1) / shape.rows;
  const auto blocks =
      static_cast<unsigned>(std::clamp<std::int64_t>(most / 4, 1, std::max<std::int64_t>(1, 2112 / x.count)));
  norm_groups<T><<<dim3(blocks, count), block, 2 * sizeof(float) * static_cast<std::size_t>(a.groups), stream>>>(
      data, shift, static_cast<const T*>(a.weight), static_cast<const T*>(a.bias), sums, shape.chunks, x.cells,
      a.groups, a.eps, a.silu, out);
  check();
}

/// A warp for each row, which it keeps in registers.
template <class T>
__global__ void add_and_norm(const T* x, const T* y, const T* weight, const T* bias, std::int64_t rows, int width,
                             float eps, T* sum, T* out) {
  constexpr int kCount = Pack<T>::kCount;
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * (blockDim.x / kWarp) + threadIdx.x / kWarp;
  const int lane = threadIdx.x % kWarp, packs = width / kCount;
  if (row >= rows) return;
  float numbers[kMostPacks][kCount];
  float total = 0;
#pragma unroll
  for (int k = 0; k < kMostPacks; ++k) {
    const int at = k * kWarp + lane;
    if (at >= packs) break;
    auto pack = reinterpret_cast<const Pack<T>*>(x + row * width)[at];
    if (y != nullptr) {
      const auto other = reinterpret_cast<const Pack<T>*>(y + row * width)[at];
      for (int i = 0; i < kCount; ++i) pack.at[i] = from_float<T>(to_float(pack.at[i]) + to_float(other.at[i]));
      if (sum != nullptr) reinterpret_cast<Pack<T>*>(sum + row * width)[at] = pack;
    }
    for (int i = 0; i < kCount; ++i) total += numbers[k][i] = to_float(pack.at[i]);
  }
  const float mean = warp_sum(total) / static_cast<float>(width);
  float squares = 0;
#pragma unroll
  for (int k = 0; k < kMostPacks; ++k) {
    if (k * kWarp + lane >= packs) break;
    for (int i = 0; i < kCount; ++i) squares += (numbers[k][i] - mean) * (numbers[k][i] - mean);
  }
  const float scale = rsqrtf(warp_sum(squares) / static_cast<float>(width) + eps);
#pragma unroll
  for (int k = 0; k < kMostPacks; ++k) {
    const int at = k * kWarp + lane;
    if (at >= packs) break;
    const auto w = reinterpret_cast<const Pack<T>*>(weight)[at], b = reinterpret_cast<const Pack<T>*>(bias)[at];
    Pack<T> pack;
    for (int i = 0; i < kCount; ++i)
      pack.at[i] = from_float<T>((numbers[k][i] - mean) * scale * to_float(w.at[i]) + to_float(b.at[i]));
    reinterpret_cast<Pack<T>*>(out + row * width)[at] = pack;
  }
}

template <class T>
__global__ void gate(const T* x, std::int64_t packs, int packs_of_row, T* out) {
  const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= packs) return;
  const std::int64_t row = at / packs_of_row, column = at % packs_of_row;
  const auto* row_of = reinterpret_cast<const Pack<T>*>(x) + row * 2 * packs_of_row;
  auto value = row_of[column];
  const auto gates = row_of[packs_of_row + column];
  for (int i = 0; i < Pack<T>::kCount; ++i) {
    const float b = to_float(gates.at[i]);
    value.at[i] = from_float<T>(to_float(value.at[i]) * (b * 0.5F * (1.F + erff(b * 0.70710678F))));
  }
  reinterpret_cast<Pack<T>*>(out)[at] = value;
}

template <class T>
__global__ void add_three(const T* x, const T* y, const T* bias, std::int64_t packs, int packs_of_row, T* out) {
  const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= packs) return;
  auto a = reinterpret_cast<const Pack<T>*>(x)[at];
  const auto b = reinterpret_cast<const Pack<T>*>(y)[at];
  const auto c = reinterpret_cast<const Pack<T>*>(bias)[at % packs_of_row];
  for (int i = 0; i < Pack<T>::kCount; ++i)
    a.at[i] = from_float<T>(to_float(a.at[i]) + (to_float(b.at[i]) + to_float(c.at[i])));
  reinterpret_cast<Pack<T>*>(out)[at] = a;
}

/// Calls f with a null pointer to the type of number.
template <class F>
void with_type(Number number, F f) {
  switch (number) {
    case Number::kFloat:
      return f(static_cast<float*>(nullptr));
    case Number::kHalf:
      return f(static_cast<__half*>(nullptr));
    case Number::kBFloat16:
      return f(static_cast<__nv_bfloat16*>(nullptr));
  }
}

constexpr int kElementwise = 256;

unsigned blocks_for(std::int64_t packs) {
  return static_cast<unsigned>((packs + kElementwise - 1) / kElementwise);
}

}  // namespace

std::int64_t group_norm_workspace(const Map& x, int groups) {
  return 2 * x.count * kMostChunks * groups;
}

void group_norm(const Map& x, const GroupNormArguments& arguments, float* workspace, void* out, void* stream) {
  with_type(x.number, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    group_norm_of<T>(x, arguments, workspace, static_cast<T*>(out), static_cast<cudaStream_t>(stream));
  });
}

std::int64_t widest_layer_norm(Number number) {
  return kMostPacks * kWarp * (number == Number::kFloat ? 4 : 8);
}

void add_layer_norm(const LayerNormArguments& a, void* sum, void* out, void* stream) {
  constexpr int kRows = 4;
  with_type(a.number, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    add_and_norm<T>
        <<<static_cast<unsigned>((a.rows + kRows - 1) / kRows), kRows * kWarp, 0, static_cast<cudaStream_t>(stream)>>>(
            static_cast<const T*>(a.x), static_cast<const T*>(a.y), static_cast<const T*>(a.weight),
            static_cast<const T*>(a.bias), a.rows, static_cast<int>(a.width), a.eps, static_cast<T*>(sum),
            static_cast<T*>(out));
    check();
  });
}

void geglu(const void* x, std::int64_t rows, std::int64_t width, Number number, void* out, void* stream) {
  with_type(number, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const int packs = static_cast<int>(width / Pack<T>::kCount);
    gate<T><<<blocks_for(rows * packs), kElementwise, 0, static_cast<cudaStream_t>(stream)>>>(
        static_cast<const T*>(x), rows * packs, packs, static_cast<T*>(out));
    check();
  });
}

void add_biased(const void* x, const void* y, const void* bias, std::int64_t rows, std::int64_t width, Number number,
                void* out, void* stream) {
  with_type(number, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    const int packs = static_cast<int>(width / Pack<T>::kCount);
    add_three<T><<<blocks_for(rows * packs), kElementwise, 0, static_cast<cudaStream_t>(stream)>>>(
        static_cast<const T*>(x), static_cast<const T*>(y), static_cast<const T*>(bias), rows * packs, packs,
        static_cast<T*>(out));
    check();
  });
}

}  // namespace models::cuda
