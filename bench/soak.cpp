// SPDX-License-Identifier: MIT
/// Does a long run stay as it is? Runs a small collage of many seeds, of which one in a hundred is made to fail, half
/// of them in a node and half by a full disk, and looks at the process twice a second: resident memory, open files,
/// threads. Then it counts what the journal tells, resumes the run without faults, and counts again.
///
///   soak [items, 200] [more options of decoupage run…]
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/watch.h"

namespace {

namespace fs = std::filesystem;

constexpr int kWarmUp = 100;  // items
constexpr const char* kFaults = "call@image:50/200=throw,write@.png:150/200=ENOSPC";

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
  const std::vector<Sample> samples = watch(run, out);
  const int code = run.wait();
  std::printf("%d items in %.0f s, exit code %d, peak %.1f MiB, %zu samples\n", items,
              std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), code, run.peak(),
              samples.size());
  print_figures(samples, kWarmUp, items);

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
