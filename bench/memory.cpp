// SPDX-License-Identifier: MIT
/// Does the memory of a run grow with its items? Runs the command twice on the same graph and lanes, with few seeds and
/// with many, and compares the peaks of resident memory that the system tells of each process. Three rounds.
///
///   memory [few] [many] [options of decoupage run …]
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

/// Peak of resident memory of the command with so many seeds, MiB.
double peak_of(const fs::path& program, const fs::path& out, int seeds, const std::vector<std::string>& options) {
  std::vector<std::string> words{program.string(), "run",        "--seed",      "0.." + std::to_string(seeds - 1),
                                 "--output-dir",   out.string(), "--overwrite", "--quiet"};
  words.insert(words.begin() + 2, options.begin(), options.end());
  std::vector<char*> args;
  for (std::string& word : words) args.push_back(word.data());
  args.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    execv(args[0], args.data());
    std::perror(args[0]);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) {
    std::fprintf(stderr, "'%s run' with %d seeds did not end well\n", program.c_str(), seeds);
    std::exit(1);
  }
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path build = fs::canonical("/proc/self/exe").parent_path().parent_path();
  const int few = argc > 1 ? std::atoi(argv[1]) : 16, many = argc > 2 ? std::atoi(argv[2]) : 512;
  std::vector<std::string> options(argv + std::min(argc, 3), argv + argc);
  if (options.empty()) options = {SOURCE_DIR "/configs/txt2img.yaml", "--steps", "4", "--lanes", "2"};
  const fs::path out = fs::temp_directory_path() / ("decoupage-memory-" + std::to_string(getpid()));
  for (int round = 0; round < 3; ++round) {
    const double a = peak_of(build / "decoupage", out, few, options);
    const double b = peak_of(build / "decoupage", out, many, options);
    std::printf("%d seeds: %.0f MiB, %d seeds: %.0f MiB, ratio %.3f\n", few, a, many, b, b / a);
    std::fflush(stdout);
  }
  fs::remove_all(out);
}
