// SPDX-License-Identifier: MIT
/// Does the matching of a collage hide behind the denoising of other seeds? A run of configs/collagenet.yaml beside the
/// same run without its projections, and of the time from the first step of the UNet to the last the part in which one
/// was under way. In turn, three times; medians.
///
///   overlap [model] [lanes] [seeds] [steps]      embedded, 2, 16, 20 where nothing is said; in the repository
#include <algorithm>
#include <array>
#include <cstdio>

#include "bench/engine_run.h"

namespace {

double median(std::array<double, 3> values) {
  std::sort(values.begin(), values.end());
  return values[1];
}

int measure(const std::string& model, int lanes, int seeds, int steps) {
  const bench::Engine engine(model);
  const auto run = [&](bool projections) {
    graph::RunOptions options;
    options.lanes = lanes;
    return engine.run("configs/collagenet.yaml",
                      {{"model", graph::Path{model}},
                       {"source_images", graph::Path{"assets/papers"}},
                       {"prompt", std::string("a red house on a meadow, painted")},
                       {"steps", std::int64_t{steps}},
                       {"projection_every_n_steps", std::int64_t{projections ? 1 : 0}}},
                      seeds, options);
  };
  run(true);  // not counted: what is made once
  std::array<double, 3> ratio{}, loop{}, busy{}, busy_plain{};
  for (std::size_t i = 0; i < ratio.size(); ++i) {
    const bench::Outcome collage = run(true), plain = run(false);
    ratio[i] = collage.seconds / plain.seconds;
    loop[i] = collage.steps / plain.steps;
    busy[i] = collage.busy;
    busy_plain[i] = plain.busy;
    std::printf("collage %.2f s, plain %.2f s\n", collage.seconds, plain.seconds);
    std::fflush(stdout);
  }
  std::printf(
      "%d seeds, %d steps, %d lanes: a collage costs %.3f x the plain run, %.3f x from the first step to the last\n",
      seeds, steps, lanes, median(ratio), median(loop));
  std::printf(
      "a step was under way for %.1f %% of the time between the first and the last (%.1f %% in the plain run)\n",
      100 * median(busy), 100 * median(busy_plain));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int at, int otherwise) { return argc > at ? std::stoi(argv[at]) : otherwise; };
  try {
    return measure(argc > 1 ? argv[1] : "embedded", number(2, 2), number(3, 16), number(4, 20));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
