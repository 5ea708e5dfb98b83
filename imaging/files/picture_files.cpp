// SPDX-License-Identifier: MIT
#include "imaging/files/picture_files.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <span>
#include <stdexcept>

#include "base/names.h"
#include "base/reading.h"
#include "imaging/files/picture.h"
#include "imaging/files/picture_kinds.h"

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

/// What is found, and what is to be told of it.
struct Found {
  std::vector<std::string> files{}, passed_over{}, animated{};
};

/// By its first bytes. A file that cannot be read is nobody's: whoever reads it says why.
PictureKind kind_of_file(const std::string& path) {
  try {
    const base::Descriptor file = base::open_to_read(path);
    std::array<char, kKindBytes> head{};
    const ssize_t size = base::read_some_at(file, head, 0);
    if (size == 0) return {"empty"};
    return kind_of(std::as_bytes(std::span(head).first(static_cast<std::size_t>(std::max<ssize_t>(size, 0)))));
  } catch (const base::FileError&) {
    return {"", true};
  }
}

/// Takes a file, or notes why not.
void sort_out(const fs::path& file, bool wanted, Found& found) {
  const std::string name = file.filename().string(), leftover = leftover_of(name);
  const auto pass_over = [&](const std::string& why) { found.passed_over.push_back(name + " (" + why + ")"); };
  if (!leftover.empty()) {
    if (wanted) pass_over("of " + leftover);
    return;
  }
  if (!wanted) {
    if (const std::string kind = unreadable_by_name(name); !kind.empty()) pass_over(kind);
    return;
  }
  const PictureKind kind = kind_of_file(file.string());
  if (!kind.readable) return pass_over(kind.name.empty() ? "not a picture" : kind.name);
  if (kind.is_animated) found.animated.push_back(name);
  found.files.push_back(file.string());
}

bool is_folder_of_leftovers(const fs::path& path) {
  return !leftover_of(path.filename().string()).empty();
}

template <class Iterator>
std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  auto entry = Iterator(folder, error);
  for (; !error && entry != Iterator(); entry.increment(error)) {
    std::error_code gone;  // a link to nowhere is not a file
    if (entry->is_regular_file(gone)) files.push_back(entry->path());
    if constexpr (std::is_same_v<Iterator, fs::recursive_directory_iterator>) {
      if (is_folder_of_leftovers(entry->path()) && entry->is_directory(gone)) entry.disable_recursion_pending();
    }
  }
  if (error) throw std::runtime_error("folder '" + folder.string() + "' cannot be read: " + error.message());
  std::ranges::sort(files, {}, [](const fs::path& path) { return path.string(); });
  return files;
}

/// `may` says which names are asked for; of these the ones that are named as pictures are taken.
Found list(const fs::path& folder, bool recursive, const Wanted& may) {
  Found found;
  for (const fs::path& file :
       recursive ? files_in<fs::recursive_directory_iterator>(folder) : files_in<fs::directory_iterator>(folder)) {
    if (may(file)) sort_out(file, has_picture_extension(file.string()), found);
  }
  return found;
}

std::string list_of(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 5;
  std::vector<std::string> some(names.begin(),
                                names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kMost)));
  return base::joined(some) + (names.size() > kMost ? " and " + std::to_string(names.size() - kMost) + " more" : "");
}

std::string notice_of(const std::string& path, const Found& found) {
  std::string text;
  if (!found.passed_over.empty()) text = "passed over " + list_of(found.passed_over);
  if (!found.animated.empty())
    text += (text.empty() ? "" : "; ") + std::string("animated, of which the first picture is taken: ") +
            list_of(found.animated);
  return text.empty() ? text : path + ": " + text;
}

/// Ends in what was passed over, so that it is clear why nothing is left.
std::string why_none(const Found& found) {
  return found.passed_over.empty() ? "" : "; passed over " + list_of(found.passed_over);
}

Found match(const fs::path& path, bool recursive) {
  const std::string pattern = path.filename().string();
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (has_wildcard(folder.string())) {
    throw std::runtime_error("'" + path.string() +
                             "': wildcards may stand in the last part only; `recursive: true` looks "
                             "into the folders below");
  }
  if (!fs::is_directory(folder))
    throw std::runtime_error("no folder '" + folder.string() + "', where '" + pattern + "' was looked for");
  Found found = list(folder, recursive, [&](const fs::path& file) {
    return fnmatch(pattern.c_str(), file.filename().c_str(), FNM_PERIOD) == 0;
  });
  if (found.files.empty())
    throw std::runtime_error("no picture matches '" + path.string() + "': looked for " + looked_for() +
                             why_none(found));
  return found;
}

/// A file that is named is wanted, so that nothing is passed over.
Found one(const std::string& path) {
  const PictureKind kind = fs::is_regular_file(path) ? kind_of_file(path) : PictureKind{"", true};
  const std::string by_name = unreadable_by_name(path);
  // A camera's raw file begins as a TIFF, whose first picture is a small one for looking at.
  const bool raw = kind.name == "TIFF" && !by_name.empty();
  if (!kind.readable || raw) {
    const std::string& name = raw || kind.name.empty() ? by_name : kind.name;
    throw std::runtime_error(path + ": not a picture that can be read" + (name.empty() ? "" : " (" + name + ")") +
                             ": " + readable_kinds() + " can");
  }
  Found found;
  found.files = {path};
  if (kind.is_animated) found.animated = {fs::path(path).filename().string()};
  return found;
}

Found find(const std::string& path, bool recursive) {
  if (path.empty())
    throw std::runtime_error("the path is empty: give a picture, a folder, or a pattern such as photos/*.jpg");
  base::check_readable(path);
  if (fs::is_directory(path)) {
    Found found = list(path, recursive, [](const fs::path&) { return true; });
    if (!found.files.empty()) return found;
    throw std::runtime_error("no picture in '" + path + "': looked for " + looked_for() +
                             (recursive ? "" : "; `recursive: true` looks into the folders below") + why_none(found));
  }
  if (fs::exists(path)) return one(path);
  if (has_wildcard(path)) return match(path, recursive);
  throw std::runtime_error(base::not_there(path));
}

}  // namespace

std::vector<std::string> find_pictures(const std::string& path, bool recursive, std::string* notice) {
  Found found = find(path, recursive);
  if (notice) *notice = notice_of(path, found);
  return std::move(found.files);
}

}  // namespace imaging
