// SPDX-License-Identifier: MIT
/// paste: a picture put into another one, where a mask says so: patch · mask + image · (1 − mask), at the image's full
/// resolution. The patch comes to the size of its place by Lanczos on bytes.
///
/// Errors   a place that does not lie inside of the image, a mask of another size than the image's
#include <opencv2/core.hpp>
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/resize.h"
#include "nodes/values.h"

namespace nodes {
namespace {

std::string size_words(const cv::Size& size) {
  return std::to_string(size.width) + " x " + std::to_string(size.height) + " px";
}

class Paste final : public graph::Node {
 public:
  static constexpr graph::In<Image> kImage{"image", "(H,W,3) f32 RGB in [0,1]: what is pasted into"};
  static constexpr graph::In<Image> kPatch{"patch", "(h,w,3) f32 RGB in [0,1]: what is pasted"};
  static constexpr graph::In<Mask> kMask{"mask", "(H,W) f32 in [0,1]: where the patch shows; without one everywhere",
                                         true};
  static constexpr graph::Out<Image> kPasted{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Prop<int> kLeft{
      .name = "left", .help = "of the patch's place", .value = 0, .min = 0, .max = 65536, .unit = "px"};
  static constexpr graph::Prop<int> kTop{
      .name = "top", .help = "of the patch's place", .value = 0, .min = 0, .max = 65536, .unit = "px"};
  static constexpr graph::Prop<int> kWidth{.name = "width",
                                           .help = "of the patch's place; 0: as the patch has it",
                                           .value = 0,
                                           .min = 0,
                                           .max = 65536,
                                           .unit = "px"};
  static constexpr graph::Prop<int> kHeight{.name = "height",
                                            .help = "of the patch's place; 0: as the patch has it",
                                            .value = 0,
                                            .min = 0,
                                            .max = 65536,
                                            .unit = "px"};
  static graph::Contract contract() {
    return graph::Contract("paste", "Puts a picture into another one.", kImage, kPatch, kMask, kPasted, kLeft, kTop,
                           kWidth, kHeight)
        .family("image")
        .example("whole: {type: paste, left: 64, top: 32, in: {image: photo.image, patch: image.image}}");
  }

  explicit Paste(const graph::Props& props)
      : left_(props.get(kLeft)), top_(props.get(kTop)), width_(props.get(kWidth)), height_(props.get(kHeight)) {}

  void process(graph::Context& cx) const override {
    const cv::Mat& image = cx.get(kImage).pixels;
    const cv::Mat& patch = cx.get(kPatch).pixels;
    const Mask* const mask = cx.find(kMask);
    const cv::Rect place(left_, top_, width_ > 0 ? width_ : patch.cols, height_ > 0 ? height_ : patch.rows);
    if ((place & cv::Rect({0, 0}, image.size())) != place)
      throw std::runtime_error("a patch of " + size_words(place.size()) + " at " + std::to_string(left_) + ", " +
                               std::to_string(top_) + " is not inside of a picture of " + size_words(image.size()));
    if (mask != nullptr && mask->weights.size() != image.size())
      throw std::runtime_error("the mask has " + size_words(mask->weights.size()) + ", and the picture " +
                               size_words(image.size()));
    const cv::Mat sized = imaging::resize(patch, place.width, place.height, imaging::Filter::kLanczos8Bit);
    cv::Mat pasted = image.clone();
    if (mask == nullptr) sized.copyTo(pasted(place));
    else blend(sized, mask->weights(place), pasted(place));
    cx.send(kPasted, Image{pasted});
  }

 private:
  /// Exact where a weight is 0 or 1.
  static void blend(const cv::Mat& patch, const cv::Mat& weights, cv::Mat below) {
    for (int y = 0; y < below.rows; ++y) {
      for (int x = 0; x < below.cols; ++x) {
        const float weight = weights.at<float>(y, x);
        cv::Vec3f& pixel = below.at<cv::Vec3f>(y, x);
        pixel = patch.at<cv::Vec3f>(y, x) * weight + pixel * (1 - weight);
      }
    }
  }

  const int left_, top_, width_, height_;
};

}  // namespace

void register_paste(graph::Registry& registry) {
  registry.add<Paste>();
}

}  // namespace nodes
