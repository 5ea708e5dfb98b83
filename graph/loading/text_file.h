// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

namespace graph {

struct TextFile {
  std::string text;
  std::string error;  ///< why it could not be read; empty when it could
};

/// Reads at most max_bytes (LoadLimits::file_bytes): a larger file is an error, and an endless one (a device) ends.
TextFile read_text_file(const std::string& path, std::size_t max_bytes);

/// " (did you mean 'graph.yaml'?)" from the names in the file's folder, or "".
std::string suggest_file(const std::string& path);

}  // namespace graph
