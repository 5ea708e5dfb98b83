// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

schedulers::Schedule schedule_of(const std::string& scheduler, std::int64_t steps = 6) {
  return {schedulers::Config::stable_diffusion_xl(), {.scheduler = scheduler, .steps = steps}};
}

at::Tensor predicted(const at::Tensor& latents) {
  return latents.tanh() * 0.5;
}

graph::NodeHarness harness(const schedulers::Schedule& schedule) {
  graph::NodeHarness node(built_in(), "scheduler-step");
  node.in("schedule", schedule);
  return node;
}

at::Tensor run_turn(graph::NodeHarness& node, int turn, int turns, const at::Tensor& latents) {
  node.turn(turn, turns).in("latents", Latents{latents}).in("prediction", Prediction{predicted(latents)}).run();
  return node.out<Latents>("latents").tensor;
}

TEST(SchedulerStep, RemembersForItsItem) {
  const schedulers::Schedule schedule = schedule_of("unipc");
  graph::NodeHarness node = harness(schedule);
  for (int item = 0; item < 2; ++item) {
    at::Tensor latents = at::ones({1, 4, 2, 2});
    at::Tensor expected = latents;
    schedulers::State state;
    for (int turn = 0; turn < 6; ++turn) {
      latents = run_turn(node, turn, 6, latents);
      expected = schedulers::step(schedule, static_cast<std::size_t>(turn), predicted(expected), expected, state, {});
      EXPECT_TRUE(latents.equal(expected)) << "turn " << turn;
    }
    node.end_item();
  }
  EXPECT_FALSE(node.sent("generator"));
}

TEST(SchedulerStep, SendsTheGeneratorOn) {
  const schedulers::Schedule schedule = schedule_of("euler-ancestral");
  graph::NodeHarness node = harness(schedule);
  const at::Tensor latents = at::ones({1, 4, 2, 2});
  tensors::Generator generator(5);
  node.in("generator", generator);
  const at::Tensor stepped = run_turn(node, 0, 6, latents);

  schedulers::State state;
  const auto draw = [&](at::IntArrayRef shape) { return generator.randn(shape); };
  EXPECT_TRUE(stepped.equal(schedulers::step(schedule, 0, predicted(latents), latents, state, draw)));
  tensors::Generator sent = node.out<tensors::Generator>("generator");
  EXPECT_TRUE(sent.randn({20}).equal(generator.randn({20})));
}

TEST(SchedulerStep, Errors) {
  graph::NodeHarness ancestral = harness(schedule_of("euler-ancestral"));
  const at::Tensor latents = at::ones({1, 4, 2, 2});
  EXPECT_THAT(thrown_by([&] { run_turn(ancestral, 0, 6, latents); }),
              HasSubstr("the scheduler euler-ancestral draws noise: carry a generator"));
  graph::NodeHarness euler = harness(schedule_of("euler"));
  EXPECT_THAT(thrown_by([&] { run_turn(euler, 2, 6, latents * NAN); }), HasSubstr("after turn 3 of 6"));
  EXPECT_THAT(thrown_by([&] { run_turn(euler, 6, 7, latents); }), HasSubstr("turn 6 of a schedule of 6"));
}

}  // namespace
}  // namespace nodes
