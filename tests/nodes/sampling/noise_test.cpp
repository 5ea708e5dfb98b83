// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using Pairs = graph::NodeHarness::Pairs;

const Pairs kSeven{{"seed", "7"}, {"width", "128"}, {"height", "128"}};

TEST(Noise, IsWhatDiffusersDraws) {
  graph::NodeHarness node(built_in(), "noise", kSeven);
  const reference::Vectors vectors("mini", "txt2img_euler");
  EXPECT_TRUE(node.run().out<Latents>("latents").tensor.equal(vectors["noise"]));
}

TEST(Noise, IsMultipliedByTheSchedulesFirstSigma) {
  const schedulers::Schedule schedule(schedulers::Config::stable_diffusion_xl(), {.scheduler = "euler", .steps = 10});
  ASSERT_GT(schedule.init_noise_sigma(), 2);
  graph::NodeHarness node(built_in(), "noise", kSeven);
  const at::Tensor plain = node.run().out<Latents>("latents").tensor;
  const at::Tensor scaled = node.in("schedule", schedule).run().out<Latents>("latents").tensor;
  EXPECT_TRUE(scaled.equal(plain * schedule.init_noise_sigma()));
}

TEST(Noise, SendsTheGeneratorBehindItsNumbers) {
  graph::NodeHarness node(built_in(), "noise", kSeven);
  tensors::Generator expected(7);
  expected.randn({1, 4, 16, 16});
  tensors::Generator sent = node.run().out<tensors::Generator>("generator");
  EXPECT_TRUE(sent.randn({20}).equal(expected.randn({20})));
}

TEST(Noise, HasAnEighthOfThePicturesSides) {
  const Pairs props{{"width", "64"}, {"height", "24"}, {"channels", "9"}};
  graph::NodeHarness node(built_in(), "noise", props);
  EXPECT_EQ(node.run().out<Latents>("latents").tensor.sizes(), (at::IntArrayRef{1, 9, 3, 8}));
}

TEST(Noise, TakesTheModelsOwnSizeWhereNoneIsGiven) {
  const std::string model = (reference::sdxl("mini") / "model").string();
  graph::NodeHarness node(built_in(), "noise", {{"width", "0"}, {"height", "24"}, {"model", model}});
  EXPECT_EQ(node.run().out<Latents>("latents").tensor.sizes(), (at::IntArrayRef{1, 4, 3, 8}));
  EXPECT_EQ(refusal_of("noise", {{"width", "0"}}), "width or height is 0: give both, in px, or the model");
}

TEST(Noise, RefusesSidesThatAreNoMultiples) {
  EXPECT_EQ(refusal_of("noise", {{"width", "1001"}}), "width 1001 is not a multiple of 8; 1000 and 1008 are");
  EXPECT_EQ(refusal_of("noise", {{"height", "12"}}), "height 12 is not a multiple of 8; 8 and 16 are");
}

}  // namespace
}  // namespace nodes
