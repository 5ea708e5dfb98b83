// SPDX-License-Identifier: MIT
/// guide: classifier-free guidance, negative + scale · (prompt − negative); at scales of 1 and below the prompt's own
/// prediction.
///
/// Source   Ho and Salimans 2022, equation 6; Lin et al. 2023, section 3.4 (guidance_rescale)
#include "graph/registry.h"
#include "nodes/sampling/guidance.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class Guide final : public graph::Node {
 public:
  static constexpr graph::In<Predictions> kPredictions{"predictions", "two of (B,C,h,w) f32"};
  static constexpr graph::Out<Prediction> kPrediction{"prediction", "(B,C,h,w) f32"};
  static graph::Contract contract() {
    return graph::Contract("guide", "Classifier-free guidance: negative + scale · (prompt − negative).", kPredictions,
                           kPrediction, kGuidanceScale, kGuidanceRescale)
        .family("sampling")
        .example("guided: {type: guide, guidance_scale: 6.5, in: {predictions: predict.predictions}}");
  }

  explicit Guide(const graph::Props& props) : guidance_{props.get(kGuidanceScale), props.get(kGuidanceRescale)} {}

  void process(graph::Context& cx) const override {
    const Predictions& in = cx.get(kPredictions);
    cx.send(kPrediction, Prediction{guided(in.prompt, in.negative, guidance_)});
  }

 private:
  const Guidance guidance_;
};

}  // namespace

void register_guide(graph::Registry& registry) {
  registry.add<Guide>();
}

}  // namespace nodes
