// SPDX-License-Identifier: MIT
#include "tests/nodes/layers/layers.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

Layer drawn_layer(double x) {
  return {.layer = std::make_shared<const layering::Layer>(
              layering::Layer{.name = "layers[0]", .placement = {.x = x, .scale = 1 / 16.0}})};
}

TEST(PlaceLayer, PutsWhatWasDrawnInItsPlace) {
  graph::NodeHarness node(built_in(), "place-layer", {{"width", "16"}, {"height", "8"}});
  const Layer placed = node.in("layer", drawn_layer(0.5)).in("image", flat(4, 4, 1, 0, 0)).run().out<Layer>("layer");
  EXPECT_EQ(placed.pixels.size(), cv::Size(16, 8));
  EXPECT_EQ(cv::countNonZero(layering::opacity_of(placed.pixels)), 16);
  EXPECT_EQ(placed.pixels.at<cv::Vec4b>(0, 8), cv::Vec4b(255, 0, 0, 255));
  EXPECT_EQ(placed.strengths.noise, 0.8);
}

TEST(PlaceLayer, RefusesWhatIsNotThere) {
  graph::NodeHarness node(built_in(), "place-layer", {{"width", "16"}, {"height", "8"}});
  EXPECT_THAT(thrown_by([&] { node.in("layer", drawn_layer(0)).run(); }), HasSubstr("layers[0] has no picture"));
  graph::NodeHarness beside(built_in(), "place-layer", {{"width", "16"}, {"height", "8"}});
  EXPECT_THAT(thrown_by([&] { beside.in("layer", drawn_layer(-2)).in("image", flat(4, 4, 1)).run(); }),
              HasSubstr("lies wholly beside the canvas"));
}

}  // namespace
}  // namespace nodes
