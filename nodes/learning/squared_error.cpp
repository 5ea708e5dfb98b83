// SPDX-License-Identifier: MIT
/// squared-error: how far a rendering is from another: the mean of (a − b)² over all numbers.
///
/// Errors   renderings of different sizes
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class SquaredError final : public graph::Node {
 public:
  static constexpr graph::In<Rendering> kRendering{"rendering", "(B,3,H,W) f32"};
  static constexpr graph::In<Rendering> kTarget{"target", "(B,3,H,W) f32, or (1,3,H,W) for all"};
  static constexpr graph::Out<Loss> kLoss{"loss", "() f32 ≥ 0"};
  static graph::Contract contract() {
    return graph::Contract("squared-error", "The mean squared difference of two renderings.", kRendering, kTarget,
                           kLoss)
        .family("learning")
        .resource("gpu")
        .differentiable()
        .example("error: {type: squared-error, in: {rendering: decoded.rendering, target: target.rendering}}");
  }

  explicit SquaredError(const graph::Props& /*props*/) {}

  void process(graph::Context& cx) const override {
    const at::Tensor &a = cx.get(kRendering).tensor, &b = cx.get(kTarget).tensor;
    if (a.sizes().slice(1) != b.sizes().slice(1) || (b.size(0) != 1 && b.size(0) != a.size(0)))
      throw std::runtime_error("a rendering of the shape " + c10::str(a.sizes()) + ", and a target of " +
                               c10::str(b.sizes()));
    cx.send(kLoss, Loss{(a - b).square().mean()});
  }
};

}  // namespace

void register_squared_error(graph::Registry& registry) {
  registry.add<SquaredError>();
}

}  // namespace nodes
