// SPDX-License-Identifier: MIT
#include "cli/fresh_folders.h"

#include <algorithm>

namespace cli {

namespace fs = std::filesystem;

FreshFolders::~FreshFolders() {
  std::error_code ignored;
  for (auto folder = folders_.rbegin(); folder != folders_.rend(); ++folder) {
    if (fs::is_directory(*folder, ignored))
      fs::remove(*folder, ignored);  // fails, as it should, where it holds something
  }
}

void FreshFolders::expect(const std::string& folder) {
  std::error_code error;
  const fs::path whole = fs::absolute(folder, error).lexically_normal();
  fs::path at;
  for (const fs::path& part : whole) {
    at /= part;
    if (!part.empty() && fs::symlink_status(at, error).type() == fs::file_type::not_found) folders_.push_back(at);
  }
}

void FreshFolders::add(const std::string& folder) {
  std::error_code error;
  folders_.push_back(fs::absolute(folder, error).lexically_normal());
}

}  // namespace cli
