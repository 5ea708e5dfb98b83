// SPDX-License-Identifier: MIT
#include "graph/loading/text_file.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/descriptor.h"
#include "base/fault_injection.h"
#include "base/names.h"
#include "graph/load.h"
#include "graph/mark.h"

namespace graph {
namespace {

namespace fs = std::filesystem;

std::string too_large(std::uintmax_t size, std::size_t max_bytes) {
  return "it is too large: " + std::to_string(size) + " bytes, where a file may have at most " +
         LoadLimits::kFileBytes.text(max_bytes);
}

}  // namespace

TextFile read_text_file(const std::string& path, std::size_t max_bytes) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return {"", "there is no such file"};
  if (fs::is_directory(status)) return {"", "it is a folder; give a graph file in it"};
  const std::uintmax_t size = fs::is_regular_file(status) ? fs::file_size(path, error) : 0;
  if (!error && size > max_bytes) return {"", too_large(size, max_bytes)};
  const base::Descriptor file = base::open_file(path, O_RDONLY);
  if (!file) return {"", std::strerror(errno)};
  if (const int wrong = base::injection::strike("read", path)) return {"", std::strerror(wrong)};
  TextFile result;
  std::vector<char> block(1 << 16);
  while (const ssize_t got = base::read_some(file, block)) {
    if (got < 0) return {"", std::strerror(errno)};
    result.text.append(block.data(), static_cast<std::size_t>(got));
    if (result.text.size() > max_bytes)
      return {"", "it is too large: a file may have at most " + LoadLimits::kFileBytes.text(max_bytes)};
  }
  return result;
}

std::string suggest_file(const std::string& path) {
  constexpr int kMost = 1000;
  std::vector<std::string> names;
  std::error_code error;
  if (fs::exists(path, error)) return "";
  const std::string folder = fs::path(path).parent_path().string();
  for (fs::directory_iterator entry(folder.empty() ? "." : folder, error), end; entry != end; entry.increment(error)) {
    if (error || names.size() == kMost) break;
    names.push_back(entry->path().filename().string());
  }
  return base::did_you_mean(fs::path(path).filename().string(), names);
}

}  // namespace graph
