// SPDX-License-Identifier: MIT
/// attend-layers: pulls the words of layers into their places: where a layer is seen the picture attends more to its
/// words, and elsewhere less. Of the prompt alone, not of the negative one. What it does is carried by the
/// conditioning, as attend's, which finds words by itself.
///
/// Notes    the pull falls with the noise level. Layers whose strengths are both 0 are left out; without any left,
///          numbers are those of a graph without this node, bit for bit
/// Errors   words of more layers than there are; prompts that change by turns or are several (AND)
/// Source   Sarukkai et al. 2023 (Collage Diffusion); Balaji et al. 2022 (eDiff-I)
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/layers/composed.h"
#include "nodes/picture_tensors.h"
#include "nodes/pull.h"
#include "nodes/services.h"
#include "tensors/device.h"

namespace nodes {
namespace {

class AttendLayers final : public graph::Node {
 public:
  static constexpr graph::In<Conditioning> kConditioningIn{"conditioning", "of insert-tokens' text"};
  static constexpr graph::In<graph::List<Layer>> kLayers{"layers", "N of compose-layers"};
  static constexpr graph::In<Spans> kSpans{"spans", "of insert-tokens"};
  static constexpr graph::Out<Conditioning> kConditioning{"conditioning", "with the pull"};
  static graph::Contract contract() {
    return graph::Contract("attend-layers", "Pulls the words of layers into their places.", kConditioningIn, kLayers,
                           kSpans, kConditioning, kFall, kSigmaIndex)
        .family("layers")
        .bypass(kConditioning, kConditioningIn)
        .example(
            "told: {type: attend-layers, in: {conditioning: text.conditioning, layers: all.layers, spans: "
            "words.spans}}");
  }

  AttendLayers(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services), fall_(fall_named(props.get(kFall))), from_start_(props.get(kSigmaIndex) == "loop") {}

  void process(graph::Context& cx) const override {
    const std::vector<Layer> layers = composed_layers(cx.get(kLayers));
    std::vector<models::AttentionRegion> regions;
    for (const models::LayerWords& words : cx.get(kSpans).words) {
      if (words.layer >= layers.size())
        throw std::runtime_error("there are words of layers[" + std::to_string(words.layer) + "], and " +
                                 std::to_string(layers.size()) + " layers");
      const Layer& layer = layers[words.layer];
      if (layer.strengths.attention == 0 && layer.strengths.negative_attention == 0) continue;
      cv::Mat weights;
      layer.visible.convertTo(weights, CV_32F);
      regions.push_back({words.tokens, to_tensor(Mask{weights}).to(services_->device()), layer.strengths.attention,
                         layer.strengths.negative_attention});
    }
    cx.send(kConditioning, pulled(cx.get(kConditioningIn), std::move(regions), fall_, from_start_));
  }

 private:
  const std::shared_ptr<Services> services_;
  const models::AttentionFall fall_;
  const bool from_start_;
};

}  // namespace

void register_attend_layers(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<AttendLayers>(services);
}

}  // namespace nodes
