// SPDX-License-Identifier: MIT
/// crop-region: the part of a picture that is worth drawing at full resolution: what a mask covers and something around
/// it, in the proportions that will be drawn.
///
/// Warns    when the picture is too small for a region of these proportions, which is then stretched, and when the mask
///          reaches beyond the region
/// Errors   an empty mask, where a padding is given
/// Source   diffusers' padding_mask_crop, rectangle for rectangle
#include <cmath>
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/masks.h"
#include "nodes/register.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class CropRegion final : public graph::Node {
 public:
  static constexpr graph::In<Mask> kMask{"mask", "(H,W) f32 in [0,1], of the picture's size"};
  static constexpr graph::Out<std::int64_t> kLeft{"left", "of the region, px"};
  static constexpr graph::Out<std::int64_t> kTop{"top", "of the region, px"};
  static constexpr graph::Out<std::int64_t> kAcross{"region_width", "of the region, px"};
  static constexpr graph::Out<std::int64_t> kDown{"region_height", "of the region, px"};
  static constexpr graph::Prop<int> kWidth{
      .name = "width",
      .help = "of what will be drawn, for the proportions; 0: as the model is made for",
      .value = 0,
      .min = 0,
      .max = 65536,
      .unit = "px"};
  static constexpr graph::Prop<int> kHeight{
      .name = "height", .help = "of what will be drawn likewise", .value = 0, .min = 0, .max = 65536, .unit = "px"};
  static constexpr graph::Prop<graph::Path> kSizedFor{
      .name = "model", .help = "whose size is taken where width or height is 0", .value = "", .feedable = false};
  static constexpr graph::Prop<int> kPadding{
      .name = "padding",
      .help = "around what the mask covers; -1: the largest region of the picture",
      .value = -1,
      .min = -1,
      .max = 32768,
      .unit = "px"};
  static graph::Contract contract() {
    return graph::Contract("crop-region", "Finds the part of a picture that a mask is about.", kMask, kLeft, kTop,
                           kAcross, kDown, kWidth, kHeight, kSizedFor, kPadding)
        .family("image")
        .example("region: {type: crop-region, padding: 32, width: 1024, height: 1024, in: {mask: mask.mask}}");
  }

  CropRegion(const graph::Props& props, const SideOf& side_of)
      : side_of_(side_of),
        width_(props.get(kWidth)),
        height_(props.get(kHeight)),
        model_(props.get(kSizedFor).text),
        padding_(props.get(kPadding)) {
    if ((width_ == 0 || height_ == 0) && model_.empty())
      throw std::invalid_argument("width or height is 0: give both, in px, or the model");
  }

  void open() override {
    if (width_ > 0 && height_ > 0) return;
    const int side = side_of_(model_);
    if (width_ == 0) width_ = side;
    if (height_ == 0) height_ = side;
  }

  void process(graph::Context& cx) const override {
    const cv::Mat& mask = cx.get(kMask).weights;
    const cv::Rect region = padding_ < 0 ? imaging::largest_region(mask, width_, height_)
                                         : imaging::region_around(mask, width_, height_, padding_);
    if (!imaging::covers(region, mask))
      cx.warn("the mask reaches beyond the region of " + std::to_string(region.width) + " x " +
              std::to_string(region.height) + " px at " + std::to_string(region.x) + ", " + std::to_string(region.y) +
              " that is drawn: ask for other proportions, or give a padding");
    const double off = static_cast<double>(region.width) * height_ / (static_cast<double>(region.height) * width_);
    // A pixel more or less is no matter.
    const double least = 1.0 / std::min(region.width, region.height);
    if (std::abs(off - 1) > 2 * least + 0.01)
      cx.warn("the picture is too small for a region of the proportions " + std::to_string(width_) + " : " +
              std::to_string(height_) + ": one of " + std::to_string(region.width) + " x " +
              std::to_string(region.height) + " px is stretched to them");
    cx.send(kLeft, std::int64_t{region.x});
    cx.send(kTop, std::int64_t{region.y});
    cx.send(kAcross, std::int64_t{region.width});
    cx.send(kDown, std::int64_t{region.height});
  }

 private:
  const SideOf side_of_;
  int width_, height_;
  const std::string model_;
  const int padding_;
};

}  // namespace

void register_crop_region(graph::Registry& registry, const SideOf& side_of) {
  registry.add<CropRegion>(side_of);
}

}  // namespace nodes
