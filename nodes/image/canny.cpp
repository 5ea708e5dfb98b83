// SPDX-License-Identifier: MIT
/// canny: the edges of a picture, white on black, as a hint for a ControlNet.
///
/// Errors   a low threshold above the high one: refused when the node is made
/// Source   Canny 1986, by OpenCV; the blur is Pillow's
#include "graph/registry.h"
#include "imaging/files/picture.h"
#include "imaging/gaussian_blur.h"
#include "nodes/edges.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class Canny final : public graph::Node {
 public:
  static constexpr graph::In<Image> kImage{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Out<Image> kEdges{"image", "(H,W,3) f32, three equal channels of 0 and 1"};
  static constexpr graph::Prop<double> kBlur{
      .name = "blur",
      .help = "before edges are looked for: the blur's standard deviation; 0: none",
      .value = 0,
      .min = 0,
      .max = 1000,
      .unit = "px"};
  static graph::Contract contract() {
    return graph::Contract("canny", "Finds the edges of a picture.", kImage, kEdges, kLowThreshold, kHighThreshold,
                           kBlur)
        .family("image")
        .example("edges: {type: canny, low_threshold: 100, high_threshold: 200, in: {image: photo.image}}");
  }

  explicit Canny(const graph::Props& props) : edges_(props), blur_(props.get(kBlur)) {}

  void process(graph::Context& cx) const override {
    const cv::Mat pixels = imaging::gaussian_blur(imaging::to_8bit(cx.get(kImage).pixels), blur_);
    cx.send(kEdges, Image{imaging::from_8bit(edges_(pixels))});
  }

 private:
  const EdgeFinder edges_;
  const double blur_;
};

}  // namespace

void register_canny(graph::Registry& registry) {
  registry.add<Canny>();
}

}  // namespace nodes
