// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cli {

/// Folders that a command makes on the way to its output: those that are empty when it ends, since its start has
/// failed, go again. Make it before the folders are.
class FreshFolders {
 public:
  FreshFolders() = default;
  ~FreshFolders();
  FreshFolders(const FreshFolders&) = delete;
  FreshFolders& operator=(const FreshFolders&) = delete;

  /// The folder is going to be made, with those above it that are not there.
  void expect(const std::string& folder);
  /// This one was made just now.
  void add(const std::string& folder);

 private:
  std::vector<std::filesystem::path> folders_;  // outer ones first
};

}  // namespace cli
