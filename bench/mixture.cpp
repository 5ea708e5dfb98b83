// SPDX-License-Identifier: MIT
/// What does a grid of prompts cost, beside as many pictures of a tile's size?
///
///   mixture [ROUNDS [STEPS]]      with the embedded model; run in the repository
///
/// A 1 × 10 grid is one item, ten pictures are ten items of one run of configs/txt2img.yaml; both make ten predictions
/// with guidance at each step. They take turns in this process. Time is that of the items: models have been loaded when
/// it begins. A second figure is the time of mixing a step's predictions beside that of making them. A third
/// is how many calls a step of four such grids makes, where a resource of its own makes one call at a time, as a device
/// does: those of one item, and those of the others, which become ready meanwhile.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <vector>

#include "graph/load.h"
#include "graph/run.h"
#include "nodes/lanes.h"
#include "nodes/register.h"
#include "nodes/services.h"

namespace {

constexpr int kTiles = 10, kSide = 128, kOverlap = 64;

class Bench {
 public:
  explicit Bench(std::int64_t steps)
      : services_(std::make_shared<nodes::Services>(models::ModelPlaces::from_environment("assets/model"))),
        steps_(steps) {
    nodes::register_all(registry_, services_);
    folder_ = (std::filesystem::temp_directory_path() / "decoupage-mixture").string();
  }
  ~Bench() { std::filesystem::remove_all(folder_); }

  struct Result {
    double seconds = 0;
    double mix = 0, predict = 0;  ///< inside these nodes, all threads together
    std::int64_t calls = 0;       ///< of the second
  };

  Result grid() { return grid({std::int64_t{1}}, steps_, {}); }

  /// Of steps that begin when all items have begun, and end before one ends.
  double calls_of_a_step() {
    constexpr std::int64_t kFew = 4, kMany = 14;
    graph::RunOptions device;
    device.lanes = 4;
    device.limits = {{"gpu", 1}};
    const std::vector<graph::Scalar> seeds{std::int64_t{1}, std::int64_t{2}, std::int64_t{3}, std::int64_t{4}};
    const std::int64_t calls = grid(seeds, kMany, device).calls - grid(seeds, kFew, device).calls;
    return static_cast<double>(calls) / (kMany - kFew);
  }

 private:
  Result grid(const std::vector<graph::Scalar>& seeds, std::int64_t steps, std::optional<graph::RunOptions> device) {
    std::string prompts = "[[a blue house on a meadow";
    for (int tile = 1; tile < kTiles; ++tile) prompts += ", a blue house on a meadow";
    return run("configs/mixture_grid.yaml",
               {set("prompt", {graph::parse_data(prompts + "]]", "prompts")}),
                set("scheduler", {graph::parse_data("ddim", "scheduler")}), set("seed", seeds),
                set("tile_width", {std::int64_t{kSide}}), set("tile_height", {std::int64_t{kSide}}),
                set("tile_row_overlap", {std::int64_t{0}}), set("tile_col_overlap", {std::int64_t{kOverlap}}),
                set("num_inference_steps", {steps}), set("guidance_scale", {3.0})},
               std::move(device));
  }

 public:
  Result pictures() {
    std::vector<graph::Scalar> seeds;
    for (int seed = 1; seed <= kTiles; ++seed) seeds.emplace_back(std::int64_t{seed});
    return run("configs/txt2img.yaml",
               {set("prompt", {std::string("a blue house on a meadow")}), set("scheduler", {std::string("ddim")}),
                set("seed", seeds), set("steps", {steps_}), set("guidance_scale", {3.0})},
               {});
  }

 private:
  static graph::Assignment set(const std::string& name, const std::vector<graph::Scalar>& values) {
    graph::Assignment assignment{name, {}, {"mixture"}};
    for (const graph::Scalar& value : values) assignment.values.emplace_back(value);
    return assignment;
  }

  /// `device`: how to run, as if there were a device; else as on this machine.
  Result run(const std::string& config, const std::vector<graph::Assignment>& assignments,
             std::optional<graph::RunOptions> device) {
    std::filesystem::remove_all(folder_);
    const auto graph = std::make_shared<const graph::Graph>(graph::check(graph::load_file(config), registry_));
    const graph::Plan plan(graph, assignments);
    graph::RunOptions options = device.value_or(graph::RunOptions());
    std::optional<nodes::Lanes> hooks;
    if (!device) {
      options.gpu_is_cpu = services_->device().is_cpu();
      hooks.emplace(options, *services_, plan);
    }
    options.output_dir = folder_;
    const graph::RunReport report = graph::run(plan, options);
    if (report.done != plan.items()) {
      std::fprintf(stderr, "%s\n", report.failures.empty() ? "items were lost" : report.failures[0].what.c_str());
      std::exit(1);
    }
    const auto seconds = [](graph::Clock::duration time) { return std::chrono::duration<double>(time).count(); };
    const auto busy = [&](const char* node) {
      const int n = graph->find_node(node);
      return n < 0 ? 0.0 : seconds(report.nodes[static_cast<std::size_t>(n)].busy);
    };
    const int predict = graph->find_node("denoise.tiles.predict");
    return {seconds(report.elapsed), busy("denoise.mix"), busy("denoise.tiles.predict"),
            predict < 0 ? 0 : report.nodes[static_cast<std::size_t>(predict)].calls};
  }

  graph::Registry registry_;
  const std::shared_ptr<nodes::Services> services_;
  const std::int64_t steps_;
  std::string folder_;
};

double median(std::vector<double> numbers) {
  std::ranges::sort(numbers);
  return numbers[numbers.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  Bench bench(argc > 2 ? std::atoi(argv[2]) : 20);
  bench.grid(), bench.pictures();  // what is read and kept for the first time
  std::vector<double> ratios, mixes;
  for (int round = 0; round < rounds; ++round) {
    const Bench::Result grid = bench.grid(), pictures = bench.pictures();
    ratios.push_back(grid.seconds / pictures.seconds);
    mixes.push_back(grid.mix / grid.predict);
    std::printf("a grid of %d tiles %.2f s, %d pictures %.2f s; mixing %.2f %% of predicting\n", kTiles, grid.seconds,
                kTiles, pictures.seconds, 100 * mixes.back());
  }
  std::printf("the grid takes %.3f of the pictures' time; mixing takes %.4f of predicting\n", median(ratios),
              median(mixes));
  std::printf("four grids at once on a device that makes one call at a time: %.2f calls a step\n",
              bench.calls_of_a_step());
  return 0;
}
