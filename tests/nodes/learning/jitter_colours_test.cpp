// SPDX-License-Identifier: MIT
#include "imaging/colour_jitter.h"
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

graph::NodeHarness jitter(const graph::NodeHarness::Pairs& props = {}) {
  graph::NodeHarness node(built_in(), "jitter-colours", props);
  node.in("image", flat(4, 3, 0.8, 0.4, 0.2));
  return node;
}

cv::Mat seen(graph::NodeHarness& node) {
  return node.run().out<Image>("image").pixels.clone();
}

TEST(JitterColours, DrawsByTheTurnAndTheElement) {
  graph::NodeHarness node = jitter({{"seed", "3"}});
  const cv::Mat first = seen(node.turn(0, 10).element({0}));
  EXPECT_TRUE(same_pixels(first, seen(node)));
  EXPECT_FALSE(same_pixels(first, seen(node.turn(1, 10))));
  EXPECT_FALSE(same_pixels(first, seen(node.turn(0, 10).element({1}))));
  graph::NodeHarness other = jitter({{"seed", "4"}});
  EXPECT_FALSE(same_pixels(first, seen(other.turn(0, 10).element({0}))));
}

TEST(JitterColours, StaysWithinItsBounds) {
  graph::NodeHarness node = jitter({{"contrast", "0"}});
  float least = 1, most = 0;
  for (int turn = 0; turn < 200; ++turn) {
    const float red = seen(node.turn(turn, 200)).at<cv::Vec3f>(0, 0)[0];
    least = std::min(least, red);
    most = std::max(most, red);
  }
  EXPECT_GE(least, 0.8 * 0.8 - 1 / 255.0);
  EXPECT_LE(most, 0.8 * 1.2);
  EXPECT_LT(least, 0.68);
  EXPECT_GT(most, 0.92);
}

TEST(JitterColours, OfNothingLeavesThePicture) {
  graph::NodeHarness node = jitter({{"brightness", "0"}, {"contrast", "0"}});
  EXPECT_TRUE(same_pixels(seen(node), flat(4, 3, 0.8f, 0.4f, 0.2f).pixels));
}

TEST(JitterColours, ChainedDrawsAnOrderOfFourAndTwoFactors) {
  graph::NodeHarness streams(built_in(), "random-streams", {{"seed", "7"}, {"way", "chained"}});
  graph::NodeHarness node = jitter();
  node.in("streams", streams.run().out<Streams>("streams"));
  const cv::Mat got = seen(node);
  tensors::Generator drawn(7);
  std::vector<int> order{0, 1, 2, 3};
  for (int i = 0; i < 3; ++i) std::swap(order[i], order[i + drawn.randint(0, 4 - i)]);
  const float brightness = drawn.rand({1}).item<float>() * (1.2f - 0.8f) + 0.8f;
  const float contrast = drawn.rand({1}).item<float>() * (1.1f - 0.9f) + 0.9f;
  cv::Mat due = imaging::to_8bit(flat(4, 3, 0.8, 0.4, 0.2).pixels);
  for (const int step : order) {
    if (step == 0) due = imaging::brightened(due, brightness);
    if (step == 1) due = imaging::contrasted(due, contrast);
  }
  EXPECT_TRUE(same_pixels(got, imaging::from_8bit(due)));
  tensors::Generator rest = node.out<Streams>("streams").chain->torch;
  EXPECT_TRUE(rest.randn({20}).equal(drawn.randn({20})));
}

}  // namespace
}  // namespace nodes
