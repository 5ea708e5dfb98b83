// SPDX-License-Identifier: MIT
/// posterize: leaves so many levels of each colour, y = round(x·(levels−1)) / (levels−1).
#include "graph/plugin.h"
#include "nodes/values.h"

namespace {

class Posterize final : public graph::Node {
 public:
  static constexpr graph::In<nodes::Image> kImage{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Out<nodes::Image> kFlat{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::Prop<int> kLevels{
      .name = "levels", .help = "of each colour that are left", .value = 4, .min = 2, .max = 256};
  static graph::Contract contract() {
    return graph::Contract("posterize", "Leaves a few levels of each colour.", kImage, kFlat, kLevels)
        .family("image")
        .example("flat: {type: posterize, levels: 3, in: {image: photo.image}}");
  }

  explicit Posterize(const graph::Props& props) : levels_(props.get(kLevels)) {}

  void process(graph::Context& cx) const override {
    cv::Mat steps, flat;
    cx.get(kImage).pixels.convertTo(steps, CV_8U, levels_ - 1);  // rounds
    steps.convertTo(flat, CV_32F, 1.0 / (levels_ - 1));
    cx.send(kFlat, nodes::Image{flat});
  }

 private:
  const int levels_;
};

}  // namespace

DECOUPAGE_PLUGIN(registry) {
  registry.add<Posterize>();
}
