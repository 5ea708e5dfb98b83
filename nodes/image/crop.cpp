// SPDX-License-Identifier: MIT
/// crop: a part of a picture, of a mask, or of both.
///
/// Errors   a part that does not lie inside
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class Crop final : public graph::Node {
 public:
  static constexpr graph::In<Image> kImage{"image", "(H,W,3) f32 RGB in [0,1]", true};
  static constexpr graph::In<Mask> kMask{"mask", "(H,W) f32 in [0,1]", true};
  static constexpr graph::Out<Image> kPart{"image", "(height,width,3) f32 RGB in [0,1]"};
  static constexpr graph::Out<Mask> kMaskPart{"mask", "(height,width) f32 in [0,1]"};
  static constexpr graph::Prop<int> kLeft{
      .name = "left", .help = "of the part", .value = 0, .min = 0, .max = 65536, .unit = "px"};
  static constexpr graph::Prop<int> kTop{
      .name = "top", .help = "of the part", .value = 0, .min = 0, .max = 65536, .unit = "px"};
  static constexpr graph::Prop<int> kWidth{
      .name = "width", .help = "of the part", .min = 1, .max = 65536, .unit = "px"};
  static constexpr graph::Prop<int> kHeight{
      .name = "height", .help = "of the part", .min = 1, .max = 65536, .unit = "px"};
  static graph::Contract contract() {
    return graph::Contract("crop", "Cuts a part out of a picture or a mask.", kImage, kMask, kPart, kMaskPart, kLeft,
                           kTop, kWidth, kHeight)
        .family("image")
        .example("part: {type: crop, left: 64, top: 32, width: 256, height: 256, in: {image: photo.image}}");
  }

  explicit Crop(const graph::Props& props)
      : part_(props.get(kLeft), props.get(kTop), props.get(kWidth), props.get(kHeight)) {}

  void process(graph::Context& cx) const override {
    if (const Image* image = cx.find(kImage)) cx.send(kPart, Image{cut(image->pixels, "picture")});
    if (const Mask* mask = cx.find(kMask)) cx.send(kMaskPart, Mask{cut(mask->weights, "mask")});
  }

 private:
  cv::Mat cut(const cv::Mat& whole, const std::string& what) const {
    if ((part_ & cv::Rect(0, 0, whole.cols, whole.rows)) != part_)
      throw std::runtime_error("a part of " + std::to_string(part_.width) + " x " + std::to_string(part_.height) +
                               " px at " + std::to_string(part_.x) + ", " + std::to_string(part_.y) +
                               " is not inside of a " + what + " of " + std::to_string(whole.cols) + " x " +
                               std::to_string(whole.rows) + " px");
    return whole(part_).clone();
  }

  const cv::Rect part_;
};

}  // namespace

void register_crop(graph::Registry& registry) {
  registry.add<Crop>();
}

}  // namespace nodes
