// SPDX-License-Identifier: MIT
#include "tests/nodes/layers/layers.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

graph::NodeHarness held(const std::string& level, int turn, double noise, const graph::NodeHarness::Pairs& more = {}) {
  graph::NodeHarness::Pairs props{{"hold_level", level}};
  props.insert(props.end(), more.begin(), more.end());
  graph::NodeHarness node(built_in(), "hold-layers", props);
  const schedulers::Schedule schedule(schedulers::Config::stable_diffusion_xl(),
                                      {.scheduler = "euler-ancestral", .steps = 10});
  node.in("latents", Latents{at::full({1, 4, 2, 2}, 7.0)}).in("reference", Latents{at::ones({1, 4, 2, 2})});
  node.in("levels", Mask{cv::Mat(16, 16, CV_32FC1, cv::Scalar(noise))}).in("schedule", schedule);
  node.in("generator", tensors::Generator(1)).turn(turn, 10).run();
  return node;
}

TEST(HoldLayers, HoldsUntilTheStepIsAtTheLevel) {
  const schedulers::Schedule schedule(schedulers::Config::stable_diffusion_xl(),
                                      {.scheduler = "euler-ancestral", .steps = 10});
  tensors::Generator generator(1);
  const at::Tensor noise = generator.randn({1, 4, 2, 2});
  const at::Tensor due = 1 + schedule.sigma(3) * noise;
  EXPECT_LT(reference::difference(held("current", 3, 0.5).out<Latents>("latents").tensor, due), 1e-5);
  EXPECT_LT(reference::difference(held("next", 3, 0.5).out<Latents>("latents").tensor, 1 + schedule.sigma(4) * noise),
            1e-5);
  const graph::NodeHarness free = held("current", 6, 0.5);
  EXPECT_EQ(reference::difference(free.out<Latents>("latents").tensor, at::full({1, 4, 2, 2}, 7.0)), 0);
  tensors::Generator drawn = free.out<tensors::Generator>("generator");
  EXPECT_TRUE(drawn.randn({4}).equal(generator.randn({4}))) << "drawn also where nothing is held";
  // At the last timestep, 1, what has no noise at all is held still: to the collage itself, by the next level.
  EXPECT_EQ(reference::difference(held("next", 9, 0).out<Latents>("latents").tensor, at::ones({1, 4, 2, 2})), 0);
}

TEST(HoldLayers, RefusesOtherSizes) {
  graph::NodeHarness node(built_in(), "hold-layers");
  const schedulers::Schedule schedule(schedulers::Config::stable_diffusion_xl(), {.scheduler = "euler", .steps = 2});
  node.in("latents", Latents{at::ones({1, 4, 2, 2})}).in("reference", Latents{at::ones({1, 4, 2, 2})});
  node.in("levels", Mask{cv::Mat(16, 24, CV_32FC1, cv::Scalar(0))}).in("schedule", schedule);
  node.in("generator", tensors::Generator(1)).turn(0, 2);
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("the levels are of 3 x 2 cells, and the latents of 2 x 2"));
  node.in("reference", Latents{at::ones({1, 4, 4, 2})});
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("the reference has the shape"));
}

}  // namespace
}  // namespace nodes
