// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

TEST(RandomStreams, AreKeyedBySeedAlone) {
  graph::NodeHarness node(built_in(), "random-streams", {{"seed", "-3"}});
  const auto& streams = node.run().out<Streams>("streams");
  EXPECT_EQ(streams.seed, -3);
  EXPECT_EQ(streams.chain, nullptr);
}

TEST(RandomStreams, OfAChainAreSeededAsAProgramSeedsThem) {
  graph::NodeHarness node(built_in(), "random-streams", {{"seed", "7"}, {"way", "chained"}});
  Streams::Chain chain = *node.run().out<Streams>("streams").chain;
  EXPECT_EQ(chain.numpy.random_sample(), tensors::NumpyRandomState(7).random_sample());
  EXPECT_TRUE(chain.torch.randn({20}).equal(tensors::Generator(7).randn({20})));
  EXPECT_EQ(chain.python.random(), tensors::PythonRandom(7).random());
}

TEST(RandomStreams, OfAChainTakeSeedsThatNumpyTakes) {
  EXPECT_THAT(refusal_of("random-streams", {{"seed", "-1"}, {"way", "chained"}}),
              HasSubstr("the seed -1 is none of numpy's generator; give one from 0 to 4294967295"));
}

}  // namespace
}  // namespace nodes
