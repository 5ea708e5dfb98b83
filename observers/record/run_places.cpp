// SPDX-License-Identifier: MIT
#include "observers/record/run_places.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "base/file_error.h"

namespace observers {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRuns = "runs";

std::string four_digits(int number) {
  std::string text = std::to_string(number);
  return std::string(4 - std::min<std::size_t>(text.size(), 4), '0') + text;
}

/// "0003"; 0 for what is none.
int run_number(const std::string& name) {
  int number = 0;
  const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool whole = error == std::errc() && rest == name.data() + name.size();
  return whole && number > 0 && name == four_digits(number) ? number : 0;
}

RunPlaces shared_run(const fs::path& folder, int number) {
  return {folder.string(), (folder / kRuns / four_digits(number)).string(), number};
}

}  // namespace

std::vector<RunPlaces> shared_runs(const std::string& folder) {
  std::vector<RunPlaces> runs;
  std::error_code error;
  for (fs::directory_iterator it(fs::path(folder) / kRuns, error), end; !error && it != end; it.increment(error)) {
    const int number = run_number(it->path().filename().string());
    if (number > 0 && fs::exists(it->path() / "run.json")) runs.push_back(shared_run(folder, number));
  }
  std::ranges::sort(runs, {}, &RunPlaces::number);
  return runs;
}

RunPlaces places_of(const std::string& folder) {
  if (fs::exists(fs::path(folder) / "run.json")) {
    const fs::path path = fs::path(folder) / "";  // whether or not a '/' stood behind it
    const fs::path record = path.parent_path();
    const int number = record.parent_path().filename() == kRuns ? run_number(record.filename().string()) : 0;
    if (number == 0) return {folder, folder, 0};
    const fs::path shared = record.parent_path().parent_path();
    return {shared.empty() ? "." : shared.string(), folder, number};
  }
  const std::vector<RunPlaces> runs = shared_runs(folder);
  return runs.empty() ? RunPlaces{folder, folder, 0} : runs.back();
}

RunPlaces new_shared_run(const std::string& folder) {
  const fs::path all = fs::path(folder) / kRuns;
  std::error_code error;
  fs::create_directories(all, error);
  if (error) base::throw_file_error("make the folder", all.string(), error.value());
  int number = 0;
  for (fs::directory_iterator it(all, error), end; !error && it != end; it.increment(error))
    number = std::max(number, run_number(it->path().filename().string()));
  while (true) {
    const RunPlaces run = shared_run(folder, ++number);
    if (mkdir(run.record.c_str(), 0777) == 0) return run;
    if (errno != EEXIST) base::throw_file_error("make the folder", run.record, errno);
  }
}

}  // namespace observers
