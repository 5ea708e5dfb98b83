// SPDX-License-Identifier: MIT
/// place-layer: a layer's picture on its canvas: cut out, resized, turned and put in its place.
///
/// Bytes    as Pillow's: premultiplied bicubic in 22 bits, the nearest pixel where it is turned by what is no quarter
/// Notes    a layer without a picture takes what is linked, and is opaque but for its polygon and mask
/// Errors   neither a picture nor a link; a picture that was drawn and comes to lie beside the canvas
/// Source   Sarukkai et al. 2023 (Collage Diffusion), and its authors' program
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/files/picture.h"
#include "methods/layering/composite.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class PlaceLayer final : public graph::Node {
 public:
  static constexpr graph::In<Layer> kLayerIn{"layer", "of load-collage"};
  static constexpr graph::In<Image> kImage{"image", "(h,w,3) f32 RGB in [0,1]: what was drawn for it", true};
  static constexpr graph::Out<Layer> kLayer{"layer", "on its canvas, (H,W,4) of 8 bits"};
  static constexpr graph::Prop<std::int64_t> kWidth{
      .name = "width", .help = "of the canvas", .min = 8, .max = 65536, .unit = "px"};
  static constexpr graph::Prop<std::int64_t> kHeight{
      .name = "height", .help = "of the canvas", .min = 8, .max = 65536, .unit = "px"};
  static graph::Contract contract() {
    return graph::Contract("place-layer", "Puts a layer's picture in its place on a canvas.", kLayerIn, kImage, kLayer,
                           kWidth, kHeight)
        .family("layers")
        .example("place: {type: place-layer, width: $width, height: $height, in: {layer: each.layer}}");
  }

  explicit PlaceLayer(const graph::Props& props)
      : width_(static_cast<int>(props.get(kWidth))), height_(static_cast<int>(props.get(kHeight))) {}

  void process(graph::Context& cx) const override {
    Layer layer = cx.get(kLayerIn);
    const layering::Layer& written = *layer.layer;
    if (!layer.cut) layer.cut = std::make_shared<const layering::Cut>(cut_of(layer, cx.find(kImage)));
    layer.strengths = layering::strengths_of(written, *layer.cut);
    layer.pixels = layering::placed(*layer.cut, written.placement, width_, height_);
    if (cv::countNonZero(layering::opacity_of(layer.pixels)) == 0)
      throw std::runtime_error(written.name + " lies wholly beside the canvas");
    cx.send(kLayer, std::move(layer));
  }

 private:
  static layering::Cut cut_of(const Layer& layer, const Image* drawn) {
    if (drawn == nullptr)
      throw std::runtime_error(layer.layer->name + " has no picture, and none is linked: draw its prompt");
    const cv::Mat pixels = imaging::to_8bit(drawn->pixels);
    cv::Mat opaque;
    cv::merge(std::vector<cv::Mat>{pixels, cv::Mat(pixels.size(), CV_8UC1, cv::Scalar(255))}, opaque);
    return layering::cut_out(opaque, layer.layer->polygon, layer.mask);
  }

  const int width_, height_;
};

}  // namespace

void register_place_layer(graph::Registry& registry) {
  registry.add<PlaceLayer>();
}

}  // namespace nodes
