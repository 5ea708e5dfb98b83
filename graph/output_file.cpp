// SPDX-License-Identifier: MIT
#include "graph/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <system_error>

#include "faults/faults.h"
#include "graph/file_error.h"

namespace graph {
namespace {

namespace fs = std::filesystem;

/// A file descriptor that closes itself.
class File {
 public:
  File(const fs::path& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~File() { close_now(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }
  int close_now() {
    const int result = fd_ >= 0 ? close(fd_) : 0;
    fd_ = -1;
    return result;
  }

 private:
  int fd_;
};

/// 0, or errno.
int write_all(int fd, std::span<const std::byte> bytes, const fs::path& path) {
  if (const int error = faults::strike("write", path.native())) return error;
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : EIO;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return 0;
}

fs::path temporary_beside(const fs::path& path) {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  return path.parent_path() /
         ("." + path.filename().string() + "." + std::to_string(random() % 1'000'000'000) + ".part");
}

fs::path checked(const std::string& name) {
  const fs::path path = fs::path(name).lexically_normal();
  if (name.empty() || path.is_absolute() || path.begin()->string() == ".." || !path.has_filename() ||
      path.filename() == ".") {
    throw std::runtime_error("'" + name + "' is not a file name below the output folder");
  }
  return path;
}

}  // namespace

std::string write_output_file(const std::string& folder, const std::string& name, std::span<const std::byte> bytes) {
  const fs::path relative = checked(name);
  const fs::path path = fs::path(folder) / relative;
  std::error_code made;
  fs::create_directories(path.parent_path(), made);
  if (made) throw_file_error("make the folder", path.parent_path(), made.value());

  const fs::path temporary = temporary_beside(path);
  File file(temporary, O_WRONLY | O_CREAT | O_EXCL);
  if (file.fd() < 0) throw_file_error("write", path, errno);
  int error = write_all(file.fd(), bytes, path);
  if (!error) error = faults::attempt("sync", path.native(), [&] { return fsync(file.fd()); });
  if (file.close_now() != 0 && !error) error = errno;
  if (!error) error = faults::attempt("rename", path.native(), [&] { return rename(temporary.c_str(), path.c_str()); });
  if (error) {
    unlink(temporary.c_str());
    throw_file_error("write", path, error);
  }
  // Without this a crash of the machine could forget the name though the bytes are there.
  const File parent(path.parent_path().empty() ? fs::path(".") : path.parent_path(), O_RDONLY | O_DIRECTORY);
  if (parent.fd() >= 0) fsync(parent.fd());
  return relative.string();
}

}  // namespace graph
