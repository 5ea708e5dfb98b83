// SPDX-License-Identifier: MIT
/// compose-layers: layers over each other on one canvas, and how much of each is seen. With a finished picture under
/// them, those that are to change are pasted onto it again, and the others stay as they are in it.
///
/// Warns    of a layer that is wholly behind those above it
/// Errors   layers that are not placed, or on canvases of several sizes; a picture under them of another size
/// Source   Sarukkai et al. 2023 (Collage Diffusion), and its authors' program
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/files/picture.h"
#include "imaging/resize.h"
#include "methods/layering/composite.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class ComposeLayers final : public graph::Node {
 public:
  static constexpr graph::In<graph::List<Layer>> kLayersIn{"layers", "N of place-layer, the lowest first"};
  static constexpr graph::In<Image> kBackground{"background", "(H,W,3) f32 RGB in [0,1]: a finished picture", true};
  static constexpr graph::Out<Image> kImage{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Out<graph::List<Layer>> kLayers{"layers", "with what is seen of each"};
  static constexpr graph::Out<graph::List<Mask>> kMasks{"masks", "N (H,W) f32 in [0,1]: the same"};
  static constexpr graph::Out<Mask> kTop{"top", "(H,W) f32: that of the uppermost"};
  static constexpr graph::Prop<std::string> kColour{
      .name = "colour", .help = "of the canvas, where no layer covers it, as #rrggbb", .value = "#969696"};
  static constexpr graph::Prop<int> kUpTo{
      .name = "up_to", .help = "layers above this one are left out, from 0; -1: none is", .value = -1, .min = -1};
  static constexpr graph::Prop<bool> kSquare{
      .name = "alpha_square",
      .help = "what is transparent in part counts by the square of its opacity, in bytes, as in the original",
      .value = false};
  static constexpr graph::Prop<std::string> kEditColours{
      .name = "edit_colours",
      .help =
          "which colours are pasted onto a finished picture: the layer's own, or as the original does, those of "
          "its soft edges over the canvas's colour",
      .value = "own",
      .choices = "own|over_canvas"};
  static constexpr graph::Prop<double> kKept{
      .name = "kept",
      .help = "layers of that much noise and less stay what they are in the finished picture",
      .value = 0.2,
      .min = 0,
      .max = 1};
  static graph::Contract contract() {
    return graph::Contract("compose-layers", "Lays layers over each other.", kLayersIn, kBackground, kImage, kLayers,
                           kMasks, kTop, kColour, kUpTo, kSquare, kEditColours, kKept)
        .family("layers")
        .example("all: {type: compose-layers, in: {layers: parts.layer}}");
  }

  explicit ComposeLayers(const graph::Props& props)
      : colour_(props.get(kColour, imaging::colour_named) * 255),
        up_to_(props.get(kUpTo)),
        opacity_(props.get(kSquare) ? layering::Opacity::kSquared : layering::Opacity::kExact),
        colours_(props.get(kEditColours) == "own" ? layering::EditColours::kOwn : layering::EditColours::kOverGrey),
        kept_(props.get(kKept)) {}

  void process(graph::Context& cx) const override {
    const std::vector<Layer> layers = layers_of(cx);
    std::vector<cv::Mat> pixels;
    std::vector<bool> redrawn;
    for (const Layer& layer : layers) {
      pixels.push_back(layer.pixels);
      redrawn.push_back(layer.strengths.noise > kept_);
    }
    const std::vector<cv::Mat> masks = layering::visible_masks(pixels, opacity_);
    cx.send(kImage, Image{imaging::from_8bit(composed(cx, pixels, masks, redrawn))});
    send_masks(cx, layers, masks);
  }

 private:
  std::vector<Layer> layers_of(const graph::Context& cx) const {
    std::vector<Layer> layers;
    const graph::List<Layer> all = cx.get(kLayersIn);
    for (std::size_t i = 0; i < all.size() && (up_to_ < 0 || i <= static_cast<std::size_t>(up_to_)); ++i) {
      if (!all.has(i)) throw std::runtime_error("layers[" + std::to_string(i) + "] did not come");
      if (all[i].pixels.empty()) throw std::runtime_error(all[i].layer->name + " is not placed: link place-layer's");
      if (all[i].pixels.size() != all[0].pixels.size())
        throw std::runtime_error(all[i].layer->name + " is on a canvas of another size than the others");
      layers.push_back(all[i]);
    }
    if (layers.empty()) throw std::runtime_error("there are no layers");
    return layers;
  }

  cv::Mat composed(const graph::Context& cx, const std::vector<cv::Mat>& pixels, const std::vector<cv::Mat>& masks,
                   const std::vector<bool>& redrawn) const {
    const cv::Size canvas = pixels.front().size();
    const Image* const background = cx.find(kBackground);
    if (background == nullptr) return layering::composite(pixels, cv::Mat(canvas, CV_8UC3, colour_));
    if (background->pixels.size() != canvas)
      throw std::runtime_error("the background has " + std::to_string(background->pixels.cols) + " x " +
                               std::to_string(background->pixels.rows) + " px, and the canvas " +
                               std::to_string(canvas.width) + " x " + std::to_string(canvas.height) +
                               ": bring it to that size (resize)");
    return layering::edited(pixels, masks, redrawn, imaging::to_8bit(background->pixels), colours_, colour_);
  }

  static void send_masks(graph::Context& cx, std::vector<Layer> layers, const std::vector<cv::Mat>& masks) {
    std::vector<Mask> sent;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (cv::countNonZero(masks[i]) == 0) cx.warn(layers[i].layer->name + " is wholly behind the layers above it");
      layers[i].visible = masks[i];
      cv::Mat weights;
      masks[i].convertTo(weights, CV_32F);
      sent.push_back({weights});
    }
    cx.send(kTop, Mask(sent.back()));
    cx.send(kMasks, graph::List<Mask>(std::move(sent)));
    cx.send(kLayers, graph::List<Layer>(std::move(layers)));
  }

  const cv::Scalar colour_;
  const int up_to_;
  const layering::Opacity opacity_;
  const layering::EditColours colours_;
  const double kept_;
};

}  // namespace

void register_compose_layers(graph::Registry& registry) {
  registry.add<ComposeLayers>();
}

}  // namespace nodes
