// SPDX-License-Identifier: MIT
#include "nodes/sampling/denoiser.h"

#include <gtest/gtest.h>

#include "nodes/services.h"
#include "tests/reference.h"

namespace nodes {
namespace {

/// A row of the tiny model, whose latents have 8 x 8 cells.
class Denoiser : public ::testing::Test {
 protected:
  DenoiserRow row() const { return {latents_, schedule_, 0, half()}; }
  static models::RowConditioning half() { return {.encoder_hidden_states = at::zeros({1, 77, 32})}; }
  std::string key(const DenoiserRow& one) { return denoiser_key(unet_, one); }

  Services services_;
  const Network<models::UNet> unet_ = services_.unet({.model = (reference::sdxl("mini") / "model").string()});
  const Latents latents_{at::zeros({1, 4, 8, 8})};
  const schedulers::Schedule schedule_{schedulers::Config::stable_diffusion_xl(), {.scheduler = "euler", .steps = 4}};
};

TEST_F(Denoiser, RowsOfOneShapeShareACallWhateverTheyAreTold) {
  DenoiserRow other = row();
  other.turn = 2;
  other.prompt.encoder_hidden_states = at::ones({1, 77, 32});
  other.negative = half();
  EXPECT_EQ(key(other), key(row()));
}

TEST_F(Denoiser, RowsOfOtherShapesDoNot) {
  DenoiserRow longer = row();
  longer.prompt.encoder_hidden_states = at::zeros({1, 154, 32});
  EXPECT_NE(key(longer), key(row()));
  const Latents wide{at::zeros({1, 4, 8, 16})};
  EXPECT_NE(key({wide, schedule_, 0, half()}), key(row()));
}

/// Halves of other lengths are calls of their own; perturbed rows share one with those that are so in the same layers.
TEST_F(Denoiser, RowsOfOtherKindsDoNotShareACall) {
  DenoiserRow longer = row(), equal = row(), perturbed = row(), elsewhere = row(), joined = row();
  equal.negative = longer.negative = half();
  longer.negative->encoder_hidden_states = at::zeros({1, 154, 32});
  EXPECT_NE(key(longer), key(equal));
  perturbed.perturbed = std::make_shared<const std::vector<std::string>>(1, "mid_block");
  elsewhere.perturbed = std::make_shared<const std::vector<std::string>>(1, "up_blocks");
  EXPECT_NE(key(perturbed), key(row()));
  EXPECT_NE(key(perturbed), key(elsewhere));
  joined.also.emplace_back(0.5, half());
  EXPECT_EQ(key(joined), key(row()));
  joined.also.back().second.encoder_hidden_states = at::zeros({1, 154, 32});
  EXPECT_NE(key(joined), key(row()));
  EXPECT_EQ(network_rows(joined), 2);
  perturbed.negative = half();
  EXPECT_EQ(network_rows(perturbed), 3);
}

TEST_F(Denoiser, RowsWithResidualsShareACallWithThoseWithout) {
  DenoiserRow down = row();
  down.prompt.residuals.down = {at::zeros({1, 8, 8, 8})};
  EXPECT_EQ(key(down), key(row()));
}

TEST_F(Denoiser, RowsWithAnEditShareACallWithTheirLikeAlone) {
  DenoiserRow prompt = row(), negative = row();
  const auto edit = std::make_shared<const models::LogitEdit>();
  prompt.prompt.edit_logits = edit;
  negative.negative = half();
  negative.negative->edit_logits = edit;
  EXPECT_NE(key(prompt), key(row()));
  EXPECT_EQ(key(negative), key(prompt));
}

}  // namespace
}  // namespace nodes
