// SPDX-License-Identifier: MIT
#include "cli/signs_of_life.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace cli {
namespace {

namespace fs = std::filesystem;

/// Whether another thread of the process computes or waits for a disk; true where that cannot be told.
bool others_work() {
  const std::string own = std::to_string(gettid());
  std::error_code error;
  fs::directory_iterator tasks("/proc/self/task", error);
  if (error) return true;
  for (; tasks != fs::directory_iterator(); tasks.increment(error)) {
    if (error) return true;
    if (tasks->path().filename() == own) continue;
    std::ifstream file(tasks->path() / "stat");
    std::string stat;
    std::getline(file, stat);
    const std::size_t name = stat.rfind(')');  // the name may hold anything
    if (name == std::string::npos || name + 2 >= stat.size()) continue;
    if (stat[name + 2] == 'R' || stat[name + 2] == 'D') return true;
  }
  return false;
}

/// Grows with pages and blocks that came.
long count_of_pages() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt + usage.ru_majflt + usage.ru_inblock;
}

}  // namespace

void SignsOfLife::begin() {
  begun_ = false;
}

bool SignsOfLife::none_for(std::chrono::milliseconds time) {
  constexpr int kComputing = 6;
  const Clock::time_point now = Clock::now();
  const long count = count_of_pages();
  if (!begun_ || count != counted_) worked_ = moved_ = now;
  else if (others_work()) worked_ = now;
  begun_ = true;
  counted_ = count_of_pages();  // with what the look itself took
  return now - worked_ >= time || now - moved_ >= kComputing * time;
}

}  // namespace cli
