// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

TEST(Paste, PutsAPatchWhereTheMaskSaysSo) {
  Mask mask{cv::Mat(6, 8, CV_32FC1, cv::Scalar(0))};
  mask.weights.at<float>(2, 3) = 1;
  mask.weights.at<float>(2, 4) = 0.25;
  mask.weights.at<float>(0, 0) = 1;  // outside of the patch's place
  graph::NodeHarness node(built_in(), "paste", {{"left", "2"}, {"top", "1"}});
  node.in("image", flat(8, 6, 0.5)).in("patch", flat(4, 3, 1)).in("mask", mask).run();
  const cv::Mat pasted = node.out<Image>("image").pixels;
  EXPECT_EQ(pasted.at<cv::Vec3f>(2, 3)[0], 1);
  EXPECT_EQ(pasted.at<cv::Vec3f>(2, 4)[0], 0.625f);
  EXPECT_EQ(pasted.at<cv::Vec3f>(0, 0)[0], 0.5f);
  EXPECT_EQ(pasted.at<cv::Vec3f>(1, 2)[0], 0.5f);
}

TEST(Paste, ResizesThePatchToItsPlace) {
  graph::NodeHarness node(built_in(), "paste", {{"width", "8"}, {"height", "6"}});
  node.in("image", flat(8, 6, 0)).in("patch", flat(4, 3, 1)).run();
  EXPECT_TRUE(same_pixels(node.out<Image>("image").pixels, flat(8, 6, 1).pixels));
}

TEST(Paste, Errors) {
  graph::NodeHarness outside(built_in(), "paste", {{"left", "5"}});
  outside.in("image", flat(8, 6, 0)).in("patch", flat(4, 3, 1));
  EXPECT_THAT(thrown_by([&] { outside.run(); }),
              HasSubstr("a patch of 4 x 3 px at 5, 0 is not inside of a picture of 8 x 6 px"));
  graph::NodeHarness other(built_in(), "paste", {});
  other.in("image", flat(8, 6, 0)).in("patch", flat(4, 3, 1)).in("mask", Mask{cv::Mat(3, 4, CV_32FC1, cv::Scalar(1))});
  EXPECT_THAT(thrown_by([&] { other.run(); }), HasSubstr("the mask has 4 x 3 px, and the picture 8 x 6 px"));
}

}  // namespace
}  // namespace nodes
