// SPDX-License-Identifier: MIT
/// What do checkpoints and numbers from turn to turn cost a long loop, and is its memory flat? A loop of small picture
/// nodes is run with and without them, for a tenth of the turns and for all, by the command.
///
///   long_loop [turns, 10000] [side of the picture that is its state, 64]
#include <chrono>

#include "bench/command.h"

namespace {

namespace fs = std::filesystem;

constexpr const char* kGraph = R"(graph: long
params:
  turns: {type: int, default: 10}
  every: {type: int, default: 0}
  told:  {type: bool, default: false}
  side:  {type: int, default: 64}
nodes:
  start: {type: draw-noise, width: $side, height: $side, style: noise}
  loop:
    type: loop
    steps: $turns
    checkpoint: {every: $every}
    state: {image: start.image}
    nodes:
      crop: {type: crop, left: 1, top: 1, width: 8, height: 8, in: {image: state.image}}
      put:  {type: paste, in: {image: state.image, patch: crop.image}}
      loss: {type: follow, name: loss, in: {value: turn.index}, when: {if: $told}}
      rate: {type: follow, name: rate, in: {value: turn.count}, when: {if: $told}}
    next: {image: put.image}
    out: {image: put.image}
  save: {type: save-image, path: "a.png", in: {image: loop.image}}
)";

struct Cost {
  double seconds, peak;
};

Cost cost_of(const fs::path& folder, int turns, int side, int every, bool told) {
  const fs::path out = folder / "out";
  const auto start = std::chrono::steady_clock::now();
  CommandProcess run({"run", (folder / "long.yaml").string(), "--turns", std::to_string(turns), "--every",
                      std::to_string(every), "--told", told ? "true" : "false", "--side", std::to_string(side),
                      "--quiet", "--output-dir", out.string()});
  if (run.wait() != 0) std::exit(1);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  fs::remove_all(out);
  return {time.count(), run.peak()};
}

}  // namespace

int main(int argc, char** argv) {
  const int turns = argc > 1 ? std::atoi(argv[1]) : 10'000;
  const int side = argc > 2 ? std::atoi(argv[2]) : 64;
  const fs::path folder = fs::temp_directory_path() / ("decoupage-long-loop-" + std::to_string(getpid()));
  fs::create_directories(folder);
  std::ofstream(folder / "long.yaml") << kGraph;
  cost_of(folder, turns / 10, side, 0, false);  // what it is made of is read from the disk once
  std::printf("a state of %.0f KiB\n%-32s %12s %14s %14s\n", side * side * 12 / 1024.0, "", "us a turn",
              "peak MiB, 1/10", "peak MiB, all");
  for (const auto& [name, every, told] : {std::tuple{"plain", 0, false},
                                          {"two numbers a turn", 0, true},
                                          {"…, kept every 100 turns", 100, true},
                                          {"…, kept every 10 turns", 10, true}}) {
    const Cost few = cost_of(folder, turns / 10, side, every, told), all = cost_of(folder, turns, side, every, told);
    std::printf("%-32s %12.1f %14.1f %14.1f\n", name, 1e6 * (all.seconds - few.seconds) / (turns - turns / 10),
                few.peak, all.peak);
  }
  fs::remove_all(folder);
  return 0;
}
