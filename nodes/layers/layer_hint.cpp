// SPDX-License-Identifier: MIT
/// layer-hint: what a ControlNet sees of a collage: the edges of the whole, or each layer's own where it is not behind
/// others; and in their place ready hints, of the whole (a pose) or of single layers, which are cut, resized and turned
/// as these.
///
/// Errors   layers that are not composed; a ready hint that is not there, or not one picture
/// Source   Canny 1986; Sarukkai et al. 2023 (Collage Diffusion) has the edges of the whole
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/files/picture.h"
#include "imaging/files/picture_files.h"
#include "imaging/resample.h"
#include "methods/layering/composite.h"
#include "nodes/edges.h"
#include "nodes/layers/composed.h"

namespace nodes {
namespace {

graph::Shape ready_hints_shape() {
  using graph::Shape;
  return Shape::list_of(Shape::path().or_null());
}

/// From where on a layer's own hint stands in the place of those below it, of 255.
constexpr int kOpaque = 128;

class LayerHint final : public graph::Node {
 public:
  static constexpr graph::In<graph::List<Layer>> kLayers{"layers", "N of compose-layers"};
  static constexpr graph::In<Image> kComposite{"image", "(H,W,3) f32 RGB in [0,1]: of compose-layers"};
  static constexpr graph::Out<Image> kHint{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Prop<std::string> kOf{
      .name = "of",
      .help = "whose edges: of the layers together, or of each alone, where it is seen",
      .value = "composite",
      .choices = "composite|layers"};
  static constexpr graph::Prop<int> kNumber{
      .name = "number", .help = "of the ControlNet: which of the ready hints, from 0", .value = 0, .min = 0};
  static constexpr graph::Prop<graph::Data> kImages{
      .name = "images",
      .help = "for each ControlNet a ready hint of the whole; null: edges",
      .value = "[]",
      .feedable = false,
      .shape = ready_hints_shape};
  static graph::Contract contract() {
    return graph::Contract("layer-hint", "What a ControlNet sees of a collage.", kLayers, kComposite, kHint, kOf,
                           kNumber, kImages, kLowThreshold, kHighThreshold)
        .family("layers")
        .example("lines: {type: layer-hint, of: layers, in: {layers: all.layers, image: all.image}}");
  }

  explicit LayerHint(const graph::Props& props)
      : of_layers_(props.get(kOf) == "layers"),
        number_(static_cast<std::size_t>(props.get(kNumber))),
        edges_of_(props) {
    const graph::Data images = props.get(kImages);
    if (number_ < images.items().size() && !images.items()[number_].is_null())
      ready_ = images.items()[number_].as<graph::Path>().text;
  }

  void open() override {
    if (ready_.empty()) return;
    const std::vector<std::string> files = imaging::find_pictures(ready_, false);
    if (files.size() != 1) throw std::runtime_error("images: '" + ready_ + "' is not one picture");
    ready_ = files.front();
  }

  void process(graph::Context& cx) const override {
    const std::vector<Layer> layers = composed_layers(cx.get(kLayers));
    cv::Mat hint = of_all(imaging::to_8bit(cx.get(kComposite).pixels));
    for (const Layer& layer : layers) {
      const cv::Mat own = of_one(layer);
      if (own.empty()) continue;
      // What lies behind it is not seen, and its own lines may lie just outside of it.
      hint.setTo(cv::Scalar::all(0), layering::opacity_of(layer.pixels) >= kOpaque);
      cv::max(hint, own, hint);
    }
    cx.send(kHint, Image{imaging::from_8bit(hint)});
  }

 private:
  cv::Mat of_all(const cv::Mat& composite) const {
    if (!ready_.empty()) return imaging::lanczos(imaging::read_pixels(ready_), composite.cols, composite.rows).clone();
    return of_layers_ ? cv::Mat(composite.size(), CV_8UC3, cv::Scalar(0, 0, 0)) : edges_of_(composite);
  }

  /// Nothing where the whole's counts.
  cv::Mat of_one(const Layer& layer) const {
    const std::vector<std::string>& hints = layer.layer->hints;
    if (number_ < hints.size() && !hints[number_].empty()) return ready_of(layer, hints[number_]);
    if (!of_layers_ || !ready_.empty()) return {};
    const cv::Mat grey(layer.pixels.size(), CV_8UC3, cv::Scalar(150, 150, 150));
    return edges_of_(layering::composite(std::vector<cv::Mat>{layer.pixels}, grey));
  }

  /// As the layer's picture: cut, resized, turned and placed.
  static cv::Mat ready_of(const Layer& layer, const std::string& path) {
    const layering::Cut& cut = *layer.cut;
    const cv::Mat whole = imaging::lanczos(imaging::read_pixels(imaging::find_pictures(path, false).front()),
                                           cut.whole.width, cut.whole.height);
    cv::Mat pixels;
    cv::merge(std::vector<cv::Mat>{whole(cut.box), cv::Mat(cut.box.size(), CV_8UC1, cv::Scalar(255))}, pixels);
    const cv::Mat placed =
        layering::placed({pixels, cut.whole, cut.box}, layer.layer->placement, layer.pixels.cols, layer.pixels.rows);
    cv::Mat inside(placed.size(), CV_8UC3, cv::Scalar(0, 0, 0));
    layering::colours_of(placed).copyTo(inside, layering::opacity_of(layer.pixels) >= kOpaque);
    return inside;
  }

  const bool of_layers_;
  const std::size_t number_;
  const EdgeFinder edges_of_;
  std::string ready_;
};

}  // namespace

void register_layer_hint(graph::Registry& registry) {
  registry.add<LayerHint>();
}

}  // namespace nodes
