// SPDX-License-Identifier: MIT
/// Does the memory of a run grow with its items? Runs the command twice on the same graph and lanes, with few seeds and
/// with many, and compares the peaks of resident memory that the system tells of each process. Three rounds.
///
///   memory [few] [many] [options of decoupage run …]
#include "bench/command.h"

namespace {

namespace fs = std::filesystem;

/// Peak of resident memory of the command with so many seeds, MiB.
double peak_of(const fs::path& out, int seeds, const std::vector<std::string>& options) {
  std::vector<std::string> words{
      "run", "--seed", "0.." + std::to_string(seeds - 1), "--output-dir", out.string(), "--overwrite", "--quiet"};
  words.insert(words.begin() + 1, options.begin(), options.end());
  CommandProcess run(words);
  if (run.wait() == 0) return run.peak();
  std::fprintf(stderr, "decoupage run with %d seeds did not end well\n", seeds);
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  const int few = argc > 1 ? std::atoi(argv[1]) : 16, many = argc > 2 ? std::atoi(argv[2]) : 512;
  std::vector<std::string> options(argv + std::min(argc, 3), argv + argc);
  if (options.empty()) options = {SOURCE_DIR "/configs/txt2img.yaml", "--steps", "4", "--lanes", "2"};
  const fs::path out = fs::temp_directory_path() / ("decoupage-memory-" + std::to_string(getpid()));
  for (int round = 0; round < 3; ++round) {
    const double a = peak_of(out, few, options);
    const double b = peak_of(out, many, options);
    std::printf("%d seeds: %.0f MiB, %d seeds: %.0f MiB, ratio %.3f\n", few, a, many, b, b / a);
    std::fflush(stdout);
  }
  fs::remove_all(out);
}
