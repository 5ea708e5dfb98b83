// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph/bus.h"
#include "graph/graph.h"
#include "graph/load.h"
#include "graph/plan.h"
#include "graph/registry.h"
#include "graph/run.h"
#include "nodes/lanes.h"
#include "nodes/register.h"
#include "nodes/services.h"

/// Whole runs of graph files for the benches, with the models loaded once.
namespace bench {

/// Of the time between the first call of a node and the end of its last, the part in which one was under way. On a GPU
/// a call ends when the device has done it.
class Busy final : public graph::BusObserver {
 public:
  explicit Busy(int node) : node_(node) {}
  unsigned wants() const override { return graph::Event::kNodeFinished; }
  void observe(const graph::Event& event) override {
    if (event.node == node_) calls_.emplace_back(event.start, event.time);
  }
  double share() {
    if (calls_.empty()) return 0;
    std::sort(calls_.begin(), calls_.end());
    graph::Clock::duration busy{};
    graph::Clock::time_point until = calls_.front().first;
    for (const auto& [start, end] : calls_) {
      if (end > until) busy += end - std::max(start, until);
      until = std::max(until, end);
    }
    return static_cast<double>(busy.count()) / static_cast<double>((until - calls_.front().first).count());
  }
  /// From the first call to the end of the last, in seconds.
  double seconds() {
    if (calls_.empty()) return 0;
    graph::Clock::time_point first = calls_.front().first, last = calls_.front().second;
    for (const auto& [start, end] : calls_) first = std::min(first, start), last = std::max(last, end);
    return std::chrono::duration<double>(last - first).count();
  }

 private:
  const int node_;
  std::vector<std::pair<graph::Clock::time_point, graph::Clock::time_point>> calls_;
};

struct Outcome {
  double seconds = 0;  ///< of the whole run
  double busy = 0;     ///< share of the steps' time in which one was under way
  double steps = 0;    ///< seconds from the first step to the last
};

class Engine {
 public:
  using Params = std::map<std::string, graph::Scalar>;

  explicit Engine(const std::string& model)
      : services_(std::make_shared<nodes::Services>(models::ModelPlaces::from_environment("assets/model"))),
        model_{.model = model} {
    nodes::register_all(registry_, services_);
  }
  at::Device device() const { return services_->device(); }
  /// Reads the model's networks, which stay in memory.
  nodes::Network<models::UNet> read() const {
    services_->vae(model_);
    services_->text(model_);
    return services_->unet(model_);
  }

  /// Runs a graph for seeds 0 … seeds − 1. `params` that it does not have are left out. Throws std::runtime_error when
  /// an item failed.
  Outcome run(const std::string& file, const Params& params, int seeds, graph::RunOptions options) const {
    const auto graph = std::make_shared<const graph::Graph>(graph::check(graph::load_file(file), registry_));
    std::vector<graph::Assignment> assignments;
    for (const auto& [name, value] : params) {
      const int param = graph->find_param(name);
      if (param >= 0) assignments.push_back({graph->params[param].id, graph::ScalarList({value}), {}});
    }
    std::vector<graph::Scalar> all;
    for (std::int64_t seed = 0; seed < seeds; ++seed) all.emplace_back(seed);
    assignments.push_back({"seed", graph::ScalarList(all), {}});
    const graph::Plan plan(graph, assignments);
    const nodes::Lanes lanes(options, *services_, plan);
    Busy busy(graph->find_node("denoise.step"));
    graph::Bus bus;
    bus.attach(busy);
    options.bus = &bus;
    options.output_dir = "build/bench/pictures";
    const graph::RunReport report = graph::run(plan, options);
    if (!report.failures.empty())
      throw std::runtime_error(report.failures.front().node + ": " + report.failures.front().what);
    return {std::chrono::duration<double>(report.elapsed).count(), busy.share(), busy.seconds()};
  }

 private:
  const std::shared_ptr<nodes::Services> services_;
  const nodes::Services::ModelName model_;
  graph::Registry registry_;
};

}  // namespace bench
