// SPDX-License-Identifier: MIT
/// stitch: two pictures side by side, or one above the other. The smaller one is enlarged to the other's height (right)
/// or width (down), its proportions kept.
///
/// Errors   a background that is not a colour: refused when the node is opened
#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "graph/registry.h"
#include "imaging/resize.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class Stitch final : public graph::Node {
 public:
  static constexpr graph::In<Image> kFirst{"first", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::In<Image> kSecond{"second", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Out<Image> kImage{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Prop<std::string> kDirection{
      .name = "direction", .help = "where the second goes", .value = "right", .choices = "right|down"};
  static constexpr graph::Prop<int> kGap{
      .name = "gap", .help = "between them", .value = 0, .min = 0, .max = 1000, .unit = "px"};
  static constexpr graph::Prop<std::string> kBackground{
      .name = "background", .help = "colour of the gap, as #rrggbb", .value = "#f7f4ee"};
  static graph::Contract contract() {
    return graph::Contract("stitch", "Puts two pictures side by side.", kFirst, kSecond, kImage, kDirection, kGap,
                           kBackground)
        .family("image")
        .example("pair: {type: stitch, in: {first: image.image, second: collage.image}}");
  }

  explicit Stitch(const graph::Props& props)
      : right_(props.get(kDirection) == "right"),
        gap_(props.get(kGap)),
        background_(props.get(kBackground, imaging::colour_named)) {}

  void process(graph::Context& cx) const override {
    const cv::Mat &first = cx.get(kFirst).pixels, &second = cx.get(kSecond).pixels;
    const int shared = std::max(across(first), across(second));
    const cv::Mat a = enlarged(first, shared), b = enlarged(second, shared);
    const int offset = along(a) + gap_, length = offset + along(b);
    cv::Mat both(right_ ? shared : length, right_ ? length : shared, CV_32FC3, background_);
    a.copyTo(both(cv::Rect(0, 0, a.cols, a.rows)));
    b.copyTo(both(cv::Rect(right_ ? offset : 0, right_ ? 0 : offset, b.cols, b.rows)));
    cx.send(kImage, Image{both});
  }

 private:
  int across(const cv::Mat& picture) const { return right_ ? picture.rows : picture.cols; }
  int along(const cv::Mat& picture) const { return right_ ? picture.cols : picture.rows; }

  cv::Mat enlarged(const cv::Mat& picture, int side) const {
    if (across(picture) == side) return picture;
    const double scale = static_cast<double>(side) / across(picture);
    const int other = std::max(1, static_cast<int>(std::lround(along(picture) * scale)));
    return imaging::resize(picture, right_ ? other : side, right_ ? side : other, imaging::filter_named("lanczos"),
                           imaging::fit_named("stretch"), background_);
  }

  const bool right_;
  const int gap_;
  const cv::Scalar background_;
};

}  // namespace

void register_stitch(graph::Registry& registry) {
  registry.add<Stitch>();
}

}  // namespace nodes
