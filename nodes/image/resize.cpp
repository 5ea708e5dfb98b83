// SPDX-License-Identifier: MIT
/// resize: brings a picture to a size. A side that shrinks is averaged over its area whatever the filter, but for
/// nearest and bilinear.
///
/// Errors   both sides 0 without a model, a background that is not a colour: refused when the node is opened
/// Source   OpenCV 4.6, resize: INTER_AREA, INTER_LANCZOS4, INTER_CUBIC, INTER_LINEAR, INTER_NEAREST_EXACT;
///          torch, interpolate with mode bilinear
#include "imaging/resize.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/register.h"
#include "nodes/values.h"

namespace nodes {
namespace {

constexpr int kCell = 8;  // px, of latents

// The side that keeps the proportions of w × h when the other becomes `side`.
int other_side(int side, int w, int h) {
  return std::max(1, static_cast<int>(std::lround(static_cast<double>(side) * h / w)));
}

class Resize final : public graph::Node {
 public:
  static constexpr graph::In<Image> kImage{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Out<Image> kResized{"image", "(height,width,3) f32 RGB in [0,1]"};
  static constexpr graph::Out<std::int64_t> kWidthSent{"width", "px, of the result"};
  static constexpr graph::Out<std::int64_t> kHeightSent{"height", "px, of the result"};
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
  static constexpr graph::Prop<int> kMultiple{
      .name = "multiple",
      .help =
          "both sides are cut down to a multiple of this; above 1, width and height may both be 0: the picture's own",
      .value = 1,
      .min = 1,
      .max = 1024,
      .unit = "px"};
  static constexpr graph::Prop<std::string> kFit{
      .name = "fit",
      .help = "when the proportions differ: stretch, crop the middle (cover), or add bars (contain)",
      .value = "stretch",
      .choices = "stretch|cover|contain"};
  static constexpr graph::Prop<std::string> kFilter{
      .name = "filter",
      .help =
          "for a side that grows; one that shrinks is averaged over its area, but for nearest, for bilinear, which is "
          "torch's interpolate, and for lanczos-8bit, which is on bytes, as Pillow resizes",
      .value = "lanczos",
      .choices = "area|lanczos|cubic|linear|bilinear|nearest|lanczos-8bit"};
  static constexpr graph::Prop<std::string> kBackground{
      .name = "background", .help = "colour of the bars of contain, as #rrggbb", .value = "#000000"};
  static constexpr graph::Prop<graph::Path> kSizedFor{
      .name = "model",
      .help = "whose size is taken where both are 0; where one is, it becomes a multiple of 8 px, as models need it",
      .value = "",
      .feedable = false};
  static graph::Contract contract() {
    return graph::Contract("resize", "Brings a picture to a size.", kImage, kResized, kWidthSent, kHeightSent, kWidth,
                           kHeight, kSizedFor, kMultiple, kFit, kFilter, kBackground)
        .family("image")
        .bypass(kResized, kImage)
        .example("small: {type: resize, width: 512, in: {image: photo.image}}");
  }

  Resize(const graph::Props& props, const SideOf& side_of)
      : side_of_(side_of),
        width_(props.get(kWidth)),
        height_(props.get(kHeight)),
        model_(props.get(kSizedFor).text),
        multiple_(props.get(kMultiple)),
        fit_(imaging::fit_named(props.get(kFit))),
        filter_(imaging::filter_named(props.get(kFilter))),
        background_(props.get(kBackground, imaging::colour_named)) {
    if (width_ == 0 && height_ == 0 && model_.empty() && multiple_ == 1)
      throw std::invalid_argument("neither a width nor a height: give one of them, in px, or the model");
  }

  void open() override {
    if (width_ == 0 && height_ == 0 && !model_.empty()) width_ = height_ = side_of_(model_);
  }

  void foresee(graph::Outlook& outlook) const override {
    const graph::Extent& in = outlook.in(kImage);
    const bool known = in.size() == 2;
    if (!known && (width_ == 0 || height_ == 0)) return;
    const cv::Size size = size_for(known ? cv::Size(static_cast<int>(in[0]), static_cast<int>(in[1])) : cv::Size());
    outlook.out(kResized, {size.width, size.height});
  }

  void process(graph::Context& cx) const override {
    const cv::Mat& pixels = cx.get(kImage).pixels;
    const cv::Size size = size_for(pixels.size());
    cx.send(kResized, Image{imaging::resize(pixels, size.width, size.height, filter_, fit_, background_)});
    cx.send(kWidthSent, std::int64_t{size.width});
    cx.send(kHeightSent, std::int64_t{size.height});
  }

 private:
  cv::Size size_for(cv::Size picture) const {
    if (width_ == 0 && height_ == 0) return {cut(picture.width), cut(picture.height)};
    return {cut(width_ > 0 ? width_ : side(height_, picture.height, picture.width)),
            cut(height_ > 0 ? height_ : side(width_, picture.width, picture.height))};
  }
  int cut(int side) const {
    if (side < multiple_)
      throw std::runtime_error("a side of " + std::to_string(side) + " px is less than " + std::to_string(multiple_));
    return side / multiple_ * multiple_;
  }
  /// As proportions have it; for a model the nearest that it can make.
  int side(int given, int w, int h) const {
    const int side = other_side(given, w, h);
    return model_.empty() ? side : std::max(kCell, (side + kCell / 2) / kCell * kCell);
  }

  const SideOf side_of_;
  int width_, height_;
  const std::string model_;
  const int multiple_;
  const imaging::Fit fit_;
  const imaging::Filter filter_;
  const cv::Scalar background_;
};

}  // namespace

void register_resize(graph::Registry& registry, const SideOf& side_of) {
  registry.add<Resize>(side_of);
}

}  // namespace nodes
