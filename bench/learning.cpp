// SPDX-License-Identifier: MIT
// What does a turn of a loop that differentiates cost above the same program without a graph, and does it keep
// anything?
//
// A stub network (16 numbers, times others, squared, averaged) is optimised by gradient descent for 10,000 turns: as a
// graph, and as a plain loop over libtorch. Both take turns, in one process. Memory is what the process has resident
// after 1,000 turns and after 10,000.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "graph/load.h"
#include "graph/run.h"
#include "nodes/lanes.h"
#include "nodes/register.h"
#include "nodes/services.h"
#include "nodes/values.h"
#include "tensors/history.h"

namespace {

constexpr int kTurns = 10'000, kEarly = 1'000, kRounds = 15;
using Seconds = std::chrono::duration<double>;

const at::Tensor& weights() {
  static const at::Tensor kWeights = at::linspace(0.5, 1.5, 16);
  return kWeights;
}

class Times final : public graph::Node {
 public:
  static constexpr graph::In<nodes::Latents> kIn{"x", "(16) f32"};
  static constexpr graph::Out<nodes::Latents> kOut{"x", "(16) f32"};
  static graph::Contract contract() { return graph::Contract("times", "Weighs.", kIn, kOut).differentiable(); }
  void process(graph::Context& cx) const override { cx.send(kOut, nodes::Latents{cx.get(kIn).tensor * weights()}); }
};

class Squares final : public graph::Node {
 public:
  static constexpr graph::In<nodes::Latents> kIn{"x", "(16) f32"};
  static constexpr graph::Out<nodes::Loss> kOut{"loss", "() f32"};
  static graph::Contract contract() { return graph::Contract("squares", "Averages.", kIn, kOut).differentiable(); }
  void process(graph::Context& cx) const override { cx.send(kOut, nodes::Loss{cx.get(kIn).tensor.square().mean()}); }
};

class Ones final : public graph::Node {
 public:
  static constexpr graph::Out<nodes::Latents> kOut{"x", "(16) f32"};
  static graph::Contract contract() { return {"ones", "Sends ones.", kOut}; }
  void process(graph::Context& cx) const override { cx.send(kOut, nodes::Latents{at::ones({16})}); }
};

constexpr const char* kGraph = R"(
graph: learning
params: {steps: {type: int}}
nodes:
  ones: {type: ones}
  descent: {type: sgd, learning_rate: 0.001}
  fit:
    type: loop
    steps: $steps
    state: {x: ones.x, descent: descent.optimiser}
    nodes:
      times: {type: times, in: {x: state.x}}
      squares: {type: squares, in: {x: times.x}}
      step: {type: optimise, in: {parameters: state.x, optimiser: state.descent, loss: squares.loss}}
    next: {x: step.parameters, descent: step.optimiser}
    out: {x: step.parameters}
)";

long resident_kib() {
  std::ifstream file("/proc/self/statm");
  long pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

struct Measured {
  double seconds = 0;
  long early_kib = 0, late_kib = 0;
  at::Tensor end;
};

Measured by_graph(const graph::Registry& registry, const nodes::Services& services) {
  graph::Assignment steps{"steps", {}, {}};
  steps.values.emplace_back(std::int64_t{kTurns});
  const auto graph = std::make_shared<const graph::Graph>(graph::check(graph::load_text(kGraph), registry));
  const graph::Plan plan(graph, {steps});
  Measured measured;
  int turn = 0;
  graph::RunOptions options;
  options.taps = {{"fit.step.parameters",
                   [&](const graph::Item&, const graph::Value&) {
                     ++turn;
                     if (turn == kEarly) measured.early_kib = resident_kib();
                     if (turn == kTurns) measured.late_kib = resident_kib();
                   }},
                  {"fit.x", [&](const graph::Item&, const graph::Value& value) {
                     measured.end = value.as<nodes::Latents>().tensor;
                   }}};
  const nodes::Lanes lanes(options, services, plan, true);
  const auto begin = std::chrono::steady_clock::now();
  const graph::RunReport report = graph::run(plan, options);
  measured.seconds = Seconds(std::chrono::steady_clock::now() - begin).count();
  if (report.done != 1) std::printf("failed: %s\n", report.failures.at(0).what.c_str());
  return measured;
}

/// The same operations in the same order, and what each step is asked for.
Measured by_hand() {
  Measured measured;
  learning::Optimiser descent{std::make_shared<learning::Sgd>(learning::Sgd::Settings{}), learning::Rate(0.001, {})};
  at::Tensor x = at::ones({16});
  const auto begin = std::chrono::steady_clock::now();
  for (int k = 0; k < kTurns; ++k) {
    const at::Tensor leaf = tensors::leaf(x);
    at::Tensor loss;
    {
      const at::AutoGradMode recording(true);
      loss = (leaf * weights()).square().mean();
    }
    const learning::Stepped made =
        learning::stepped(descent, {tensors::detached(leaf)}, tensors::gradients({{loss}}, {leaf}), kTurns);
    const at::Tensor told = at::stack({loss.detach(), made.norm});
    if (!std::isfinite(told[0].item<double>()) || !std::isfinite(told[1].item<double>())) return measured;
    x = made.parameters[0];
    descent = made.optimiser;
  }
  measured.seconds = Seconds(std::chrono::steady_clock::now() - begin).count();
  measured.end = x;
  return measured;
}

}  // namespace

int main() {
  const at::NoGradGuard none;
  at::set_num_threads(1);
  const auto services = std::make_shared<nodes::Services>();
  graph::Registry registry;
  nodes::register_all(registry, services);
  registry.add<Ones>();
  registry.add<Times>();
  registry.add<Squares>();
  std::vector<double> ours, plain;
  Measured graph;
  for (int round = 0; round < kRounds; ++round) {
    graph = by_graph(registry, *services);
    const Measured hand = by_hand();
    ours.push_back(graph.seconds / kTurns * 1e6);
    plain.push_back(hand.seconds / kTurns * 1e6);
    std::printf("%d turns: graph %.1f us, plain %.1f us a turn; resident %ld KiB after %d turns, %ld after %d; %s\n",
                kTurns, ours.back(), plain.back(), graph.early_kib, kEarly, graph.late_kib, kTurns,
                graph.end.equal(hand.end) ? "the same bits" : "OTHER NUMBERS");
  }
  // What else the machine does can only make it slower.
  const double least = std::ranges::min(ours), least_plain = std::ranges::min(plain);
  std::printf("least: graph %.1f us, plain %.1f us, the engine %.1f us a turn\n", least, least_plain,
              least - least_plain);
  return 0;
}
