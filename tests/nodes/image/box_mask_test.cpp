// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;
using BoxPairs = graph::NodeHarness::Pairs;

cv::Mat box(const BoxPairs& props) {
  graph::NodeHarness node(built_in(), "box-mask", props);
  return node.run().out<Mask>("mask").weights;
}

TEST(BoxMask, CoversWhatItIsTold) {
  const cv::Mat half = box({{"right", "0.5"}, {"width", "4"}, {"height", "2"}});
  EXPECT_EQ(cv::norm(half, cv::Mat((cv::Mat_<float>(2, 4) << 1, 1, 0, 0, 1, 1, 0, 0)), cv::NORM_INF), 0);
  const cv::Mat corner = box({{"left", "0.25"}, {"top", "0.5"}, {"right", "0.5"}, {"width", "2"}, {"height", "3"}});
  EXPECT_EQ(cv::norm(corner, cv::Mat((cv::Mat_<float>(3, 2) << 0, 0, 0.25, 0, 0.5, 0)), cv::NORM_INF), 0);
  EXPECT_EQ(cv::countNonZero(box({})), 512 * 512);
}

TEST(BoxMask, RefusesWhatHasNoArea) {
  EXPECT_THAT(refusal_of("box-mask", {{"left", "0.5"}, {"right", "0.5"}}), HasSubstr("left is not before right"));
  EXPECT_THAT(refusal_of("box-mask", {{"top", "0.7"}, {"bottom", "0.2"}}), HasSubstr("top is not above bottom"));
  EXPECT_NE(refusal_of("box-mask", {{"right", "1.5"}}), "");
}

}  // namespace
}  // namespace nodes
