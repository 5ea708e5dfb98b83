// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/nodes/regions/regions.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

schedulers::Config with_offset() {
  schedulers::Config config = schedulers::Config::stable_diffusion_xl();
  config.class_name = "DDIMScheduler";
  config.steps_offset = 1;
  return config;
}

class HoldRegion : public ::testing::Test {
 protected:
  at::Tensor held(double strength, int turn, const graph::NodeHarness::Pairs& props = {}) {
    graph::NodeHarness node(built_in(), "hold-region", props);
    const Region region =
        made_region({.kind = tiling::Region::Kind::kImage, .box = {1, 3, 1, 4}, .strength = strength});
    node.in("regions", graph::List<Region>({region}));
    node.in("references", graph::List<Latents>({Latents{reference_}}));
    node.in("latents", Latents{latents_}).in("noise", Latents{noise_}).in("schedule", schedule_);
    node.turn(turn, static_cast<int>(schedule_.size())).run();
    return node.out<Latents>("latents").tensor;
  }
  std::vector<int> held_turns(double strength, const graph::NodeHarness::Pairs& props = {}) {
    std::vector<int> turns;
    for (int turn = 0; turn < static_cast<int>(schedule_.size()); ++turn)
      if (!held(strength, turn, props).equal(latents_)) turns.push_back(turn);
    return turns;
  }
  static at::Tensor box(const at::Tensor& latents) { return latents.narrow(2, 1, 2).narrow(3, 1, 3); }

  const at::Tensor latents_ = at::full({1, 4, 4, 5}, 3.0), noise_ = tensors::Generator(1).randn({1, 4, 4, 5});
  const at::Tensor reference_ = at::full({1, 4, 2, 3}, 0.5);
  schedulers::Schedule schedule_{with_offset(), {.steps = 5}};
};

TEST_F(HoldRegion, ForAsManyStepsAsItsStrengthSays) {
  EXPECT_THAT(held_turns(0.45), ElementsAre(0, 1, 2));
  EXPECT_THAT(held_turns(1), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(held_turns(0), IsEmpty());
  EXPECT_THAT(held_turns(0, {{"zero_strength", "offset"}}), ElementsAre(0));
  schedule_ = schedulers::Schedule(schedulers::Config::stable_diffusion_xl(), {.scheduler = "heun", .steps = 5});
  EXPECT_THAT(held_turns(0.45), ElementsAre(0, 1, 2, 3, 4)) << "both evaluations of a step";
}

TEST_F(HoldRegion, AtTheNoiseLevelOfTheTurnOrTheNext) {
  const at::Tensor current = held(1, 1), next = held(1, 1, {{"override_level", "next"}});
  EXPECT_TRUE(box(current).equal(schedulers::add_noise(schedule_, reference_, box(noise_), 1)));
  EXPECT_TRUE(box(next).equal(schedulers::add_noise(schedule_, reference_, box(noise_), 2)));
  at::Tensor outside = current.clone();
  box(outside).fill_(3);
  EXPECT_TRUE(outside.equal(latents_));
}

TEST_F(HoldRegion, Errors) {
  graph::NodeHarness node(built_in(), "hold-region");
  node.in("regions", graph::List<Region>({made_region({.box = {0, 2, 0, 3}})}));
  node.in("references", graph::List<Latents>()).in("latents", Latents{latents_}).in("noise", Latents{noise_});
  node.in("schedule", schedule_).turn(0, 5);
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("0 reference latents for 1 regions"));
  node.in("references", graph::List<Latents>({Latents{at::zeros({1, 4, 3, 3})}}));
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("have the shape [1, 4, 3, 3], and its box [1, 4, 2, 3]"));
}

}  // namespace
}  // namespace nodes
