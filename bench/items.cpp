// SPDX-License-Identifier: MIT
/// Is memory flat over many items? Runs a graph of two small nodes, which write no files, over the rows of a table, or
/// without end until so many items are done, and looks at the process twice a second. Then the run is resumed: of the
/// table nothing is left, of the run without end it goes on, and draws the same.
///
///   items table|endless [items, 100000] [more options of decoupage run…]
#include <signal.h>

#include <cmath>

#include "bench/watch.h"

namespace {

namespace fs = std::filesystem;

constexpr const char* kGraph = R"(graph: small
params:
  prompt: {type: string, default: none}
  seed:   {type: int, default: 0}
nodes:
  words: {type: value, string: $prompt}
  noise: {type: draw-noise, seed: $seed, width: 8, height: 8}
)";

/// Ten rows to a prompt: what depends on it alone is shared.
void write_table(const fs::path& file, int rows) {
  std::ofstream table(file);
  table << "prompt,seed\n";
  for (int row = 0; row < rows; ++row)
    table << "\"a picture of thing " << row / 10 << ", in its place\"," << row * 7919LL % 1'000'003 << "\n";
}

bool is_whole(const fs::path& out, int items) {
  return count_lines(out / "items.jsonl") >= items;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode != "table" && mode != "endless") return std::fprintf(stderr, "items table|endless [items]\n"), 2;
  const int items = argc > 2 ? std::atoi(argv[2]) : 100'000;
  const fs::path folder = fs::temp_directory_path() / ("decoupage-items-" + std::to_string(getpid()));
  const fs::path out = folder / "out";
  fs::create_directories(folder);
  std::ofstream(folder / "small.yaml") << kGraph;
  write_table(folder / "rows.csv", items);
  std::vector<std::string> words{"run", (folder / "small.yaml").string(), "--quiet", "--output-dir", out.string()};
  if (mode == "table") words.insert(words.end(), {"--items", (folder / "rows.csv").string()});
  else words.insert(words.end(), {"--seed", "0.."});
  words.insert(words.end(), argv + std::min(argc, 3), argv + argc);
  const auto start = std::chrono::steady_clock::now();
  CommandProcess run(words);
  const auto end_it = [&](const Sample& sample) {
    if (mode == "endless" && sample.items >= items) kill(run.pid(), SIGINT);
  };
  const std::vector<Sample> samples = watch(run, out, end_it);
  const int code = run.wait();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%d items in %.0f s, exit code %d, peak %.1f MiB, %zu samples\n", count_lines(out / "items.jsonl"),
              seconds, code, run.peak(), samples.size());
  const double growth = print_figures(samples, items / 10, items);
  words.insert(words.end(), {"--resume", "--for", "1s"});
  run_command(words, 0);
  const bool well =
      code == (mode == "table" ? 0 : 130) && is_whole(out, items) && growth > 0 && std::abs(growth - 1) < 0.05;
  fs::remove_all(folder);
  std::printf(well ? "well\n" : "NOT as it should be\n");
  return well ? 0 : 1;
}
