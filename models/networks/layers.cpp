// SPDX-License-Identifier: MIT
#include "models/networks/layers.h"

#include <atomic>

namespace models {
namespace {

std::atomic<Convolutions> convolutions{Convolutions::kAuto};

}  // namespace

bool needs_grad(const at::Tensor& t) {
  return c10::GradMode::is_enabled() && t.defined() && t.requires_grad();
}

void set_convolutions(Convolutions how) {
  convolutions = how;
}

Linear::Linear(const ParameterPath& path, std::int64_t in, std::int64_t out, bool with_bias)
    : weight(path.parameter("weight", {out, in})) {
  if (with_bias) bias = path.parameter("bias", {out});
}

Conv2d::Conv2d(const ParameterPath& path, std::int64_t in, std::int64_t out, Sizes sizes)
    : weight(path.parameter("weight", {out, in, sizes.kernel, sizes.kernel})),
      stride(sizes.stride),
      padding(sizes.padding) {
  if (sizes.bias) bias = path.parameter("bias", {out});
  // A GPU convolves feature maps that have their channels last.
  if (weight.is_cuda()) weight = path.laid_out("weight", at::MemoryFormat::ChannelsLast);
  const bool fits = sizes.kernel == 3 && stride == 1 && padding == 1;
  if (fits && weight.is_cpu() && weight.scalar_type() == at::kFloat) winograd = std::make_shared<Winograd>(weight);
}

at::Tensor Conv2d::operator()(const at::Tensor& x) const {
  return by_winograd(x) ? (*winograd)(x, bias) : at::conv2d(x, weight, bias, stride, padding);
}

/// Weights that learn change between calls, also where a call asks for no gradient.
bool Conv2d::by_winograd(const at::Tensor& x) const {
  return winograd && !weight.requires_grad() && !needs_grad(x) && x.scalar_type() == at::kFloat && x.dim() == 4 &&
         convolutions == Convolutions::kAuto && Winograd::pays(weight.size(0), x.sizes());
}

GroupNorm::GroupNorm(const ParameterPath& path, std::int64_t group_count, std::int64_t channels, double epsilon)
    : weight(path.parameter("weight", {channels})),
      bias(path.parameter("bias", {channels})),
      groups(group_count),
      eps(epsilon) {}

LayerNorm::LayerNorm(const ParameterPath& path, std::int64_t width, double epsilon)
    : weight(path.parameter("weight", {width})), bias(path.parameter("bias", {width})), eps(epsilon) {}

Embedding::Embedding(const ParameterPath& path, std::int64_t count, std::int64_t width)
    : weight(path.parameter("weight", {count, width})) {}

}  // namespace models
