// SPDX-License-Identifier: MIT
/// canny: the edges of a picture, white on black, as a hint for a ControlNet.
///
/// Errors   a low threshold above the high one: refused when the node is made
/// Source   Canny 1986, by OpenCV; the blur is Pillow's
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/edges.h"
#include "imaging/files/picture.h"
#include "imaging/gaussian_blur.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class Canny final : public graph::Node {
 public:
  static constexpr graph::In<Image> kImage{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Out<Image> kEdges{"image", "(H,W,3) f32, three equal channels of 0 and 1"};
  static constexpr graph::Prop<double> kLow{.name = "low_threshold",
                                            .help = "of the gradient, in levels of 255: weaker ones are no edges",
                                            .value = 100,
                                            .min = 0,
                                            .max = 10000};
  static constexpr graph::Prop<double> kHigh{
      .name = "high_threshold",
      .help = "likewise: stronger ones are; those between where they go on from one",
      .value = 200,
      .min = 0,
      .max = 10000};
  static constexpr graph::Prop<double> kBlur{
      .name = "blur",
      .help = "before edges are looked for: the blur's standard deviation; 0: none",
      .value = 0,
      .min = 0,
      .max = 1000,
      .unit = "px"};
  static graph::Contract contract() {
    return graph::Contract("canny", "Finds the edges of a picture.", kImage, kEdges, kLow, kHigh, kBlur)
        .family("image")
        .example("edges: {type: canny, low_threshold: 100, high_threshold: 200, in: {image: photo.image}}");
  }

  explicit Canny(const graph::Props& props) : low_(props.get(kLow)), high_(props.get(kHigh)), blur_(props.get(kBlur)) {
    if (low_ > high_) throw std::invalid_argument("low_threshold is above high_threshold");
  }

  void process(graph::Context& cx) const override {
    const cv::Mat pixels = imaging::gaussian_blur(imaging::to_8bit(cx.get(kImage).pixels), blur_);
    cv::Mat three;
    cv::cvtColor(imaging::canny(pixels, low_, high_), three, cv::COLOR_GRAY2RGB);
    cx.send(kEdges, Image{imaging::from_8bit(three)});
  }

 private:
  const double low_, high_, blur_;
};

}  // namespace

void register_canny(graph::Registry& registry) {
  registry.add<Canny>();
}

}  // namespace nodes
