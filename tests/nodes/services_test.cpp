// SPDX-License-Identifier: MIT
/// Models are loaded once in a process, whoever uses them.
#include "nodes/services.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "graph/load.h"
#include "graph/run.h"
#include "nodes/register.h"

namespace nodes {
namespace {

/// Three nodes of one model.
constexpr const char* kThreeNodes = R"(
graph: three
params: {seed: {type: int, default: 0}}
nodes:
  schedule: {type: schedule, model: embedded, steps: 1}
  text: {type: text-encode, model: embedded, prompt: a red moon, width: 64, height: 64}
  noise: {type: noise, seed: $seed, model: embedded, width: 64, height: 64, in: {schedule: schedule.schedule}}
  denoise:
    type: loop
    over: schedule.schedule
    state: {latents: noise.latents}
    nodes:
      step:
        type: unet-step
        model: embedded
        in: {latents: state.latents, conditioning: text.conditioning, schedule: schedule.schedule}
    next: {latents: step.latents}
    out: {latents: step.latents}
  one: {type: vae-decode, model: embedded, in: {latents: denoise.latents}}
  two: {type: vae-decode, model: embedded, in: {latents: noise.latents}}
)";

std::shared_ptr<Services> services_here() {
  return std::make_shared<Services>(
      models::ModelPlaces::from_environment(std::filesystem::path(SOURCE_DIR) / "assets" / "model"));
}

void run_all(const graph::Registry& registry) {
  const auto graph = std::make_shared<const graph::Graph>(graph::check(graph::load_text(kThreeNodes), registry));
  const graph::Plan plan(graph, {});
  graph::RunOptions options;
  options.lanes = 2;
  const graph::RunReport report = graph::run(plan, options);
  for (const auto& failure : report.failures) ADD_FAILURE() << failure.node << ": " << failure.what;
}

TEST(Services, LoadAModelOnceForAllNodesAndRuns) {
  const auto services = services_here();
  graph::Registry registry;
  register_all(registry, services);
  run_all(registry);
  // Nobody but the services has it between the runs.
  const std::weak_ptr<models::Model> model = services->model({.model = "embedded"});
  ASSERT_FALSE(model.expired());
  const void* const weights = model.lock()->unet().parameters().front().second.data_ptr();
  const void* const decoder = model.lock()->vae().parameters().front().second.data_ptr();
  run_all(registry);
  ASSERT_FALSE(model.expired()) << "it was loaded again";
  const std::shared_ptr<models::Model> again = services->model({.model = "embedded"});
  EXPECT_EQ(again, model.lock());
  EXPECT_EQ(again->unet().parameters().front().second.data_ptr(), weights);
  EXPECT_EQ(again->vae().parameters().front().second.data_ptr(), decoder);
}

TEST(Services, DropWhatNobodyUsesForAnother) {
  const auto services = services_here();
  const std::weak_ptr<models::Model> unused = services->model({.model = "embedded"});
  const std::shared_ptr<models::Model> used = services->model({.model = "embedded", .lora = " "});
  EXPECT_TRUE(unused.expired()) << "another one was loaded";
  const std::weak_ptr<models::Model> kept = used;
  const std::shared_ptr<models::Model> third = services->model({.model = "embedded", .lora = "  "});
  EXPECT_FALSE(kept.expired()) << "somebody uses it";
}

}  // namespace
}  // namespace nodes
