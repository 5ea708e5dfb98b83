// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

TEST(Crop, CutsPictureAndMaskAlike) {
  const cv::Mat pixels = imaging::from_8bit(pixels_8bit(9, 7));
  cv::Mat weights;
  cv::extractChannel(pixels, weights, 0);
  graph::NodeHarness node(built_in(), "crop", {{"left", "2"}, {"top", "1"}, {"width", "4"}, {"height", "3"}});
  node.in("image", Image{pixels}).in("mask", Mask{weights}).run();
  EXPECT_TRUE(same_pixels(node.out<Image>("image").pixels, pixels(cv::Rect(2, 1, 4, 3))));
  EXPECT_TRUE(same_pixels(node.out<Mask>("mask").weights, weights(cv::Rect(2, 1, 4, 3))));
}

TEST(Crop, SendsWhatItGot) {
  graph::NodeHarness node(built_in(), "crop", {{"width", "4"}, {"height", "3"}});
  node.in("image", flat(4, 3, 1)).run();
  EXPECT_TRUE(node.sent("image"));
  EXPECT_FALSE(node.sent("mask"));
}

TEST(Crop, RefusesPartsThatLieOutside) {
  graph::NodeHarness node(built_in(), "crop", {{"left", "2"}, {"width", "4"}, {"height", "3"}});
  node.in("image", flat(5, 3, 1));
  EXPECT_THAT(thrown_by([&] { node.run(); }),
              HasSubstr("a part of 4 x 3 px at 2, 0 is not inside of a picture of 5 x 3 px"));
}

}  // namespace
}  // namespace nodes
