// SPDX-License-Identifier: MIT
/// shape-mask: a mask in another shape. In this order: turned round, resized, made hard, grown, feathered.
///
/// Warns    when the proportions of a mask change
/// Source   diffusers' VaeImageProcessor for size and hardness: Lanczos on bytes, 1 from 0.5 on
#include <cmath>
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/masks.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class ShapeMask final : public graph::Node {
 public:
  static constexpr graph::In<Mask> kMask{"mask", "(H,W) f32 in [0,1]"};
  static constexpr graph::In<Image> kLike{"like", "(height,width,3): whose size the mask gets, where none is given",
                                          true};
  static constexpr graph::Out<Mask> kShaped{"mask", "(height,width) f32 in [0,1]"};
  static constexpr graph::Prop<int> kWidth{
      .name = "width", .help = "of the result; 0: its own", .value = 0, .min = 0, .max = 32768, .unit = "px"};
  static constexpr graph::Prop<int> kHeight{
      .name = "height", .help = "of the result; 0: its own", .value = 0, .min = 0, .max = 32768, .unit = "px"};
  static constexpr graph::Prop<bool> kInvert{
      .name = "invert", .help = "what counted does not, and so on", .value = false};
  static constexpr graph::Prop<bool> kHard{
      .name = "hard", .help = "weights of 0.5 and more become 1, others 0", .value = false};
  static constexpr graph::Prop<int> kGrow{.name = "grow",
                                          .help = "how far it reaches beyond itself; below 0 it shrinks",
                                          .value = 0,
                                          .min = -500,
                                          .max = 500,
                                          .unit = "px"};
  static constexpr graph::Prop<double> kFeather{.name = "feather",
                                                .help = "of its edge: the blur's standard deviation",
                                                .value = 0,
                                                .min = 0,
                                                .max = 1000,
                                                .unit = "px"};
  static graph::Contract contract() {
    return graph::Contract("shape-mask", "Resizes, grows and feathers a mask.", kMask, kLike, kShaped, kWidth, kHeight,
                           kInvert, kHard, kGrow, kFeather)
        .family("image")
        .bypass(kShaped, kMask)
        .example("soft: {type: shape-mask, grow: 8, feather: 4, in: {mask: mask.mask}}");
  }

  explicit ShapeMask(const graph::Props& props)
      : width_(props.get(kWidth)),
        height_(props.get(kHeight)),
        invert_(props.get(kInvert)),
        hard_(props.get(kHard)),
        grow_(props.get(kGrow)),
        feather_(props.get(kFeather)) {}

  void process(graph::Context& cx) const override {
    cv::Mat weights = cx.get(kMask).weights;
    if (!cv::checkRange(weights, true, nullptr, 0, 1.000001))
      throw std::runtime_error("the mask has weights that are not in [0, 1]");
    if (invert_) weights = cv::Mat(1.0 - weights);
    weights = sized(cx, weights);
    if (hard_) weights = imaging::hard_mask(weights);
    cx.send(kShaped, Mask{imaging::feathered_mask(imaging::grown_mask(weights, grow_), feather_)});
  }

 private:
  cv::Mat sized(graph::Context& cx, const cv::Mat& weights) const {
    const Image* const like = cx.find(kLike);
    const cv::Size own = like != nullptr ? like->pixels.size() : weights.size();
    const int width = width_ > 0 ? width_ : own.width, height = height_ > 0 ? height_ : own.height;
    const double off = static_cast<double>(width) * weights.rows / (static_cast<double>(height) * weights.cols);
    if (std::abs(off - 1) > 0.02)
      cx.warn("the mask of " + std::to_string(weights.cols) + " x " + std::to_string(weights.rows) +
              " px is stretched to " + std::to_string(width) + " x " + std::to_string(height) + " px");
    return imaging::resized_mask(weights, width, height);
  }

  const int width_, height_;
  const bool invert_, hard_;
  const int grow_;
  const double feather_;
};

}  // namespace

void register_shape_mask(graph::Registry& registry) {
  registry.add<ShapeMask>();
}

}  // namespace nodes
