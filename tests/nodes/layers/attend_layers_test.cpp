// SPDX-License-Identifier: MIT
#include "tests/nodes/layers/layers.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

class AttendLayers : public ::testing::Test {
 protected:
  graph::NodeHarness node(std::vector<Layer> layers, Spans spans, const graph::NodeHarness::Pairs& props = {}) {
    graph::NodeHarness harness(built_in(), "attend-layers", props);
    harness.in("layers", composed(std::move(layers)).out<graph::List<Layer>>("layers"));
    harness.in("spans", std::move(spans)).in("conditioning", Conditioning{at::ones({1, 77, 8}), {}, {}, {}, {}, {}});
    return harness;
  }
  const Layer layer_ = placed_square(0, cv::Rect(0, 0, 8, 8));
};

TEST_F(AttendLayers, PullsWordsByTheirLayersMasksAndStrengths) {
  graph::NodeHarness harness = node({layer_}, {{{0, {2, 3}}}}, {{"fall", "log"}, {"sigma_index", "loop"}});
  const auto pull = harness.run().out<Conditioning>("conditioning").attention;
  ASSERT_NE(pull, nullptr);
  EXPECT_TRUE(pull->from_start);
  EXPECT_EQ(pull->fall, models::AttentionFall::kLog);
  ASSERT_EQ(pull->regions.size(), 1u);
  EXPECT_EQ(pull->regions[0].tokens, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(pull->regions[0].strength, 0.5);
  EXPECT_EQ(pull->regions[0].negative_strength, 0.25);
  EXPECT_EQ(pull->regions[0].mask.sum().item<double>(), 64);
}

TEST_F(AttendLayers, WithoutStrengthsNothingIsChanged) {
  Layer idle = layer_;
  idle.strengths = {};
  EXPECT_EQ(node({idle}, {{{0, {2}}}}).run().out<Conditioning>("conditioning").attention, nullptr);
}

TEST_F(AttendLayers, RefusesWordsOfOtherLayers) {
  graph::NodeHarness harness = node({layer_}, {{{1, {2}}}});
  EXPECT_THAT(thrown_by([&] { harness.run(); }), HasSubstr("there are words of layers[1], and 1 layers"));
}

}  // namespace
}  // namespace nodes
