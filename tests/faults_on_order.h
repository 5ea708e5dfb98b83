// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>

#include "base/fault_injection.h"

/// The order is read when a process starts, so what is to fail runs in a process that starts for it.
namespace testing_faults {

/// To be the statement of EXPECT_EXIT with WithFault around it: makes a file with the text "old" in a folder that goes
/// again, lets `replace` try to write it, says what was thrown and ("left: …") what the folder holds then, and ends
/// the process with code 0.
[[noreturn]] inline void try_to_replace(const std::function<void(const std::filesystem::path&)>& replace) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(testing::TempDir()) / ("decoupage_replace_" + std::to_string(getpid()));
  fs::create_directories(folder);
  std::ofstream(folder / "file") << "old";
  try {
    replace(folder / "file");
  } catch (const std::exception& e) {
    std::cerr << e.what();
  }
  std::cerr << " left:";
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::string text;
    std::ifstream(entry.path()) >> text;
    std::cerr << " " << entry.path().filename().string() << "=" << text;
  }
  std::cerr << "." << std::endl;
  fs::remove_all(folder);
  std::_Exit(0);
}

/// Processes that start in its life have this fault on order.
class WithFault {
 public:
  explicit WithFault(const std::string& order) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    setenv(base::injection::kVariable, order.c_str(), 1);
  }
  ~WithFault() { unsetenv(base::injection::kVariable); }
  WithFault(const WithFault&) = delete;
  WithFault& operator=(const WithFault&) = delete;
};

}  // namespace testing_faults
