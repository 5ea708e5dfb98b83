// SPDX-License-Identifier: MIT
#include "models/networks/layers.h"

namespace models {

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
