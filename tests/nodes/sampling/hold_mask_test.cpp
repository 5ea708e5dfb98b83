// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"
#include "tests/nodes/sampling/inpainting_data.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

class HoldMask : public ::testing::Test {
 protected:
  graph::NodeHarness hold(int turn) const {
    graph::NodeHarness node(built_in(), "hold-mask");
    node.in("latents", Latents{latents_})
        .in("reference", Latents{reference_})
        .in("noise", Latents{noise_})
        .in("mask", mask_)
        .in("schedule", schedule_)
        .turn(turn, 5);
    return node;
  }

  const schedulers::Schedule schedule_{schedulers::Config::stable_diffusion_xl(), {.scheduler = "euler", .steps = 5}};
  const at::Tensor latents_ = at::randn({2, 4, 12, 16}), reference_ = at::randn({1, 4, 12, 16}),
                   noise_ = at::randn({1, 4, 12, 16});
  const Mask mask_ = inpaint_data::mask("mask_soft");
  const at::Tensor cells_ = inpaint_data::vectors("inpaint_strength06").arrays.at("mask_latent");
};

TEST_F(HoldMask, KeepsThePictureAtTheNextTurnsNoise) {
  graph::NodeHarness node = hold(1);
  const at::Tensor kept = reference_ + schedule_.sigma(2) * noise_;
  const at::Tensor expected = (1 - cells_) * kept + cells_ * latents_;
  EXPECT_LT(reference::difference(node.run().out<Latents>("latents").tensor, expected), 1e-5);
}

TEST_F(HoldMask, KeepsThePictureItselfInTheEnd) {
  graph::NodeHarness node = hold(4);
  const at::Tensor expected = (1 - cells_) * reference_ + cells_ * latents_;
  EXPECT_LT(reference::difference(node.run().out<Latents>("latents").tensor, expected), 1e-6);
}

TEST_F(HoldMask, RefusesAMaskOfAnotherSize) {
  graph::NodeHarness node = hold(1);
  node.in("mask", inpaint_data::mask("mask_other_size"));
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("the mask has 50 x 61 px, and the latents 16 x 12 cells"));
}

}  // namespace
}  // namespace nodes
