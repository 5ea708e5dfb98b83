// SPDX-License-Identifier: MIT
/// guide: classifier-free guidance, negative + scale · (prompt − negative); at scales of 1 and below the prompt's own
/// prediction, unless the rule is linear.
///
/// Batches  predictions that come together, such as those of regions, go on together
/// Errors   a scale below 0 where the rule is diffusers'
/// Source   Ho and Salimans 2022, equation 6; Lin et al. 2023, section 3.4 (guidance_rescale)
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/sampling/guidance.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class Guide final : public graph::Node {
 public:
  static constexpr graph::In<Predictions> kPredictions{"predictions", "two of (B,C,h,w) f32"};
  static constexpr graph::Out<Prediction> kPrediction{"prediction", "(B,C,h,w) f32"};
  static constexpr graph::Prop<double> kScale{.name = "guidance_scale",
                                              .help = "how far from the negative prompt to the prompt, and beyond",
                                              .value = 6.5,
                                              .min = -1000,
                                              .max = 1000};
  static constexpr graph::Prop<std::string> kRule{
      .name = "rule",
      .help =
          "diffusers: scales of 1 and below are the prompt alone; linear: 0 is the negative prompt, 1 the prompt, "
          "0.5 halfway",
      .value = "diffusers",
      .choices = "diffusers|linear"};
  static graph::Contract contract() {
    return graph::Contract("guide", "Classifier-free guidance: negative + scale · (prompt − negative).", kPredictions,
                           kPrediction, kScale, kGuidanceRescale, kRule)
        .family("sampling")
        .batch(80)
        .mixed_properties()
        .example("guided: {type: guide, guidance_scale: 6.5, in: {predictions: predict.predictions}}");
  }

  explicit Guide(const graph::Props& props)
      : guidance_{props.get(kScale), props.get(kGuidanceRescale)}, is_linear_(props.get(kRule) == "linear") {
    if (!is_linear_ && guidance_.scale < 0)
      throw graph::PropertyError(kScale.name, "a scale below 0 is for rule: linear");
  }

  void process(graph::Context& cx) const override {
    const Predictions& in = cx.get(kPredictions);
    if (!in.negative.defined() && guidance_.scale != 1 && (is_linear_ || guidance_.scale > 1))
      throw std::runtime_error("nothing was predicted without the prompt (prompt_alone), and the scale is not 1");
    if (!in.negative.defined()) return cx.send(kPrediction, Prediction{in.prompt});
    if (is_linear_ && guidance_.scale <= 1)
      cx.send(kPrediction, Prediction{in.negative + guidance_.scale * (in.prompt - in.negative)});
    else cx.send(kPrediction, Prediction{guided(in.prompt, in.negative, guidance_)});
  }

 private:
  const Guidance guidance_;
  const bool is_linear_;
};

}  // namespace

void register_guide(graph::Registry& registry) {
  registry.add<Guide>();
}

}  // namespace nodes
