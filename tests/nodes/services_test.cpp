// SPDX-License-Identifier: MIT
/// Models are loaded once in a process, whoever uses them.
#include "nodes/services.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "graph/load.h"
#include "graph/run.h"
#include "nodes/register.h"
#include "tests/reference.h"

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
  const std::int64_t loads = services->residency().counts().loads;
  EXPECT_EQ(loads, 3) << "text encoders, unet and autoencoder";
  run_all(registry);
  EXPECT_EQ(services->residency().counts().loads, loads) << "it was loaded again";
}

TEST(Services, KnowWhatNetworksTake) {
  const auto services = services_here();
  const auto unet = services->unet({.model = "embedded"});
  const auto bytes_of = [](const models::ParameterTable& parameters) {
    std::int64_t bytes = 0;
    for (const auto& [name, tensor] : parameters) bytes += static_cast<std::int64_t>(tensor.nbytes());
    return bytes;
  };
  std::int64_t due = bytes_of(lease(unet)[unet].parameters());
  EXPECT_EQ(services->residency().counts().bytes, due);
  const auto vae = services->vae({.model = "embedded"});
  due += bytes_of(lease(vae)[vae].parameters());
  EXPECT_EQ(services->residency().counts().bytes, due);
  const auto text = services->text({.model = "embedded"});
  const Leases leases = lease(text);
  const models::PromptEncoder::Parts& parts = leases[text].parts();
  for (const auto& encoder : {parts.text_encoder, parts.text_encoder_2}) {
    if (encoder) due += bytes_of(encoder->model->parameters());
  }
  EXPECT_EQ(services->residency().counts().bytes, due);
}

/// Calls of two networks at once, several with both, where one has room.
TEST(Services, LeaseMoreNetworksThanHaveRoom) {
  const std::string model = (reference::sdxl("mini") / "model").string();
  Services services;
  const auto unet = services.unet({.model = model});
  const std::int64_t one = services.residency().counts().bytes;
  const auto vae = services.vae({.model = model});
  const std::int64_t both = services.residency().counts().bytes;
  const at::Tensor latents = at::ones({1, 4, 4, 4});
  const at::Tensor due = lease(vae)[vae].decode(latents);
  services.residency().set_budget(std::max(one, both - one));
  std::vector<std::thread> calls;
  for (int i = 0; i < 4; ++i) {
    calls.emplace_back([&, i] {
      for (int turn = 0; turn < 6; ++turn) {
        if ((turn + i) % 2 == 0) {
          const Leases leases = lease(vae);
          EXPECT_TRUE(leases[vae].decode(latents).equal(due));
        } else if (i == 3) {
          const Leases leases = lease(unet, vae);
          EXPECT_EQ(leases[unet].config().in_channels, leases[vae].latent_channels());
        } else lease(unet);
        EXPECT_LE(services.residency().counts().bytes, both);
      }
    });
  }
  for (std::thread& call : calls) call.join();
  EXPECT_LE(services.residency().counts().bytes, std::max(one, both - one));
  EXPECT_GT(services.residency().counts().loads, 2);
}

/// One network has room at a time: the graph's nodes take turns.
TEST(Services, RunWithinABudget) {
  const auto services = services_here();
  services->unet({.model = "embedded"});
  const std::int64_t budget = services->residency().counts().bytes;
  services->residency().set_budget(budget);
  graph::Registry registry;
  register_all(registry, services);
  run_all(registry);
  EXPECT_LE(services->residency().counts().most_bytes, budget);
  EXPECT_GT(services->residency().counts().loads, 3);
}

TEST(Services, DropWhatNobodyUsesForAnother) {
  const auto services = services_here();
  const std::weak_ptr<const models::Model> unused = services->model({.model = "embedded"});
  const std::shared_ptr<const models::Model> used = services->model({.model = "embedded", .lora = " "});
  EXPECT_TRUE(unused.expired()) << "another one was loaded";
  const std::weak_ptr<const models::Model> kept = used;
  const std::shared_ptr<const models::Model> third = services->model({.model = "embedded", .lora = "  "});
  EXPECT_FALSE(kept.expired()) << "somebody uses it";
}

}  // namespace
}  // namespace nodes
