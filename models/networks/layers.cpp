// SPDX-License-Identifier: MIT
#include "models/networks/layers.h"

namespace models {

Linear::Linear(const Scope& scope, std::int64_t in, std::int64_t out, bool with_bias)
    : weight(scope.parameter("weight", {out, in})) {
  if (with_bias) bias = scope.parameter("bias", {out});
}

Conv2d::Conv2d(const Scope& scope, std::int64_t in, std::int64_t out, Shape shape)
    : weight(scope.parameter("weight", {out, in, shape.kernel, shape.kernel})),
      stride(shape.stride),
      padding(shape.padding) {
  if (shape.bias) bias = scope.parameter("bias", {out});
  // A GPU convolves feature maps that have their channels last.
  if (weight.is_cuda()) weight = scope.laid_out("weight", at::MemoryFormat::ChannelsLast);
}

GroupNorm::GroupNorm(const Scope& scope, std::int64_t group_count, std::int64_t channels, double epsilon)
    : weight(scope.parameter("weight", {channels})),
      bias(scope.parameter("bias", {channels})),
      groups(group_count),
      eps(epsilon) {}

LayerNorm::LayerNorm(const Scope& scope, std::int64_t width, double epsilon)
    : weight(scope.parameter("weight", {width})), bias(scope.parameter("bias", {width})), eps(epsilon) {}

Embedding::Embedding(const Scope& scope, std::int64_t count, std::int64_t width)
    : weight(scope.parameter("weight", {count, width})) {}

}  // namespace models
