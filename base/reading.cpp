// SPDX-License-Identifier: MIT
#include "base/reading.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/fault_injection.h"

namespace base {
namespace {

namespace fs = std::filesystem;

/// Nothing: everything may be read.
std::optional<std::vector<fs::path>> allowed;

/// Links followed as far as the path is there.
fs::path real(const fs::path& path) {
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(fs::absolute(path, error), error);
  return error ? fs::absolute(path, error).lexically_normal() : canonical;
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const fs::path whole = folder.has_filename() ? folder : folder.parent_path();  // "photos/"
  return std::ranges::mismatch(whole, path).in1 == whole.end();
}

void check(const fs::path& real_path, const fs::path& path) {
  if (!allowed) return;
  if (std::ranges::any_of(*allowed, [&](const fs::path& place) { return is_below(real_path, place); })) return;
  std::error_code error;
  const fs::path place = fs::is_directory(real_path, error) ? real_path : real_path.parent_path();
  throw FileError(path.string() + ": lies outside of what may be read for a recipe, which may be anybody's; if you " +
                  "trust it: --allow-read " + place.string());
}

}  // namespace

void allow_reading_only(const std::vector<fs::path>& places) {
  allowed.emplace();
  for (const fs::path& place : places) {
    if (!place.empty()) allowed->push_back(real(place));
  }
}

void check_readable(const fs::path& path) {
  if (allowed) check(real(path), path);
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  return is_below(real(path), real(folder.empty() ? fs::path(".") : folder));
}

std::string not_there(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error).lexically_normal();
  fs::path folder = whole.parent_path();
  while (folder.has_relative_path() && !fs::is_directory(folder, error)) folder = folder.parent_path();
  std::string text = "no file or folder '" + path.string() + "'";
  if (whole != path) text += ", which means " + whole.string();
  if (folder != whole.parent_path()) text += "; of that there is only " + folder.string();
  return text + "; a relative path in a graph file counts from its folder, one in a flag from the working folder";
}

Descriptor open_to_read(const fs::path& path) {
  check_readable(path);
  const auto refuse = [&](const std::string& why) { throw FileError(path.string() + ": cannot be read: " + why); };
  Descriptor file = open_file(path, O_RDONLY | O_NONBLOCK);  // a pipe would wait for its other end
  if (!file) refuse(std::strerror(errno));
  struct stat status {};
  if (fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
    refuse(S_ISDIR(status.st_mode) ? "it is a folder" : "it is not a file");
  std::error_code error;
  const fs::path opened = fs::read_symlink("/proc/self/fd/" + std::to_string(file.get()), error);
  check(error ? real(path) : opened, path);
  if (const int wrong = base::injection::strike("read", path.native())) refuse(std::strerror(wrong));
  return file;
}

std::string read_file(const fs::path& path, Limit limit, std::uint64_t most) {
  const Descriptor file = open_to_read(path);
  const auto refuse = [&](const std::string& what) { throw FileError(path.string() + ": " + what); };
  struct stat status {};
  const std::uint64_t size = fstat(file.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  if (size > most) refuse("is " + std::to_string(size) + " bytes long, where it may have at most " + limit.text(most));
  std::string text(size, '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    const ssize_t n = read_some(file, std::span(text).subspan(got));
    if (n < 0) refuse(std::string("cannot be read: ") + std::strerror(errno));
    if (n == 0) refuse("has become shorter while it was read");
    got += static_cast<std::size_t>(n);
  }
  return text;
}

void read_pieces(const Descriptor& file, const fs::path& path, const std::function<void(std::string_view)>& take) {
  std::vector<char> piece(1 << 18);
  while (const ssize_t n = read_some(file, piece)) {
    if (n < 0) throw FileError(path.string() + ": cannot be read: " + std::strerror(errno));
    take({piece.data(), static_cast<std::size_t>(n)});
  }
}

void check_json_depth(std::string_view text, const std::string& name) {
  static constexpr Limit kDepth{"json-depth"};
  const std::uint64_t most = kDepth.most();
  std::uint64_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') ++i;
    else if (c == '"') quoted = !quoted;
    else if (!quoted && (c == ']' || c == '}')) depth -= depth > 0;
    else if (!quoted && (c == '[' || c == '{') && ++depth > most)
      throw FileError(name + ": objects and lists are nested deeper than " + kDepth.text());
  }
}

}  // namespace base
