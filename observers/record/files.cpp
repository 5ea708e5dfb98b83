// SPDX-License-Identifier: MIT
#include "observers/record/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "base/fault_injection.h"
#include "base/file_error.h"
#include "base/reading.h"

namespace observers {
namespace {

constexpr std::size_t kReadBytes = 1 << 18;

}  // namespace

Lock try_lock(const base::Descriptor& file, LockKind kind) {
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

std::optional<FileDigest> digest_of(const std::string& path,
                                    const std::function<void(std::span<const std::byte>)>& take) {
  const base::Descriptor file = base::open_file(path, O_RDONLY | O_NONBLOCK);  // a pipe would wait for its other end
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  if (base::injection::strike("read", path)) return std::nullopt;
  FileDigest digest;
  uLong crc = crc32(0, nullptr, 0);
  std::vector<char> buffer(kReadBytes);
  while (const ssize_t got = base::read_some(file, buffer)) {
    if (got < 0) return std::nullopt;
    const auto piece = std::span(buffer).first(static_cast<std::size_t>(got));
    crc = crc32(crc, reinterpret_cast<const Bytef*>(piece.data()), static_cast<uInt>(got));
    digest.bytes += static_cast<std::uint64_t>(got);
    if (take) take(std::as_bytes(piece));
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
