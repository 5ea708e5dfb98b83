// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

TEST(AdamwNode, SendsItsOptimiser) {
  graph::NodeHarness node(
      built_in(), "adamw",
      {{"learning_rate", "0.5"}, {"lr_scheduler", "linear"}, {"beta1", "0.8"}, {"max_grad_norm", "2"}});
  const learning::Optimiser& optimiser = node.run().out<learning::Optimiser>("optimiser");
  EXPECT_EQ(optimiser.next_rate(10), 0.5);
  EXPECT_EQ(optimiser.max_norm, 2);
  EXPECT_EQ(optimiser.memory.steps, 0);
  EXPECT_EQ(optimiser.rule->name(), "adamw");
  EXPECT_THAT(optimiser.rule->numbers(), testing::ElementsAre(0.8, 0.999, 0.01, 1e-8));
}

TEST(AdamwNode, RefusesWhatIsWrongWithItsRate) {
  EXPECT_THAT(refusal_of("adamw", {{"lr_step_rules", "1:10,2:5,3"}}), HasSubstr("lr_step_rules: "));
  EXPECT_THAT(refusal_of("adamw", {{"lr_scheduler", "cosin"}}), HasSubstr("cosine"));
}

}  // namespace
}  // namespace nodes
