// SPDX-License-Identifier: MIT
#include "tools/train_embedded/objective.h"

#include <gtest/gtest.h>

#include "tensors/generator.h"
#include "tools/train_embedded/configs.h"

namespace train_embedded {
namespace {

TEST(Objective, VelocityLeadsBackToTheCleanLatents) {
  const at::Tensor alphas = alphas_cumprod(), clean = tensors::Generator(1).randn({8, 4, 4, 4});
  const Noised all = noised(alphas, clean, 5);
  const at::Tensor alpha = alphas.index_select(0, all.timesteps.to(at::kLong)).view({-1, 1, 1, 1});
  const at::Tensor back = alpha.sqrt() * all.latents - (1 - alpha).sqrt() * all.velocity;
  EXPECT_TRUE(at::allclose(back, clean, 1e-4, 1e-4));
}

TEST(Objective, TakesATimestepFromEveryPartOfTheRange) {
  const Noised all = noised(alphas_cumprod(), at::zeros({10, 4, 2, 2}), 5);
  for (std::int64_t i = 0; i < 10; ++i) {
    const double t = all.timesteps[i].item<double>();
    EXPECT_GE(t, i * kTimesteps / 10);
    EXPECT_LT(t, (i + 1) * kTimesteps / 10);
  }
}

TEST(Objective, CountsWhatIsNearlyCleanLess) {
  const at::Tensor weight = noised(alphas_cumprod(), at::zeros({10, 4, 2, 2}), 5).weight;
  EXPECT_LT(weight[0].item<double>(), 0.5);
  EXPECT_EQ(weight[9].item<double>(), 1);
}

TEST(Objective, NothingOfThePictureIsLeftAtTheEnd) {
  EXPECT_LT(alphas_cumprod()[kTimesteps - 1].item<double>(), 3e-4);
}

TEST(Objective, BatchesAreTheSameForTheSameSeed) {
  const CaptionedLatents scenes(tensors::Generator(1).randn({20, 4, 2, 2}).to(at::kHalf));
  const auto one = scenes.batch(6, 3), same = scenes.batch(6, 3), other = scenes.batch(6, 4);
  EXPECT_TRUE(at::equal(one.latents, same.latents));
  EXPECT_EQ(one.captions, same.captions);
  EXPECT_NE(one.captions, other.captions);
}

}  // namespace
}  // namespace train_embedded
