// SPDX-License-Identifier: MIT
#include "observers/record/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/fault_injection.h"
#include "base/reading.h"

namespace observers {
namespace {

constexpr const char* kPart = ".part";
constexpr std::size_t kReadBytes = 1 << 18;

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this == &other) return *this;
  if (number_ >= 0) close(number_);
  number_ = other.release();
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

int Descriptor::release() {
  return std::exchange(number_, -1);
}

Lock try_lock(const Descriptor& file, LockKind kind) {
  int result = 0;
  do result = flock(file.get(), (kind == LockKind::kShared ? LOCK_SH : LOCK_EX) | LOCK_NB);
  while (result != 0 && errno == EINTR);
  if (result == 0) return Lock::kTaken;
  return errno == EWOULDBLOCK ? Lock::kHeldByOther : Lock::kUnknown;
}

void make_output_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) base::throw_file_error("make the output folder", folder, error.value());
  if (access(folder.c_str(), W_OK | X_OK) != 0) base::throw_file_error("write into the output folder", folder, errno);
}

std::string part_name(const std::string& path) {
  std::random_device random;
  std::array<char, 9> text{};
  std::snprintf(text.data(), text.size(), "%08x", static_cast<unsigned>(random()));
  const std::filesystem::path whole(path);
  return (whole.parent_path() / ("." + whole.filename().string() + "." + text.data() + kPart)).string();
}

bool is_part_name(const std::string& name) {
  const std::size_t tail = std::strlen(kPart);
  if (name.size() < tail + 4 || name.front() != '.' || name.compare(name.size() - tail, tail, kPart) != 0) return false;
  const std::size_t dot = name.rfind('.', name.size() - tail - 1);
  if (dot == 0 || dot == std::string::npos) return false;
  const std::string random = name.substr(dot + 1, name.size() - tail - dot - 1);
  return !random.empty() && std::all_of(random.begin(), random.end(), [](unsigned char c) { return std::isalnum(c); });
}

void write_whole(const Descriptor& file, const std::string& text, const std::string& path) {
  if (const int error = base::injection::strike("write", path)) base::throw_file_error("write", path, error);
  ssize_t written = 0;
  do written = write(file.get(), text.data(), text.size());
  while (written < 0 && errno == EINTR);
  if (written < 0) base::throw_file_error("write", path, errno);
  // A full disk takes a part of it.
  if (static_cast<std::size_t>(written) != text.size()) base::throw_file_error("write", path, ENOSPC);
}

void sync(const Descriptor& file, const std::string& path) {
  // Pipes and some file systems know no syncing; what they keep is theirs to say.
  const int error = base::injection::attempt("sync", path, [&] { return fdatasync(file.get()); });
  if (error && error != EINVAL && error != ENOSYS) base::throw_file_error("write", path, error);
}

void write_atomically(const std::string& path, const std::string& text) {
  const std::string part = part_name(path);
  try {
    const Descriptor file(open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!file) base::throw_file_error("write", path, errno);
    write_whole(file, text, path);
    sync(file, path);
    const int error = base::injection::attempt("rename", path, [&] { return std::rename(part.c_str(), path.c_str()); });
    if (error) base::throw_file_error("write", path, error);
  } catch (...) {
    unlink(part.c_str());
    throw;
  }
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const Descriptor parent(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent) fsync(parent.get());  // makes the rename last through a power cut; not all file systems offer it
}

std::optional<std::string> read_text(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  return base::read_file(path, "record-bytes");
}

bool is_below(const std::string& text) {
  const std::filesystem::path path = std::filesystem::path(text).lexically_normal();
  return !path.empty() && !path.is_absolute() && path.has_filename() && *path.begin() != ".." && path != "." &&
         text.find('\0') == std::string::npos;
}

std::optional<FileDigest> digest_of(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  if (base::injection::strike("read", path)) return std::nullopt;
  FileDigest digest;
  uLong crc = crc32(0, nullptr, 0);
  std::vector<unsigned char> buffer(kReadBytes);
  while (true) {
    const ssize_t got = read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    crc = crc32(crc, buffer.data(), static_cast<uInt>(got));
    digest.bytes += static_cast<std::uint64_t>(got);
  }
  digest.crc32 = static_cast<std::uint32_t>(crc);
  return digest;
}

std::uint32_t crc32_of(const std::string& text) {
  uLong crc = crc32(0, nullptr, 0);
  for (std::size_t at = 0; at < text.size(); at += kReadBytes) {
    const std::size_t part = std::min(kReadBytes, text.size() - at);
    crc = crc32(crc, reinterpret_cast<const Bytef*>(text.data() + at), static_cast<uInt>(part));
  }
  return static_cast<std::uint32_t>(crc);
}

}  // namespace observers
