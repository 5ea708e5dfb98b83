// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>

#include "base/file_error.h"
#include "observers/record/journal.h"

namespace observers {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 100;  // bytes; file systems take 255

std::string folder_name(const std::string& graph_name) {
  std::string name = graph_name.substr(0, kLongestName);
  if (name.size() < graph_name.size()) {
    // Not in the middle of a UTF-8 character.
    while (!name.empty() && (static_cast<unsigned char>(graph_name[name.size()]) & 0xC0) == 0x80) name.pop_back();
  }
  for (char& c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && !std::isalnum(byte) && c != '.' && c != '_') c = '-';
  }
  if (!name.empty() && name.front() == '.') name.front() = '-';
  return name.empty() ? "run" : name;
}

/// The number at the end of "<name>-0012", or 0.
int number_of(const std::string& folder, const std::string& name) {
  if (folder.size() < name.size() + 5 || folder.compare(0, name.size() + 1, name + "-") != 0) return 0;
  int number = 0;
  const char* begin = folder.data() + name.size() + 1;
  const char* end = folder.data() + folder.size();
  const auto [stopped, error] = std::from_chars(begin, end, number);
  return error == std::errc{} && stopped == end && std::isdigit(static_cast<unsigned char>(*begin)) ? number : 0;
}

/// The highest number among the folders that qualify; 0: none.
template <class Qualifies>
int highest(const std::string& root, const std::string& name, Qualifies qualifies) {
  int most = 0;
  std::error_code error;
  for (fs::directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    if (qualifies(it->path())) most = std::max(most, number_of(it->path().filename().string(), name));
  }
  return most;
}

std::string numbered(const std::string& root, const std::string& name, int number) {
  std::array<char, 16> digits{};
  std::snprintf(digits.data(), digits.size(), "%04d", number);
  return (fs::path(root) / (name + "-" + digits.data())).string();
}

}  // namespace

std::string default_output_dir(const std::string& graph_name, const std::string& root) {
  std::error_code error;
  fs::create_directories(root, error);
  if (error) base::throw_file_error("make the output folder", root, error.value());
  const std::string name = folder_name(graph_name);
  int number = highest(root, name, [](const fs::path&) { return true; });
  while (true) {
    const std::string folder = numbered(root, name, ++number);
    if (mkdir(folder.c_str(), 0777) == 0) return folder;
    if (errno != EEXIST) base::throw_file_error("make the output folder", folder, errno);
  }
}

std::optional<std::string> last_output_dir(const std::string& graph_name, const std::string& root) {
  const std::string name = folder_name(graph_name);
  const int number = highest(root, name, [](const fs::path& path) { return fs::exists(path / "run.json"); });
  if (number == 0) return std::nullopt;
  return numbered(root, name, number);
}

}  // namespace observers
