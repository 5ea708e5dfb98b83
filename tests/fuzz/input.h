// SPDX-License-Identifier: MIT
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

/// What the fuzzers have in common. Each calls a reader on whatever bytes it is given, and catches what the reader says
/// that it throws; whatever else comes out is a finding.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Several texts of one input: a record separator (U+001E) ends each but the last. Those that are not there are empty.
template <std::size_t count>
std::array<std::string_view, count> parts_of(std::string_view input) {
  std::array<std::string_view, count> parts{};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = i + 1 == count ? std::string_view::npos : input.find('\x1e');
    parts[i] = input.substr(0, end);
    if (end == std::string_view::npos) break;
    input.remove_prefix(end + 1);
  }
  return parts;
}

/// What has to hold whatever the input is.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// A file in memory, for readers that take a path.
class File {
 public:
  File() : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)), path_("/proc/self/fd/" + std::to_string(descriptor_)) {
    require(descriptor_ >= 0, "there is memory for a file");
  }
  ~File() { close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const std::string& write(std::string_view bytes) const {
    const bool whole = ftruncate(descriptor_, 0) == 0 && lseek(descriptor_, 0, SEEK_SET) == 0 &&
                       ::write(descriptor_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
    require(whole, "there is memory for a file");
    return path_;
  }

 private:
  int descriptor_;
  std::string path_;
};

/// A folder in memory, for readers that take one.
class Folder {
 public:
  Folder() : path_("/dev/shm/decoupage-fuzz-" + std::to_string(getpid())) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// No file where there is nothing to write.
  void write(const std::string& name, std::string_view bytes) const {
    if (bytes.empty()) std::filesystem::remove(path_ / name);
    else std::ofstream(path_ / name, std::ios::binary) << bytes;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace fuzz
