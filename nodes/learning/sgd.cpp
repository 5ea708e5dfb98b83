// SPDX-License-Identifier: MIT
/// sgd: gradient descent before its first step.
///
/// Source   v ← m·v + g, θ ← θ·(1 − rate·decay) − rate·v, as libtorch's optim::SGD without dampening; the decay is
///          AdamW's. The rates are those of diffusers' get_scheduler
#include "graph/registry.h"
#include "nodes/learning/rate_properties.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class SgdNode final : public graph::Node {
 public:
  static constexpr graph::Out<learning::Optimiser> kOptimiser{"optimiser", "that has made no step"};
  static constexpr graph::Prop<double> kMomentum{
      .name = "momentum", .help = "how much of the last step's way stays", .value = 0.0, .min = 0, .max = 0.999999};
  static constexpr graph::Prop<double> kDecay{
      .name = "weight_decay", .help = "by which weights shrink, times the rate", .value = 0.0, .min = 0, .max = 1000};
  static graph::Contract contract() {
    return graph::Contract("sgd", "Gradient descent, with its learning rate.", kOptimiser, kLearningRate, kRateSchedule,
                           kWarmup, kCycles, kPower, kPieces, kMaxNorm, kMomentum, kDecay)
        .family("learning")
        .example("descent: {type: sgd, learning_rate: 0.5, momentum: 0.9}");
  }

  explicit SgdNode(const graph::Props& props)
      : optimiser_{.rule = std::make_shared<learning::Sgd>(
                       learning::Sgd::Settings{.momentum = props.get(kMomentum), .weight_decay = props.get(kDecay)}),
                   .rate = rate_of(props),
                   .max_norm = props.get(kMaxNorm)} {}

  void process(graph::Context& cx) const override { cx.send(kOptimiser, learning::Optimiser(optimiser_)); }

 private:
  const learning::Optimiser optimiser_;
};

}  // namespace

void register_sgd(graph::Registry& registry) {
  registry.add<SgdNode>();
}

}  // namespace nodes
