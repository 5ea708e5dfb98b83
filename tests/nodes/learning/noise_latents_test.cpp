// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

graph::NodeHarness noised(const at::Tensor& clean, std::int64_t timestep, const std::string& seed) {
  const schedulers::Schedule schedule({.beta_start = 0.00085, .beta_end = 0.012, .beta_schedule = "scaled_linear"},
                                      {.scheduler = "ddim", .steps = 10});
  graph::NodeHarness node(built_in(), "noise-latents", {{"seed", seed}});
  node.in("latents", Latents{clean}).in("schedule", schedule).in("timestep", std::int64_t{timestep});
  return node;
}

TEST(NoiseLatents, AddsTheNoiseOfATimestep) {
  const at::Tensor clean = tensors::Generator(3).randn({2, 4, 4, 4});
  graph::NodeHarness node = noised(clean, 999, "3");
  const at::Tensor late = node.run().out<Latents>("latents").tensor, noise = node.out<Latents>("noise").tensor;
  EXPECT_EQ(noise.sizes(), clean.sizes());
  EXPECT_LT(reference::difference(late, noise), 0.5) << "hardly anything else";
  graph::NodeHarness early = noised(clean, 0, "3");
  EXPECT_LT(reference::difference(early.run().out<Latents>("latents").tensor, clean), 0.2);
  EXPECT_TRUE(early.out<Latents>("noise").tensor.equal(noise)) << "the seed's";
  graph::NodeHarness other = noised(clean, 0, "4");
  EXPECT_FALSE(other.run().out<Latents>("noise").tensor.equal(noise));
}

TEST(NoiseLatents, Errors) {
  for (const std::int64_t timestep : {-1, 1000})
    EXPECT_THAT(thrown_by([&] {
                  noised(at::ones({1, 4, 2, 2}), timestep, "1").run();
                }),
                testing::HasSubstr("there is no timestep " + std::to_string(timestep)));
}

}  // namespace
}  // namespace nodes
