// SPDX-License-Identifier: MIT
#include "models/networks/fused.h"

#include "models/networks/kernels.h"
#include "models/networks/norm_statistics.h"

#if DECOUPAGE_CUDA
#include <c10/cuda/CUDAStream.h>

#include "models/networks/fused_cuda.h"
#endif

namespace models {
namespace {

#if DECOUPAGE_CUDA
/// Whether a kernel takes rows of this width: of 16 bytes and more, on a GPU, without gradients.
bool is_fused(const at::Tensor& x, std::int64_t width, const at::Tensor& weight) {
  if (!x.is_cuda() || needs_grad(x) || needs_grad(weight) || x.numel() == 0) return false;
  const at::ScalarType type = x.scalar_type();
  if (type != at::kFloat && type != at::kHalf && type != at::kBFloat16) return false;
  const std::int64_t pack = 16 / static_cast<std::int64_t>(x.element_size());
  return width % pack == 0 && (!weight.defined() || weight.scalar_type() == type);
}

bool is_fused_map(const at::Tensor& x, const at::Tensor& weight) {
  return x.dim() == 4 && x.is_contiguous(at::MemoryFormat::ChannelsLast) && is_fused(x, x.size(1), weight) &&
         x.size(1) * static_cast<std::int64_t>(x.element_size()) <= 512 * 16;
}

cuda::Number number_of(const at::Tensor& x) {
  if (x.scalar_type() == at::kHalf) return cuda::Number::kHalf;
  return x.scalar_type() == at::kFloat ? cuda::Number::kFloat : cuda::Number::kBFloat16;
}

void* stream_of(const at::Tensor& x) {
  return c10::cuda::getCurrentCUDAStream(x.get_device()).stream();
}

at::Tensor fused_group_norm(const GroupNorm& norm, const at::Tensor& x, const at::Tensor& shift, bool silu) {
  const cuda::Map map{x.data_ptr(), x.size(0), x.size(2) * x.size(3), x.size(1), number_of(x)};
  const auto groups = static_cast<int>(norm.groups);
  const at::Tensor workspace = at::empty({cuda::group_norm_workspace(map, groups)}, x.options().dtype(at::kFloat));
  const at::Tensor moved = shift.defined() ? shift.contiguous() : shift;
  at::Tensor out = at::empty_like(x);
  cuda::group_norm(map,
                   {norm.weight.data_ptr(), norm.bias.data_ptr(), moved.defined() ? moved.data_ptr() : nullptr, groups,
                    static_cast<float>(norm.eps), silu},
                   workspace.data_ptr<float>(), out.data_ptr(), stream_of(x));
  return out;
}
#endif

/// float32 on a CPU, where no gradient is asked for.
bool is_plain(const GroupNorm& norm, const at::Tensor& x, const at::Tensor& shift) {
  const auto fits = [](const at::Tensor& t) {
    return !t.defined() || (t.is_cpu() && t.scalar_type() == at::kFloat && !needs_grad(t));
  };
  return fits(x) && fits(shift) && fits(norm.weight) && fits(norm.bias) && norm.weight.defined() && x.numel() > 0;
}

at::Tensor norm_by_groups(const GroupNorm& norm, const at::Tensor& map, const at::Tensor& moved, bool silu) {
  const at::Tensor x = map.contiguous(), shift = moved.defined() ? moved.contiguous() : moved;
  at::Tensor y = at::empty_like(x);
  const std::int64_t channels = x.size(1) / norm.groups, pixels = x.numel() / x.size(0) / x.size(1);
  at::parallel_for(0, x.size(0) * norm.groups, 1, [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i) {
      const std::int64_t at = i * channels * pixels, channel = i % norm.groups * channels;
      all_kernels().front()->norm_group({.x = x.data_ptr<float>() + at,
                                         .channels = channels,
                                         .pixels = pixels,
                                         .shift = shift.defined() ? shift.data_ptr<float>() + i * channels : nullptr,
                                         .weight = norm.weight.data_ptr<float>() + channel,
                                         .bias = norm.bias.data_ptr<float>() + channel,
                                         .eps = static_cast<float>(norm.eps),
                                         .silu = silu,
                                         .y = y.data_ptr<float>() + at});
    }
  });
  return y;
}

at::Tensor shifted(const at::Tensor& x, const at::Tensor& shift) {
  return shift.defined() ? x + shift.unsqueeze(-1).unsqueeze(-1) : x;
}

}  // namespace

at::Tensor normed(const GroupNorm& norm, const at::Tensor& x, const at::Tensor& shift) {
  if (NormStatistics* const whole = NormStatistics::current()) return whole->normed(norm, shifted(x, shift));
#if DECOUPAGE_CUDA
  if (is_fused_map(x, norm.weight) && !needs_grad(shift)) return fused_group_norm(norm, x, shift, false);
#endif
  if (is_plain(norm, x, shift)) return norm_by_groups(norm, x, shift, false);
  return norm(shifted(x, shift));
}

at::Tensor normed_silu(const GroupNorm& norm, const at::Tensor& x, const at::Tensor& shift) {
  if (NormStatistics* const whole = NormStatistics::current()) return at::silu(whole->normed(norm, shifted(x, shift)));
#if DECOUPAGE_CUDA
  if (is_fused_map(x, norm.weight) && !needs_grad(shift)) return fused_group_norm(norm, x, shift, true);
#endif
  if (is_plain(norm, x, shift)) return norm_by_groups(norm, x, shift, true);
  return at::silu(norm(shifted(x, shift)));
}

std::pair<at::Tensor, at::Tensor> add_normed(const LayerNorm& norm, const at::Tensor& x, const at::Tensor& y) {
#if DECOUPAGE_CUDA
  const std::int64_t width = x.size(-1);
  if (is_fused(x, width, norm.weight) && !needs_grad(y) && x.is_contiguous() && (!y.defined() || y.is_contiguous()) &&
      width <= cuda::widest_layer_norm(number_of(x))) {
    at::Tensor sum = y.defined() ? at::empty_like(x) : x, out = at::empty_like(x);
    cuda::add_layer_norm({x.data_ptr(), y.defined() ? y.data_ptr() : nullptr, norm.weight.data_ptr(),
                          norm.bias.data_ptr(), x.numel() / width, width, static_cast<float>(norm.eps), number_of(x)},
                         y.defined() ? sum.data_ptr() : nullptr, out.data_ptr(), stream_of(x));
    return {sum, out};
  }
#endif
  const at::Tensor sum = y.defined() ? x + y : x;
  return {sum, norm(sum)};
}

at::Tensor geglu(const at::Tensor& x) {
#if DECOUPAGE_CUDA
  const std::int64_t width = x.size(-1) / 2;
  if (is_fused(x, width, {}) && x.is_contiguous()) {
    std::vector<std::int64_t> sizes = x.sizes().vec();
    sizes.back() = width;
    at::Tensor out = at::empty(sizes, x.options());
    cuda::geglu(x.data_ptr(), out.numel() / width, width, number_of(x), out.data_ptr(), stream_of(x));
    return out;
  }
#endif
  const std::vector<at::Tensor> halves = x.chunk(2, -1);
  return halves[0] * at::gelu(halves[1]);
}

std::pair<at::Tensor, at::Tensor> without_bias(const Conv2d& conv, const at::Tensor& x) {
#if DECOUPAGE_CUDA
  if (x.is_cuda()) return {at::conv2d(x, conv.weight, {}, conv.stride, conv.padding), conv.bias};
#endif
  return {conv(x), at::Tensor()};
}

at::Tensor add_biased(const at::Tensor& x, const at::Tensor& y, const at::Tensor& bias) {
#if DECOUPAGE_CUDA
  if (bias.defined() && is_fused_map(x, bias) && is_fused_map(y, bias)) {
    at::Tensor out = at::empty_like(x);
    cuda::add_biased(x.data_ptr(), y.data_ptr(), bias.data_ptr(), x.numel() / x.size(1), x.size(1), number_of(x),
                     out.data_ptr(), stream_of(x));
    return out;
  }
#endif
  return x + (bias.defined() ? shifted(y, bias) : y);
}

at::Tensor laid_out(const at::Tensor& x) {
  return x.is_cuda() ? x.contiguous(at::MemoryFormat::ChannelsLast) : x;
}

}  // namespace models
