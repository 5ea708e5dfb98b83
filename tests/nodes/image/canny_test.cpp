// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

Image edges_picture(const std::string& name) {
  return {imaging::read_picture(std::string(SOURCE_DIR) + "/tests/data/control/edges/" + name + ".png")};
}

TEST(CannyNode, IsTheOriginalsWithItsBlur) {
  const auto edges = [](const graph::NodeHarness::Pairs& props) {
    graph::NodeHarness node(built_in(), "canny", props);
    return node.in("image", edges_picture("target_bytes")).run().out<Image>("image").pixels;
  };
  EXPECT_TRUE(same_pixels(edges({{"blur", "1"}}), edges_picture("canny_100_200_blur1").pixels));
  EXPECT_TRUE(same_pixels(edges({{"low_threshold", "60"}, {"high_threshold", "120"}}),
                          edges_picture("canny_60_120_noblur").pixels));
}

TEST(CannyNode, RefusesThresholdsTheWrongWayRound) {
  EXPECT_THAT(refusal_of("canny", {{"low_threshold", "201"}}), HasSubstr("low_threshold is above high_threshold"));
  EXPECT_THAT(refusal_of("canny", {{"blur", "-1"}}), HasSubstr("'blur'"));
}

}  // namespace
}  // namespace nodes
