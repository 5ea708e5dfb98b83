// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

TEST(AddNoise, AddsAsMuchAsTheScheduleBeginsWith) {
  const schedulers::Schedule schedule(schedulers::Config::stable_diffusion_xl(), {.steps = 10, .strength = 0.6});
  const at::Tensor clean = at::full({1, 4, 3, 2}, 0.25);
  graph::NodeHarness node(built_in(), "add-noise");
  node.in("latents", Latents{clean}).in("schedule", schedule).in("generator", tensors::Generator(7)).run();

  tensors::Generator generator(7);
  const at::Tensor noise = generator.randn({1, 4, 3, 2});
  EXPECT_TRUE(node.out<Latents>("latents").tensor.equal(clean + noise * schedule.sigma(0)));
  tensors::Generator sent = node.out<tensors::Generator>("generator");
  EXPECT_TRUE(sent.randn({20}).equal(generator.randn({20})));
  EXPECT_TRUE(clean.equal(at::full({1, 4, 3, 2}, 0.25)));
}

}  // namespace
}  // namespace nodes
