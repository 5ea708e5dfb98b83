// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Left half 0.2, right half 0.8.
Mask halved(int width = 8, int height = 4) {
  Mask mask{cv::Mat(height, width, CV_32FC1, cv::Scalar(0.2))};
  mask.weights(cv::Rect(width / 2, 0, width - width / 2, height)).setTo(0.8);
  return mask;
}

cv::Mat shaped(const graph::NodeHarness::Pairs& props) {
  graph::NodeHarness node(built_in(), "shape-mask", props);
  return node.in("mask", halved()).run().out<Mask>("mask").weights;
}

TEST(ShapeMask, DoesEachInItsTurn) {
  EXPECT_TRUE(same_pixels(shaped({}), halved().weights));
  EXPECT_EQ(cv::countNonZero(shaped({{"hard", "true"}})), 16);
  EXPECT_EQ(cv::countNonZero(shaped({{"hard", "true"}, {"grow", "1"}})), 20);
  EXPECT_EQ(cv::countNonZero(shaped({{"hard", "true"}, {"invert", "true"}, {"grow", "-1"}})), 12);
  const cv::Mat soft = shaped({{"hard", "true"}, {"feather", "1"}});
  EXPECT_GT(soft.at<float>(0, 3), 0);
  EXPECT_LT(soft.at<float>(0, 4), 1);
  EXPECT_EQ(shaped({{"width", "16"}, {"height", "8"}}).size(), cv::Size(16, 8));
}

TEST(ShapeMask, TakesThePicturesSizeAndSaysWhenItStretches) {
  graph::NodeHarness node(built_in(), "shape-mask", {});
  node.in("mask", halved()).in("like", flat(16, 8, 0)).run();
  EXPECT_EQ(node.out<Mask>("mask").weights.size(), cv::Size(16, 8));
  EXPECT_TRUE(node.warnings().empty());
  node.in("like", flat(16, 16, 0)).run();
  EXPECT_THAT(node.warnings(), ElementsAre("the mask of 8 x 4 px is stretched to 16 x 16 px"));
}

TEST(ShapeMask, RefusesWeightsOutsideOfTheRange) {
  graph::NodeHarness node(built_in(), "shape-mask", {});
  node.in("mask", Mask{cv::Mat(2, 2, CV_32FC1, cv::Scalar(NAN))});
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("weights that are not in [0, 1]"));
}

}  // namespace
}  // namespace nodes
