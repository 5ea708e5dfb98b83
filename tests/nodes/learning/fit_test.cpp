// SPDX-License-Identifier: MIT
// Loops that differentiate, run by the engine: numbers are those of a plain program.
#include <fstream>
#include <mutex>
#include <sstream>

#include "graph/load.h"
#include "graph/run.h"
#include "nodes/lanes.h"
#include "nodes/picture_tensors.h"
#include "nodes/services.h"
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

std::string mini_path() {
  return (reference::sdxl("mini") / "model").string();
}

/// Latents of a noise are to decode to a picture of another.
std::string fit_text() {
  return R"(
graph: fit
params:
  model: {type: path}
  seed: {type: int, default: 1}
  rate: {type: float, default: 0.05}
  decay: {type: float, default: 0.01}
  steps: {type: int, default: 4}
nodes:
  paper: {type: draw-noise, seed: 3, width: 64, height: 48}
  target: {type: to-rendering, in: {image: paper.image}}
  start: {type: noise, seed: $seed, width: 64, height: 48}
  adam: {type: adamw, learning_rate: $rate, weight_decay: $decay, max_grad_norm: 0.5, lr_scheduler: linear}
  fit:
    type: loop
    steps: $steps
    state: {latents: start.latents, adam: adam.optimiser}
    nodes:
      decode: {type: vae-decode, model: $model, in: {latents: state.latents}}
      error: {type: squared-error, in: {rendering: decode.rendering, target: target.rendering}}
      step: {type: optimise, in: {parameters: state.latents, optimiser: state.adam, loss: error.loss}}
    next: {latents: step.parameters, adam: step.optimiser}
    out: {latents: step.parameters}
)";
}

using Results = std::map<std::int64_t, at::Tensor>;

struct FitRun {
  Results latents;  ///< by seed
  graph::RunReport report;
};

FitRun fit(const std::vector<std::int64_t>& seeds, int lanes, const std::vector<graph::Assignment>& more = {}) {
  const auto services = std::make_shared<Services>();
  graph::Registry registry;
  register_all(registry, services);
  const auto graph = std::make_shared<const graph::Graph>(graph::check(graph::load_text(fit_text()), registry));
  graph::Assignment model{"model", {}, {}}, seed{"seed", {}, {}};
  model.values.emplace_back(graph::Path{mini_path()});
  for (const std::int64_t one : seeds) seed.values.emplace_back(one);
  std::vector<graph::Assignment> all{model, seed};
  all.insert(all.end(), more.begin(), more.end());
  const graph::Plan plan(graph, all);
  FitRun result;
  std::mutex mutex;
  graph::RunOptions options;
  options.lanes = lanes;
  options.taps = {{"fit.latents", [&](const graph::Item& item, const graph::Value& value) {
                     const std::lock_guard lock(mutex);
                     EXPECT_FALSE(value.as<Latents>().tensor.requires_grad());
                     result.latents[seeds[static_cast<std::size_t>(item.index)]] = value.as<Latents>().tensor;
                   }}};
  const Lanes hooks(options, *services, plan, true);
  result.report = graph::run(plan, options);
  return result;
}

/// The same without a graph.
at::Tensor plain_fit(std::int64_t seed) {
  Services services;
  const Network<models::Autoencoder> network = services.vae({.model = mini_path()});
  const Leases leases = lease(network);
  graph::NodeHarness paper(built_in(), "draw-noise", {{"seed", "3"}, {"width", "64"}, {"height", "48"}});
  const at::Tensor target = to_tensor(paper.run().out<Image>("image"));
  at::Tensor latents = tensors::Generator(seed).randn({1, 4, 6, 8});
  at::Tensor mean = at::zeros_like(latents), square = at::zeros_like(latents);
  for (int k = 0; k < 4; ++k) {
    const at::Tensor leaf = latents.detach().set_requires_grad(true);
    const at::Tensor image = leases[network].decode(leaf, {1536 / 8}) / 2 + 0.5;
    (image - target).square().mean().backward();
    at::Tensor gradient = leaf.grad();
    gradient = gradient * (0.5 / (gradient.norm() + 1e-6)).clamp_max(1);
    const double rate = 0.05 * (1 - k / 4.0);
    mean.mul_(0.9).add_(gradient, 1 - 0.9);
    square.mul_(0.999).addcmul_(gradient, gradient, 1 - 0.999);
    const double left1 = 1 - std::pow(0.9, k + 1), left2 = 1 - std::pow(0.999, k + 1);
    latents = latents * (1 - rate * 0.01);
    latents.addcdiv_(mean, (square.sqrt() / std::sqrt(left2)).add_(1e-8), -rate / left1);
  }
  return latents;
}

TEST(Fit, IsAPlainProgramToTheBit) {
  at::set_num_threads(1);
  const FitRun run = fit({1}, 1);
  ASSERT_EQ(run.report.done, 1);
  EXPECT_TRUE(run.latents.at(1).equal(plain_fit(1)));
}

TEST(Fit, ItemsBesideEachOtherHaveTheBitsThatTheyHaveAlone) {
  const FitRun together = fit({1, 2, 3}, 3);
  ASSERT_EQ(together.report.done, 3);
  for (const std::int64_t seed : {1, 2, 3})
    EXPECT_TRUE(together.latents.at(seed).equal(fit({seed}, 1).latents.at(seed)));
}

/// Squares of latents times a number, many times over, so that rounding shows.
class Weighed final : public graph::Node {
 public:
  static constexpr graph::In<Latents> kIn{"latents", "any shape"};
  static constexpr graph::Out<Loss> kOut{"loss", "() f32"};
  static constexpr graph::Prop<double> kBy{.name = "by", .help = "the number"};
  static graph::Contract contract() { return graph::Contract("weighed", "Weighs.", kIn, kOut, kBy).differentiable(); }
  explicit Weighed(const graph::Props& props) : by_(props.get(kBy)) {}
  void process(graph::Context& cx) const override {
    const at::Tensor& x = cx.get(kIn).tensor;
    cx.send(kOut, Loss{(x * by_).square().mean() + (x / by_).sin().mean() + (x - by_).cos().mean()});
  }

 private:
  const double by_;
};

/// Seven nodes read one state, on as many threads: their gradients are added up in one order.
TEST(Fit, BranchesAreAddedUpInOneOrder) {
  const auto services = std::make_shared<Services>();
  graph::Registry registry;
  register_all(registry, services);
  registry.add<Weighed>();
  std::string branches, losses;
  for (int i = 0; i < 7; ++i) {
    const std::string name = "b" + std::to_string(i);
    branches +=
        "      " + name + ": {type: weighed, by: 1." + std::to_string(3 * i + 1) + ", in: {latents: state.x}}\n";
    losses += (i > 0 ? ", " : "") + name + ".loss";
  }
  const std::string text =
      "graph: g\nnodes:\n  noise: {type: noise, width: 128, height: 128}\n  adam: {type: adamw}\n" +
      std::string("  fit:\n    type: loop\n    steps: 5\n") +
      "    state: {x: noise.latents, adam: adam.optimiser}\n    nodes:\n" + branches +
      "      step: {type: optimise, in: {parameters: state.x, optimiser: state.adam, loss: [" + losses +
      "]}}\n    next: {x: step.parameters, adam: step.optimiser}\n    out: {x: step.parameters}\n";
  const graph::Plan plan(std::make_shared<const graph::Graph>(graph::check(graph::load_text(text), registry)), {});
  const auto run = [&](int threads) {
    at::Tensor end;
    graph::RunOptions options;
    options.lanes = 1;
    options.threads = threads;
    options.taps = {{"fit.x", [&](const graph::Item&, const graph::Value& x) { end = x.as<Latents>().tensor; }}};
    const Lanes hooks(options, *services, plan, true);
    EXPECT_EQ(graph::run(plan, options).done, 1);
    return end;
  };
  const at::Tensor alone = run(1);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(run(4).equal(alone)) << i;
}

/// The shipped example, small: it finds latents that decode to the picture.
TEST(Fit, ExampleFindsThePicture) {
  const auto services = std::make_shared<Services>(
      models::ModelPlaces::from_environment(std::filesystem::path(SOURCE_DIR) / "assets" / "model"));
  graph::Registry registry;
  register_all(registry, services);
  const std::string file = std::string(SOURCE_DIR) + "/examples/fit_latents/fit.yaml";
  graph::Assignment size{"size", {}, {}}, steps{"steps", {}, {}};
  size.values.emplace_back(std::int64_t{64});
  steps.values.emplace_back(std::int64_t{60});
  const graph::Plan plan(std::make_shared<const graph::Graph>(graph::check(graph::load_file(file), registry)),
                         {size, steps});
  std::vector<double> losses;
  graph::RunOptions options;
  options.lanes = 1;
  options.only = {plan.graph().find_node("image")};
  options.taps = {
      {"fit.step.loss", [&](const graph::Item&, const graph::Value& loss) { losses.push_back(loss.as<double>()); }}};
  const Lanes hooks(options, *services, plan);
  ASSERT_EQ(graph::run(plan, options).done, 1);
  ASSERT_EQ(losses.size(), 60u);
  EXPECT_GT(-10 * std::log10(losses.back()), 24) << "dB";
  EXPECT_LT(losses.back(), losses.front() / 50);
}

TEST(Fit, AnItemThatDivergesIsNamed) {
  // Each step makes the latents a million times as large.
  graph::Assignment rate{"rate", {}, {}}, decay{"decay", {}, {}}, steps{"steps", {}, {}};
  rate.values.emplace_back(1000.0);
  decay.values.emplace_back(1000.0);
  steps.values.emplace_back(std::int64_t{12});
  const FitRun run = fit({1}, 1, {rate, decay, steps});
  ASSERT_EQ(run.report.failed, 1);
  EXPECT_EQ(run.report.failures[0].node, "fit.step");
  EXPECT_EQ(run.report.failures[0].item, 0);
  EXPECT_THAT(run.report.failures[0].what, HasSubstr("is not a number (NaN or infinite) in turn "));
}

TEST(Fit, AChainThatIsBrokenIsNamedBeforeTheRun) {
  const std::string text = R"(graph: g
nodes:
  noise: {type: noise, width: 64, height: 64}
  adam: {type: adamw}
  fit:
    type: loop
    steps: 2
    state: {latents: noise.latents, adam: adam.optimiser}
    nodes:
      decode: {type: vae-decode, in: {latents: state.latents}}
      small: {type: resize, width: 32, in: {image: decode.image}}
      seen: {type: to-rendering, in: {image: small.image}}
      error: {type: squared-error, in: {rendering: seen.rendering, target: seen.rendering}}
      step: {type: optimise, in: {parameters: state.latents, optimiser: state.adam, loss: error.loss}}
    next: {latents: step.parameters, adam: step.optimiser}
    out: {latents: step.parameters}
)";
  EXPECT_THAT(thrown_by([&] { graph::check(graph::load_text(text, "broken.yaml"), built_in()); }),
              HasSubstr("broken.yaml:12:7: error: node 'fit.seen' (to-rendering): it breaks the way from "
                        "'state.latents', which is optimised, to 'error.loss', which is closed: nodes of this type do "
                        "not differentiate"));
}

}  // namespace
}  // namespace nodes
