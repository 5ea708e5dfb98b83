// SPDX-License-Identifier: MIT
#include "tests/nodes/layers/layers.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

graph::NodeHarness map_of(const graph::NodeHarness::Pairs& props) {
  graph::NodeHarness node(built_in(), "layer-map", props);
  const graph::NodeHarness all =
      composed({placed_square(0, cv::Rect(0, 0, 8, 16), 0.3), placed_square(1, cv::Rect(4, 4, 4, 4), 0.6)});
  node.in("layers", all.out<graph::List<Layer>>("layers")).run();
  return node;
}

TEST(LayerMap, HasTheNumbersWhereLayersAreSeen) {
  const graph::NodeHarness noise = map_of({});
  const cv::Mat& map = noise.out<Mask>("mask").weights;
  EXPECT_FLOAT_EQ(map.at<float>(0, 15), 0.6F) << "what no layer covers";
  EXPECT_FLOAT_EQ(map.at<float>(0, 0), 0.3F);
  EXPECT_FLOAT_EQ(map.at<float>(5, 5), 0.6F);
  EXPECT_EQ(noise.out<double>("strength"), 0.6);
  EXPECT_FLOAT_EQ(map_of({{"of", "edge"}}).out<Mask>("mask").weights.at<float>(0, 15), 0);
  const graph::NodeHarness::Pairs rows{{"of", "edge"}, {"strengths", "[[0, 1], [0.25, 0.5]]"}, {"number", "1"}};
  EXPECT_FLOAT_EQ(map_of(rows).out<Mask>("mask").weights.at<float>(0, 0), 0.25F);
  EXPECT_FLOAT_EQ(
      map_of({{"of", "edge"}, {"strengths", "[[0, 1]]"}, {"number", "1"}}).out<Mask>("mask").weights.at<float>(0, 0),
      0.5F)
      << "no such row: their own";
}

TEST(LayerMap, RefusesOtherNumbersAndPlainLayers) {
  EXPECT_THAT(thrown_by([] { map_of({{"strengths", "[[0.5]]"}}); }), HasSubstr("1 strengths for 2 layers"));
  graph::NodeHarness node(built_in(), "layer-map");
  node.in("layers", layer_list({placed_square(0, cv::Rect(0, 0, 8, 8))}));
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("layers[0] is not composed"));
}

}  // namespace
}  // namespace nodes
