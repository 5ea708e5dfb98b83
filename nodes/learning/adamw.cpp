// SPDX-License-Identifier: MIT
/// adamw: AdamW before its first step.
///
/// Source   Loshchilov and Hutter 2019, algorithm 2; the rates are those of diffusers' get_scheduler
#include "graph/registry.h"
#include "nodes/learning/rate_properties.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class AdamwNode final : public graph::Node {
 public:
  static constexpr graph::Out<learning::Optimiser> kOptimiser{"optimiser", "that has made no step"};
  static constexpr graph::Prop<double> kBeta1{
      .name = "beta1", .help = "how much of the mean gradient stays", .value = 0.9, .min = 0, .max = 0.999999};
  static constexpr graph::Prop<double> kBeta2{
      .name = "beta2", .help = "how much of the mean square stays", .value = 0.999, .min = 0, .max = 0.999999};
  static constexpr graph::Prop<double> kDecay{
      .name = "weight_decay", .help = "by which weights shrink, times the rate", .value = 0.01, .min = 0, .max = 1000};
  static constexpr graph::Prop<double> kEpsilon{
      .name = "epsilon", .help = "added to the root of the mean square", .value = 1e-8, .min = 1e-30, .max = 1};
  static graph::Contract contract() {
    return graph::Contract("adamw", "The optimiser AdamW, with its learning rate.", kOptimiser, kLearningRate,
                           kRateSchedule, kWarmup, kCycles, kPower, kPieces, kMaxNorm, kBeta1, kBeta2, kDecay, kEpsilon)
        .family("learning")
        .example("adam: {type: adamw, learning_rate: 0.05}");
  }

  explicit AdamwNode(const graph::Props& props)
      : optimiser_{
            .rule = std::make_shared<learning::Adamw>(learning::Adamw::Settings{.beta1 = props.get(kBeta1),
                                                                                .beta2 = props.get(kBeta2),
                                                                                .weight_decay = props.get(kDecay),
                                                                                .epsilon = props.get(kEpsilon)}),
            .rate = rate_of(props),
            .max_norm = props.get(kMaxNorm)} {}

  void process(graph::Context& cx) const override { cx.send(kOptimiser, learning::Optimiser(optimiser_)); }

 private:
  const learning::Optimiser optimiser_;
};

}  // namespace

void register_adamw(graph::Registry& registry) {
  registry.add<AdamwNode>();
}

}  // namespace nodes
