// SPDX-License-Identifier: MIT
#include "tests/nodes/regions/regions.h"

namespace nodes {
namespace {

double scaled(const std::string& rule, const schedulers::Settings& settings) {
  graph::NodeHarness node(built_in(), "scale-start", {{"start_scale", rule}});
  node.in("schedule", schedulers::Schedule(schedulers::Config::stable_diffusion_xl(), settings));
  node.in("latents", Latents{at::ones({1, 4, 2, 3})}).run();
  return node.out<Latents>("latents").tensor[0][1][1][2].item<double>();
}

TEST(ScaleStart, IsByTheSchedulersInitialSigma) {
  for (const char* name : {"euler", "lms", "ddim"}) {
    const schedulers::Settings settings{.scheduler = name, .steps = 5};
    const schedulers::Schedule schedule(schedulers::Config::stable_diffusion_xl(), settings);
    EXPECT_NEAR(scaled("init_noise_sigma", settings), schedule.init_noise_sigma(), 1e-5) << name;
  }
}

TEST(ScaleStart, OrAsTheOriginalDoesIt) {
  const schedulers::Settings lms{.scheduler = "lms", .steps = 5};
  const schedulers::Schedule schedule(schedulers::Config::stable_diffusion_xl(), lms);
  EXPECT_NEAR(scaled("lms_sigma", lms), schedule.sigma(0), 1e-5);
  EXPECT_GT(schedule.init_noise_sigma() - schedule.sigma(0), 1e-3) << "with leading timesteps";
  EXPECT_EQ(scaled("lms_sigma", {.scheduler = "euler", .steps = 5}), 1);
}

}  // namespace
}  // namespace nodes
