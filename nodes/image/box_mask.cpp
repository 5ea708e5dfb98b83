// SPDX-License-Identifier: MIT
/// box-mask: a mask that covers a rectangle, told in parts of the picture's sides. A pixel that its edge goes through
/// counts by the part that is covered.
///
/// Errors   a rectangle without an area: refused when the node is made
#include <algorithm>
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/values.h"

namespace nodes {
namespace {

/// How much of the pixel [i, i + 1) lies in [from, to).
float part_of_pixel(int i, double from, double to) {
  return static_cast<float>(std::clamp(std::min(to, i + 1.0) - std::max(from, static_cast<double>(i)), 0.0, 1.0));
}

class BoxMask final : public graph::Node {
 public:
  static constexpr graph::Out<Mask> kMask{"mask", "(height,width) f32 in [0,1]: 1 in the rectangle"};
  static constexpr graph::Prop<double> kLeft{
      .name = "left", .help = "where it begins, part of the width", .value = 0.0, .min = 0, .max = 1};
  static constexpr graph::Prop<double> kTop{
      .name = "top", .help = "where it begins, part of the height", .value = 0.0, .min = 0, .max = 1};
  static constexpr graph::Prop<double> kRight{
      .name = "right", .help = "where it ends, part of the width", .value = 1.0, .min = 0, .max = 1};
  static constexpr graph::Prop<double> kBottom{
      .name = "bottom", .help = "where it ends, part of the height", .value = 1.0, .min = 0, .max = 1};
  static constexpr graph::Prop<int> kWidth{
      .name = "width", .help = "of the mask", .value = 512, .min = 1, .max = 32768, .unit = "px"};
  static constexpr graph::Prop<int> kHeight{
      .name = "height", .help = "of the mask", .value = 512, .min = 1, .max = 32768, .unit = "px"};
  static graph::Contract contract() {
    return graph::Contract("box-mask", "A rectangle as a mask.", kMask, kLeft, kTop, kRight, kBottom, kWidth, kHeight)
        .family("image")
        .example("left: {type: box-mask, right: 0.5}");
  }

  explicit BoxMask(const graph::Props& props)
      : left_(props.get(kLeft)),
        top_(props.get(kTop)),
        right_(props.get(kRight)),
        bottom_(props.get(kBottom)),
        width_(props.get(kWidth)),
        height_(props.get(kHeight)) {
    if (left_ >= right_) throw std::invalid_argument("left is not before right: the rectangle has no area");
    if (top_ >= bottom_) throw std::invalid_argument("top is not above bottom: the rectangle has no area");
  }

  void process(graph::Context& cx) const override {
    cv::Mat weights(height_, width_, CV_32FC1);
    for (int y = 0; y < height_; ++y) {
      const float down = part_of_pixel(y, top_ * height_, bottom_ * height_);
      for (int x = 0; x < width_; ++x)
        weights.at<float>(y, x) = down * part_of_pixel(x, left_ * width_, right_ * width_);
    }
    cx.send(kMask, Mask{weights});
  }

 private:
  const double left_, top_, right_, bottom_;
  const int width_, height_;
};

}  // namespace

void register_box_mask(graph::Registry& registry) {
  registry.add<BoxMask>();
}

}  // namespace nodes
