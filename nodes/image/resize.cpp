// SPDX-License-Identifier: MIT
/// resize: brings a picture to a size. A side that shrinks is averaged over its area whatever the filter, but for
/// nearest.
///
/// Errors   both sides 0 without a model, a background that is not a colour: refused when the node is opened
/// Source   OpenCV 4.6, resize: INTER_AREA, INTER_LANCZOS4, INTER_CUBIC, INTER_LINEAR, INTER_NEAREST_EXACT
#include "imaging/resize.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/register.h"
#include "nodes/values.h"

namespace nodes {
namespace {

// The side that keeps the proportions of w × h when the other becomes `side`.
int other_side(int side, int w, int h) {
  return std::max(1, static_cast<int>(std::lround(static_cast<double>(side) * h / w)));
}

class Resize final : public graph::Node {
 public:
  static constexpr graph::In<Image> kImage{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Out<Image> kResized{"image", "(height,width,3) f32 RGB in [0,1]"};
  static constexpr graph::Prop<int> kWidth{.name = "width",
                                           .help = "of the result; 0: from the height, proportions kept",
                                           .value = 0,
                                           .min = 0,
                                           .max = 32768,
                                           .unit = "px"};
  static constexpr graph::Prop<int> kHeight{.name = "height",
                                            .help = "of the result; 0: from the width, proportions kept",
                                            .value = 0,
                                            .min = 0,
                                            .max = 32768,
                                            .unit = "px"};
  static constexpr graph::Prop<std::string> kFit{
      .name = "fit",
      .help = "when the proportions differ: stretch, crop the middle (cover), or add bars (contain)",
      .value = "stretch",
      .choices = "stretch|cover|contain"};
  static constexpr graph::Prop<std::string> kFilter{
      .name = "filter",
      .help = "for a side that grows; one that shrinks is averaged over its area, but for nearest",
      .value = "lanczos",
      .choices = "area|lanczos|cubic|linear|nearest"};
  static constexpr graph::Prop<std::string> kBackground{
      .name = "background", .help = "colour of the bars of contain, as #rrggbb", .value = "#000000"};
  static constexpr graph::Prop<graph::Path> kSizedFor{
      .name = "model", .help = "whose size is taken where width and height are 0", .value = "", .feedable = false};
  static graph::Contract contract() {
    return graph::Contract("resize", "Brings a picture to a size.", kImage, kResized, kWidth, kHeight, kSizedFor, kFit,
                           kFilter, kBackground)
        .family("image")
        .bypass(kResized, kImage)
        .example("small: {type: resize, width: 512, in: {image: photo.image}}");
  }

  Resize(const graph::Props& props, const SideOf& side_of)
      : side_of_(side_of),
        width_(props.get(kWidth)),
        height_(props.get(kHeight)),
        model_(props.get(kSizedFor).text),
        fit_(imaging::fit_named(props.get(kFit))),
        filter_(imaging::filter_named(props.get(kFilter))),
        background_(props.get(kBackground)) {}

  void open() override {
    if (width_ == 0 && height_ == 0) {
      if (model_.empty())
        throw std::runtime_error("neither a width nor a height: give one of them, in px, or the model");
      width_ = height_ = side_of_(model_);
    }
    imaging::colour_named(background_);
  }

  void process(graph::Context& cx) const override {
    const cv::Mat& pixels = cx.get(kImage).pixels;
    const int width = width_ > 0 ? width_ : other_side(height_, pixels.rows, pixels.cols);
    const int height = height_ > 0 ? height_ : other_side(width_, pixels.cols, pixels.rows);
    cx.send(kResized, Image{imaging::resize(pixels, width, height, filter_, fit_, imaging::colour_named(background_))});
  }

 private:
  const SideOf side_of_;
  int width_, height_;
  const std::string model_;
  const imaging::Fit fit_;
  const imaging::Filter filter_;
  const std::string background_;
};

}  // namespace

void register_resize(graph::Registry& registry, const SideOf& side_of) {
  registry.add<Resize>(side_of);
}

}  // namespace nodes
