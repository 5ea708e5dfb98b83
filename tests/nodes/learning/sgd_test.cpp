// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

TEST(SgdNode, SendsItsOptimiser) {
  graph::NodeHarness node(built_in(), "sgd", {{"learning_rate", "0.5"}, {"momentum", "0.9"}});
  const learning::Optimiser& optimiser = node.run().out<learning::Optimiser>("optimiser");
  EXPECT_EQ(optimiser.rule->name(), "sgd");
  EXPECT_THAT(optimiser.rule->numbers(), testing::ElementsAre(0.9, 0.0));
}

TEST(SgdNode, RefusesWhatIsWrongWithItsRate) {
  EXPECT_THAT(refusal_of("sgd", {{"lr_step_rules", "x"}}), testing::HasSubstr("lr_step_rules: "));
}

}  // namespace
}  // namespace nodes
