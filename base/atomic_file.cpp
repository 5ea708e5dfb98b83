// SPDX-License-Identifier: MIT
#include "base/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <random>
#include <utility>

#include "base/fault_injection.h"
#include "base/file_error.h"
#include "base/utf8.h"

namespace base {
namespace {

constexpr std::string_view kPart = ".part";

/// File systems take 255 bytes.
constexpr std::size_t kMostOfName = 200;

/// Of a long name its start, so that whatever can have a name can be written.
std::string part_name(const std::string& name) {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  std::array<char, 9> digits{};
  std::snprintf(digits.data(), digits.size(), "%08" PRIx32, static_cast<std::uint32_t>(random()));
  return "." + std::string(start_of(name, kMostOfName)) + "." + digits.data() + std::string(kPart);
}

/// Gives the part the name; `path` is for messages.
void take_name(const Descriptor& folder, const std::string& part, const std::string& name, const std::string& path) {
  const int error = injection::attempt(
      "rename", path, [&] { return renameat(folder.get(), part.c_str(), folder.get(), name.c_str()); });
  if (error) throw_file_error("write", path, error);
  // Without this a crash of the machine could forget the name though the bytes are there. Not all file systems offer
  // it.
  fsync(folder.get());
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& path)
    : path_(path.string()),
      name_(path.filename().string()),
      part_(part_name(name_)),
      folder_(open_folder(path.parent_path())) {
  open();
}

AtomicFile::AtomicFile(Descriptor folder, const std::string& name, const std::filesystem::path& path)
    : path_(path.string()), name_(name), part_(part_name(name)), folder_(std::move(folder)) {
  open();
}

void AtomicFile::open() {
  if (folder_) file_ = open_file_in(folder_, part_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
  if (!file_) throw_file_error("write", path_, errno);
}

AtomicFile::~AtomicFile() {
  if (!part_.empty()) unlinkat(folder_.get(), part_.c_str(), 0);
}

void AtomicFile::write_at(std::span<const std::byte> bytes, std::size_t offset) {
  write_all_at(file_, bytes, offset, path_);
}

void AtomicFile::finish() {
  sync(file_, path_);
  if (const int error = file_.close_now()) throw_file_error("write", path_, error);
  take_name(folder_, part_, name_, path_);
  part_.clear();
}

void write_atomically(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.finish();
}

bool link_atomically(const std::filesystem::path& from, const std::filesystem::path& to) {
  const Descriptor folder = open_folder(to.parent_path());
  const std::string name = to.filename().string(), part = part_name(name);
  if (!folder || linkat(AT_FDCWD, from.c_str(), folder.get(), part.c_str(), 0) != 0) return false;
  try {
    take_name(folder, part, name, to.string());
  } catch (...) {
    unlinkat(folder.get(), part.c_str(), 0);
    throw;
  }
  // Two names of one file already: then rename(2) does nothing, and the part is still there.
  unlinkat(folder.get(), part.c_str(), 0);
  return true;
}

bool is_part_name(std::string_view name) {
  if (!name.starts_with('.') || !name.ends_with(kPart)) return false;
  name.remove_suffix(kPart.size());
  const std::size_t dot = name.rfind('.');
  if (dot == 0 || dot == std::string_view::npos || dot + 1 == name.size()) return false;
  return std::ranges::all_of(name.substr(dot + 1), [](unsigned char c) { return std::isalnum(c); });
}

}  // namespace base
