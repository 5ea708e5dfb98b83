// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

TEST(SampleTimestep, PicksEachOneOfTheRange) {
  graph::NodeHarness node(built_in(), "sample-timestep", {{"from", "0.5"}, {"to", "0.502"}});
  std::set<std::int64_t> seen;
  for (int turn = 0; turn < 50; ++turn) seen.insert(node.turn(turn, 50).run().out<std::int64_t>("timestep"));
  EXPECT_THAT(seen, testing::ElementsAre(500, 501, 502));
}

TEST(SampleTimestep, Errors) {
  EXPECT_THAT(refusal_of("sample-timestep", {{"from", "0.5"}, {"to", "0.4"}}),
              testing::HasSubstr("from: is above 'to'"));
}

}  // namespace
}  // namespace nodes
