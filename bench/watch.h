// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <thread>

#include "bench/command.h"

/// How a command that runs is watched from outside: its memory, open files and threads by the items that it has done.
struct Sample {
  int items = 0;
  double resident = 0;  ///< MiB
  int files = 0, threads = 0;
};

inline int count_lines(const std::filesystem::path& file) {
  const std::string text = text_of_file(file);
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

/// Nothing when the process is gone.
inline std::optional<Sample> look_at(pid_t pid, const std::filesystem::path& out) {
  const std::filesystem::path process = "/proc/" + std::to_string(pid);
  Sample sample;
  sample.items = count_lines(out / "items.jsonl");
  std::ifstream status(process / "status");
  for (std::string word; status >> word;) {
    if (word == "VmRSS:" && status >> sample.resident) sample.resident /= 1024;
    if (word == "Threads:") status >> sample.threads;
  }
  std::error_code gone;
  for (std::filesystem::directory_iterator file(process / "fd", gone), end; !gone && file != end; file.increment(gone))
    ++sample.files;
  if (gone || sample.resident == 0 || sample.threads == 0) return std::nullopt;
  return sample;
}

inline double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

/// Of the time after the first items, in windows of as many items each. Returns the last window's share of the first.
inline double print_figures(const std::vector<Sample>& samples, int warm_up, int items) {
  constexpr int kWindows = 10;
  std::vector<std::vector<double>> windows(kWindows);
  std::set<int> files, threads;
  double least = 1e9, most = 0;
  for (const Sample& sample : samples) {
    if (sample.items < warm_up || sample.items >= items) continue;
    const int window = (sample.items - warm_up) * kWindows / std::max(1, items - warm_up);
    windows[static_cast<std::size_t>(window)].push_back(sample.resident);
    files.insert(sample.files);
    threads.insert(sample.threads);
    least = std::min(least, sample.resident);
    most = std::max(most, sample.resident);
  }
  std::printf("resident, medians of %d windows after the first %d items, MiB:", kWindows, warm_up);
  double first = 0, last = 0;
  for (const auto& window : windows) {
    if (window.empty()) continue;
    last = median(window);
    if (first == 0) first = last;
    std::printf(" %.1f", last);
  }
  if (first == 0) return std::printf(" none: the run was too short\n"), 0;
  std::printf("\nthe last window is %.3f of the first; least and most of all samples: %.1f, %.1f\n", last / first,
              least, most);
  std::printf("open files: %d to %d, threads: %d to %d\n", *files.begin(), *files.rbegin(), *threads.begin(),
              *threads.rbegin());
  return last / first;
}

/// Looks at a run twice a second until it has ended. `seen` is told of each look, and may end it.
inline std::vector<Sample> watch(CommandProcess& run, const std::filesystem::path& out,
                                 const std::function<void(const Sample&)>& seen = nullptr) {
  std::vector<Sample> samples;
  while (run.running()) {
    if (const auto sample = look_at(run.pid(), out)) {
      samples.push_back(*sample);
      if (seen) seen(*sample);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
  return samples;
}
