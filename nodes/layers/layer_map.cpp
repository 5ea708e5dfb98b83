// SPDX-License-Identifier: MIT
/// layer-map: a number of each layer, where it is seen, as a map of the canvas: M ← m v + (1 − m) M from the bottom,
/// then blurred. Of noise it begins with the greatest that any layer has, so that what no layer covers is drawn anew;
/// of edges with 0.
///
/// Errors   layers that are not composed; another number of strengths than layers
/// Source   Sarukkai et al. 2023 (Collage Diffusion), and its authors' program, in its two generations
#include <algorithm>
#include <stdexcept>

#include "graph/registry.h"
#include "methods/layering/levels.h"
#include "nodes/layers/collage_settings.h"
#include "nodes/layers/composed.h"

namespace nodes {
namespace {

layering::MapForm map_form_named(const std::string& name) {
  if (name == "a") return layering::MapForm::kBytes;
  return name == "b" ? layering::MapForm::kFaint : layering::MapForm::kExact;
}

class LayerMap final : public graph::Node {
 public:
  static constexpr graph::In<graph::List<Layer>> kLayers{"layers", "N of compose-layers"};
  static constexpr graph::Out<Mask> kMask{"mask", "(H,W) f32 in [0,1]"};
  static constexpr graph::Out<double> kStrength{"strength", "in [0,1]: the greatest of the layers' numbers"};
  static constexpr graph::Prop<std::string> kOf{
      .name = "of", .help = "which of a layer's numbers", .value = "noise", .choices = "noise|edge"};
  static constexpr graph::Prop<double> kBlur{.name = "blur",
                                             .help = "of the map: the blur's standard deviation",
                                             .value = 0,
                                             .min = 0,
                                             .max = 1000,
                                             .unit = "px"};
  static constexpr graph::Prop<std::string> kForm{
      .name = "form",
      .help =
          "float: exact; a: in bytes, as the original has it, soft edges darker; b: as its later generation has it, "
          "where by a fault next to nothing is seen of any layer",
      .value = "float",
      .choices = "float|a|b"};
  static constexpr graph::Prop<graph::Data> kStrengths{
      .name = "strengths",
      .help = "rows of numbers in the place of the layers' own; null, or a row that is not there: their own",
      .value = "null",
      .shape = control_strengths_shape};
  static constexpr graph::Prop<int> kNumber{
      .name = "number", .help = "which row of strengths, from 0", .value = 0, .min = 0};
  static graph::Contract contract() {
    return graph::Contract("layer-map", "A map of the numbers that layers have.", kLayers, kMask, kStrength, kOf, kBlur,
                           kForm, kStrengths, kNumber)
        .family("layers")
        .example("noise: {type: layer-map, of: noise, blur: 10, in: {layers: all.layers}}");
  }

  explicit LayerMap(const graph::Props& props)
      : is_noise_(props.get(kOf) == "noise"),
        blur_(props.get(kBlur)),
        form_(map_form_named(props.get(kForm))),
        strengths_(props.get(kStrengths)),
        number_(static_cast<std::size_t>(props.get(kNumber))) {}

  void process(graph::Context& cx) const override {
    const std::vector<Layer> layers = composed_layers(cx.get(kLayers));
    std::vector<cv::Mat> masks;
    std::vector<double> own;
    for (const Layer& layer : layers) {
      masks.push_back(layer.visible);
      own.push_back(is_noise_ ? layer.strengths.noise : layer.strengths.edge);
    }
    const std::vector<double> values = values_of(std::move(own));
    const double most = std::ranges::max(values);
    cx.send(kMask, Mask{layering::level_map(masks, values, is_noise_ ? most : 0, form_, blur_)});
    cx.send(kStrength, double{most});
  }

 private:
  std::vector<double> values_of(std::vector<double> own) const {
    if (strengths_.is_null() || number_ >= strengths_.items().size()) return own;
    const std::vector<graph::Data>& row = strengths_.items()[number_].items();
    if (row.size() != own.size())
      throw std::runtime_error(std::to_string(row.size()) + " strengths for " + std::to_string(own.size()) + " layers");
    for (std::size_t i = 0; i < own.size(); ++i) own[i] = row[i].as<double>();
    return own;
  }

  const bool is_noise_;
  const double blur_;
  const layering::MapForm form_;
  const graph::Data strengths_;
  const std::size_t number_;
};

}  // namespace

void register_layer_map(graph::Registry& registry) {
  registry.add<LayerMap>();
}

}  // namespace nodes
