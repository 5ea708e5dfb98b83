// SPDX-License-Identifier: MIT
/// Does a long run stay as it is? Runs a small collage of many seeds, of which one in a hundred is made to fail, half
/// of them in a node and half by a full disk, and looks at the process twice a second: resident memory, open files,
/// threads. Then it counts what the journal tells, resumes the run without faults, and counts again.
///
///   soak [items, 200] [more options of decoupage run…]
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <thread>

#include "bench/command.h"

namespace {

namespace fs = std::filesystem;

constexpr int kWarmUp = 100;  // items
constexpr int kWindows = 10;
constexpr const char* kFaults = "call@image:50/200=throw,write@.png:150/200=ENOSPC";

struct Sample {
  int items = 0;
  double resident = 0;  ///< MiB
  int files = 0, threads = 0;
};

int count_lines(const fs::path& file) {
  const std::string text = text_of_file(file);
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

/// Nothing when the process is gone.
std::optional<Sample> look_at(pid_t pid, const fs::path& out) {
  const fs::path process = "/proc/" + std::to_string(pid);
  Sample sample;
  sample.items = count_lines(out / "items.jsonl");
  std::ifstream status(process / "status");
  for (std::string word; status >> word;) {
    if (word == "VmRSS:" && status >> sample.resident) sample.resident /= 1024;
    if (word == "Threads:") status >> sample.threads;
  }
  std::error_code gone;
  for (fs::directory_iterator file(process / "fd", gone), end; !gone && file != end; file.increment(gone))
    ++sample.files;
  if (gone || sample.resident == 0 || sample.threads == 0) return std::nullopt;
  return sample;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

/// Of the time after the first items, in windows of as many items each.
void print_figures(const std::vector<Sample>& samples, int items) {
  std::vector<std::vector<double>> windows(kWindows);
  std::set<int> files, threads;
  double least = 1e9, most = 0;
  for (const Sample& sample : samples) {
    if (sample.items < kWarmUp || sample.items >= items) continue;
    const int window = (sample.items - kWarmUp) * kWindows / std::max(1, items - kWarmUp);
    windows[static_cast<std::size_t>(window)].push_back(sample.resident);
    files.insert(sample.files);
    threads.insert(sample.threads);
    least = std::min(least, sample.resident);
    most = std::max(most, sample.resident);
  }
  std::printf("resident, medians of %d windows after the first %d items, MiB:", kWindows, kWarmUp);
  double first = 0, last = 0;
  for (const auto& window : windows) {
    if (window.empty()) continue;
    last = median(window);
    if (first == 0) first = last;
    std::printf(" %.1f", last);
  }
  if (first == 0) return std::printf(" none: the run was too short\n"), void();
  std::printf("\nthe last window is %.3f of the first; least and most of all samples: %.1f, %.1f\n", last / first,
              least, most);
  std::printf("open files: %d to %d, threads: %d to %d\n", *files.begin(), *files.rbegin(), *threads.begin(),
              *threads.rbegin());
}

struct Account {
  int done = 0, failed = 0, twice = 0;
  std::map<std::string, int> reasons;
};

/// What the journal says: the last word on each item of this session, if each has one.
Account account_of(const fs::path& out, int session) {
  Account account;
  std::set<int> seen;
  std::istringstream lines(text_of_file(out / "items.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json record = nlohmann::json::parse(line);
    if (record.at("session") != session) continue;
    if (!seen.insert(record.at("item").get<int>()).second) ++account.twice;
    if (record.at("status") == "done") ++account.done;
    if (record.at("status") != "failed") continue;
    ++account.failed;
    const std::string error = record.at("error");
    ++account.reasons[error.substr(0, error.find(':'))];
  }
  return account;
}

}  // namespace

int main(int argc, char** argv) {
  const int items = argc > 1 ? std::atoi(argv[1]) : 200;
  const fs::path out = fs::temp_directory_path() / ("decoupage-soak-" + std::to_string(getpid()));
  std::vector<std::string> words = small_collage(items, out);
  words.insert(words.end(), argv + std::min(argc, 2), argv + argc);
  const auto start = std::chrono::steady_clock::now();
  CommandProcess run(words, kFaults);
  std::vector<Sample> samples;
  while (run.running()) {
    if (const auto sample = look_at(run.pid(), out)) samples.push_back(*sample);
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
  const int code = run.wait();
  std::printf("%d items in %.0f s, exit code %d, peak %.1f MiB, %zu samples\n", items,
              std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), code, run.peak(),
              samples.size());
  print_figures(samples, items);

  const Account first = account_of(out, 0);
  std::printf("journal: %d done, %d failed", first.done, first.failed);
  for (const auto& [reason, count] : first.reasons) std::printf(" (%s: %d)", reason.c_str(), count);
  std::printf(", %d not told of, %d twice; files: %zu\n", items - first.done - first.failed, first.twice,
              files_of_run(out).size());
  run_command({"merge", out.string()}, first.failed > 0 ? 1 : 0);
  words.push_back("--resume");
  run_command(words, 0);
  const Account second = account_of(out, 1);
  run_command({"merge", out.string()}, 0);
  const std::size_t files = files_of_run(out).size();
  std::printf("resumed: %d done, %d failed; merge finds everything; files: %zu\n", second.done, second.failed, files);
  const bool well = first.done + first.failed == items && first.twice == 0 && second.done == first.failed &&
                    files == static_cast<std::size_t>(items) && code == (first.failed > 0 ? 1 : 0);
  if (!well) std::printf("NOT every item is accounted for: see %s\n", out.c_str());
  else fs::remove_all(out);
  return well ? 0 : 1;
}
