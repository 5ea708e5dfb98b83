// SPDX-License-Identifier: MIT
#include "imaging/files/picture_files.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <stdexcept>

#include "base/reading.h"
#include "imaging/files/picture.h"

namespace imaging {
namespace {

namespace fs = std::filesystem;
using Wanted = std::function<bool(const fs::path&)>;

bool has_wildcard(const std::string& text) {
  return text.find_first_of("*?[") != std::string::npos;
}

std::string looked_for() {
  std::string text;
  for (const std::string& extension : picture_extensions()) text += (text.empty() ? "" : " ") + extension;
  return text;
}

template <class Iterator>
std::vector<std::string> list(const fs::path& folder, const Wanted& wanted) {
  std::vector<std::string> files;
  std::error_code error;
  auto entry = Iterator(folder, error);
  for (; !error && entry != Iterator(); entry.increment(error)) {
    std::error_code gone;  // a link to nowhere is not a file
    if (wanted(entry->path()) && entry->is_regular_file(gone)) files.push_back(entry->path().string());
  }
  if (error) throw std::runtime_error("folder '" + folder.string() + "' cannot be read: " + error.message());
  std::ranges::sort(files);
  return files;
}

std::vector<std::string> list(const fs::path& folder, bool recursive, const Wanted& wanted) {
  if (recursive) return list<fs::recursive_directory_iterator>(folder, wanted);
  return list<fs::directory_iterator>(folder, wanted);
}

std::vector<std::string> match(const fs::path& path, bool recursive) {
  const std::string pattern = path.filename().string();
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (has_wildcard(folder.string())) {
    throw std::runtime_error("'" + path.string() +
                             "': wildcards may stand in the last part only; `recursive: true` looks "
                             "into the folders below");
  }
  if (!fs::is_directory(folder))
    throw std::runtime_error("no folder '" + folder.string() + "', where '" + pattern + "' was looked for");
  auto files = list(folder, recursive, [&](const fs::path& file) {
    return fnmatch(pattern.c_str(), file.filename().c_str(), FNM_PERIOD) == 0 && has_picture_extension(file.string());
  });
  if (files.empty()) throw std::runtime_error("no picture matches '" + path.string() + "': looked for " + looked_for());
  return files;
}

}  // namespace

std::vector<std::string> find_pictures(const std::string& path, bool recursive) {
  if (path.empty())
    throw std::runtime_error("the path is empty: give a picture, a folder, or a pattern such as photos/*.jpg");
  base::check_readable(path);
  if (fs::is_directory(path)) {
    auto files = list(path, recursive, [](const fs::path& file) { return has_picture_extension(file.string()); });
    if (files.empty()) {
      throw std::runtime_error("no picture in '" + path + "': looked for " + looked_for() +
                               (recursive ? "" : "; `recursive: true` looks into the folders below"));
    }
    return files;
  }
  if (fs::exists(path)) return {path};
  if (has_wildcard(path)) return match(path, recursive);
  throw std::runtime_error(base::not_there(path));
}

}  // namespace imaging
