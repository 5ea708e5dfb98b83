// SPDX-License-Identifier: MIT
/// What does a layered collage cost beside image to image?
///
///   layers graphs [ROUNDS [STEPS]]   with the embedded model; run in the repository
///   layers full [STEPS]              SDXL's own UNet at 512², random weights: 11 GB of memory
///
/// graphs: configs/collage_diffusion.yaml of three layers beside configs/img2img.yaml, as many steps of both, which
/// take turns in this process. full: steps of the UNet alone, with guidance, whose words are pulled to three places, or
/// not; the best of each counts.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "bench/network_costs.h"
#include "graph/load.h"
#include "graph/run.h"
#include "models/files/model_files_known.h"
#include "models/networks/attention_control.h"
#include "models/networks/unet.h"
#include "nodes/lanes.h"
#include "nodes/register.h"
#include "nodes/services.h"
#include "tensors/large_tensors.h"

namespace {

class Graphs {
 public:
  explicit Graphs(std::int64_t steps)
      : services_(std::make_shared<nodes::Services>(models::ModelPlaces::from_environment("assets/model"))),
        steps_(steps) {
    nodes::register_all(registry_, services_);
    folder_ = (std::filesystem::temp_directory_path() / "decoupage-layers").string();
  }
  ~Graphs() { std::filesystem::remove_all(folder_); }

  /// Seconds of the item, and how often the denoiser was called.
  struct Result {
    double seconds = 0;
    std::int64_t calls = 0;
  };

  Result collage(bool pulled) {
    return run("configs/collage_diffusion.yaml",
               {set("num_inference_steps", steps_), set("guidance_scale", 4.0), set("attention_control", pulled)});
  }
  /// As many steps: the default collage's greatest noise is 0.85.
  Result plain() {
    return run("configs/img2img.yaml",
               {set("image", graph::Path{"assets/papers/photo-00-cat.jpg"}), set("width", std::int64_t{128}),
                set("height", std::int64_t{128}), set("scheduler", std::string("euler-ancestral")),
                set("steps", steps_), set("strength", 0.85), set("guidance_scale", 4.0)});
  }

 private:
  template <class T>
  static graph::Assignment set(const std::string& name, const T& value) {
    graph::Assignment assignment{name, {}, {"layers"}};
    assignment.values.emplace_back(value);
    return assignment;
  }

  Result run(const std::string& config, const std::vector<graph::Assignment>& assignments) {
    std::filesystem::remove_all(folder_);
    const auto graph = std::make_shared<const graph::Graph>(graph::check(graph::load_file(config), registry_));
    const graph::Plan plan(graph, assignments);
    graph::RunOptions options;
    options.gpu_is_cpu = services_->device().is_cpu();
    const nodes::Lanes hooks(options, *services_, plan);
    options.output_dir = folder_;
    const graph::RunReport report = graph::run(plan, options);
    if (report.done != plan.items()) {
      std::fprintf(stderr, "%s\n", report.failures.empty() ? "items were lost" : report.failures[0].what.c_str());
      std::exit(1);
    }
    const int step = graph->find_node("denoise.step");
    return {std::chrono::duration<double>(report.elapsed).count(),
            static_cast<std::int64_t>(report.nodes[static_cast<std::size_t>(step)].calls)};
  }

  graph::Registry registry_;
  const std::shared_ptr<nodes::Services> services_;
  const std::int64_t steps_;
  std::string folder_;
};

void bench_graphs(int rounds, int steps) {
  Graphs graphs(steps);
  graphs.collage(true), graphs.plain();  // what is read and kept for the first time
  double plain = 1e30, without = 1e30, pulled = 1e30;
  for (int round = 0; round < rounds; ++round) {
    const Graphs::Result a = graphs.plain(), b = graphs.collage(false), c = graphs.collage(true);
    std::printf("img2img %.2f s, %ld calls; three layers %.2f s, %ld calls; with words pulled %.2f s\n", a.seconds,
                static_cast<long>(a.calls), b.seconds, static_cast<long>(b.calls), c.seconds);
    plain = std::min(plain, a.seconds);
    without = std::min(without, b.seconds);
    pulled = std::min(pulled, c.seconds);
  }
  std::printf("layers take %.3f of img2img's time, with words pulled %.3f\n", without / plain, pulled / plain);
}

models::UNetConfig sdxl() {
  for (const models::KnownNetwork& network : models::known_checkpoints().front().networks) {
    if (network.part == std::string("unet"))
      return models::UNetConfig::read(tensors::ConfigReader::parse(std::string(network.config), "unet"));
  }
  std::fprintf(stderr, "no config of SDXL's UNet\n");
  std::exit(1);
}

/// Three layers, a half and two quarters of the canvas, of four words each.
models::LogitEdit three_layers() {
  std::vector<models::AttentionRegion> regions;
  for (int layer = 0; layer < 3; ++layer) {
    at::Tensor mask = at::zeros({1, 1, 512, 512});
    if (layer == 0) mask.slice(2, 256, 512).fill_(1);
    else mask.slice(2, 0, 256).slice(3, layer == 1 ? 0 : 256, layer == 1 ? 256 : 512).fill_(1);
    const std::int64_t first = 2 + 5 * layer;
    regions.push_back({{first, first + 1, first + 2, first + 3}, mask, 0.5, 0.5});
  }
  return models::attention_edit(regions, models::AttentionFall::kLogLog, 10);
}

void bench_full(int steps) {
  tensors::keep_memory_of_large_tensors();
  const at::NoGradGuard no_gradients;
  bench::RandomSource source;
  const models::UNet unet(sdxl(), source);
  const models::UNetConfig& config = unet.config();
  const std::int64_t pooled = config.additional_width - 6 * config.addition_time_embed_dim;
  const models::UNet::Input plain{at::randn({2, 4, 64, 64}), at::full({2}, 500.0),
                                  at::randn({2, 77, config.cross_attention_dim}), at::randn({2, pooled}),
                                  at::full({2, 6}, 512.0)};
  models::UNet::Input pulled = plain;
  const models::LogitEdit edit = three_layers();
  pulled.edits = {nullptr, &edit};
  unet(plain);
  double least = 1e30, least_pulled = 1e30;
  for (int step = 0; step < steps; ++step) {
    const double a = bench::seconds([&] { unet(plain); }), b = bench::seconds([&] { unet(pulled); });
    std::printf("a step %.1f s, with words pulled to three places %.1f s\n", a, b);
    std::fflush(stdout);
    least = std::min(least, a);
    least_pulled = std::min(least_pulled, b);
  }
  std::printf("with words pulled it takes %.3f of the time\n", least_pulled / least);
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int i, int otherwise) { return argc > i ? std::atoi(argv[i]) : otherwise; };
  if (argc > 1 && std::strcmp(argv[1], "full") == 0) bench_full(number(2, 2));
  else bench_graphs(number(2, 3), number(3, 20));
  return 0;
}
