// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

cv::Mat stitched(const graph::NodeHarness::Pairs& props, const Image& first, const Image& second) {
  graph::NodeHarness node(built_in(), "stitch", props);
  return node.in("first", first).in("second", second).run().out<Image>("image").pixels;
}

TEST(Stitch, SideBySide) {
  const cv::Mat both = stitched({{"gap", "2"}, {"background", "#00ff00"}}, flat(4, 3, 1), flat(5, 3, 0, 0, 1));
  ASSERT_EQ(both.size(), cv::Size(11, 3));
  EXPECT_EQ(both.at<cv::Vec3f>(0, 3), cv::Vec3f(1, 0, 0));
  EXPECT_EQ(both.at<cv::Vec3f>(2, 4), cv::Vec3f(0, 1, 0));
  EXPECT_EQ(both.at<cv::Vec3f>(2, 6), cv::Vec3f(0, 0, 1));
}

TEST(Stitch, OneAboveTheOther) {
  const cv::Mat both = stitched({{"direction", "down"}}, flat(4, 3, 1), flat(4, 5, 0, 0, 1));
  ASSERT_EQ(both.size(), cv::Size(4, 8));
  EXPECT_EQ(both.at<cv::Vec3f>(2, 0), cv::Vec3f(1, 0, 0));
  EXPECT_EQ(both.at<cv::Vec3f>(3, 0), cv::Vec3f(0, 0, 1));
}

TEST(Stitch, TheSmallerIsEnlarged) {
  EXPECT_EQ(stitched({}, flat(4, 2, 1), flat(8, 8, 0)).size(), cv::Size(24, 8));
  EXPECT_EQ(stitched({{"direction", "down"}}, flat(8, 8, 1), flat(2, 4, 0)).size(), cv::Size(8, 24));
}

TEST(Stitch, Refusals) {
  EXPECT_THAT(refusal_of("stitch", {{"background", "grass"}}), HasSubstr("grass"));
  EXPECT_THAT(refusal_of("stitch", {{"direction", "left"}}), HasSubstr("left"));
}

}  // namespace
}  // namespace nodes
