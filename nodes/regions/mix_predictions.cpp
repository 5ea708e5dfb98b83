// SPDX-License-Identifier: MIT
/// mix-predictions: predictions of regions as one of their canvas, for one step of the scheduler: in each cell
/// Σ m ε / Σ m over the regions that have it, 0 where none has. Sums are in double.
///
/// State    the regions' weights, for each item
/// Errors   regions without a prediction, predictions of another size than their regions
/// Source   Barbero Jiménez 2023 (Mixture of Diffusers), equation 2
#include <memory>
#include <stdexcept>

#include "methods/tiling/mix.h"
#include "nodes/regions/region_settings.h"

namespace nodes {
namespace {

class MixPredictions final : public graph::Node {
 public:
  static constexpr graph::In<graph::List<Prediction>> kPredictions{"predictions", "N of (B,C,h,w) f32"};
  static constexpr graph::In<graph::List<Region>> kRegions{"regions", "N, in the same order"};
  static constexpr graph::In<Latents> kLatents{"latents", "(B,C,H,W) f32, of the canvas: for its size"};
  static constexpr graph::Out<Prediction> kPrediction{"prediction", "(B,C,H,W) f32"};
  static graph::Contract contract() {
    return graph::Contract("mix-predictions", "Mixes the predictions of regions into one of their canvas.",
                           kPredictions, kRegions, kLatents, kPrediction)
        .family("regions")
        .cache<std::shared_ptr<const tiling::Mixer>>()
        .example(
            "mix: {type: mix-predictions, in: {predictions: tiles.prediction, regions: canvas.texts, "
            "latents: state.latents}}");
  }

  explicit MixPredictions(const graph::Props& /*props*/) {}

  void process(graph::Context& cx) const override {
    const graph::List<Prediction> predictions = cx.get(kPredictions);
    const graph::List<Region> regions = cx.get(kRegions);
    if (predictions.size() != regions.size() || predictions.size() == 0)
      throw std::runtime_error(std::to_string(predictions.size()) + " predictions for " +
                               std::to_string(regions.size()) + " regions");
    std::vector<at::Tensor> tensors;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
      if (!predictions.has(i)) throw std::runtime_error("nothing came for " + regions[i].region->name);
      tensors.push_back(predictions[i].tensor);
    }
    const at::Tensor& latents = cx.get(kLatents).tensor;
    const std::shared_ptr<const tiling::Mixer> mixer = mixer_of(cx, regions_in(regions), latents);
    cx.send(kPrediction, Prediction{(*mixer)(tensors)});
    cx.slot<std::shared_ptr<const tiling::Mixer>>() = mixer;
  }

 private:
  /// The same as in the turn before, where the regions are.
  static std::shared_ptr<const tiling::Mixer> mixer_of(graph::Context& cx,
                                                       std::vector<std::shared_ptr<const tiling::Region>> regions,
                                                       const at::Tensor& latents) {
    const auto& known = cx.slot<std::shared_ptr<const tiling::Mixer>>();
    if (known && known->regions() == regions) return known;
    return std::make_shared<const tiling::Mixer>(std::move(regions), latents.size(2), latents.size(3),
                                                 latents.device());
  }
};

}  // namespace

void register_mix_predictions(graph::Registry& registry) {
  registry.add<MixPredictions>();
}

}  // namespace nodes
