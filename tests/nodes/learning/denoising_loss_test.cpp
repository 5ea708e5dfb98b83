// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

schedulers::Schedule levels_of(const std::string& prediction) {
  schedulers::Config config{.beta_start = 0.00085, .beta_end = 0.012, .beta_schedule = "scaled_linear"};
  config.prediction_type = prediction;
  return {config, {.scheduler = "ddim", .steps = 10}};
}

double loss_of(const std::string& prediction, const at::Tensor& said, const at::Tensor& clean,
               const at::Tensor& noise) {
  graph::NodeHarness node(built_in(), "denoising-loss");
  node.in("predictions", Predictions{said, {}}).in("latents", Latents{clean}).in("noise", Latents{noise});
  node.in("schedule", levels_of(prediction)).in("timestep", std::int64_t{250}).run();
  return node.out<Loss>("loss").tensor.item<double>();
}

TEST(DenoisingLoss, IsThatOfTheFormula) {
  const at::Tensor clean = tensors::Generator(3).randn({1, 4, 4, 4}), noise = tensors::Generator(4).randn({1, 4, 4, 4}),
                   said = tensors::Generator(5).randn({1, 4, 4, 4});
  const schedulers::Schedule levels = levels_of("epsilon");
  const float alpha = levels.alphas_cumprod()[250];
  const at::Tensor velocity = std::sqrt(alpha) * noise - std::sqrt(1 - alpha) * clean;
  EXPECT_NEAR(loss_of("epsilon", said, clean, noise), (noise - said).square().mean().item<double>(), 1e-6);
  EXPECT_NEAR(loss_of("sample", said, clean, noise), (clean - said).square().mean().item<double>(), 1e-6);
  EXPECT_NEAR(loss_of("v_prediction", said, clean, noise), (velocity - said).square().mean().item<double>(), 1e-6);
}

TEST(DenoisingLoss, Errors) {
  const at::Tensor one = at::ones({1, 4, 4, 4});
  EXPECT_THAT(thrown_by([&] {
                loss_of("epsilon", one, one, at::ones({1, 4, 4, 2}));
              }),
              testing::HasSubstr("noise of [1, 4, 4, 2]"));
}

}  // namespace
}  // namespace nodes
