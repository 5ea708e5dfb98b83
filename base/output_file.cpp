// SPDX-License-Identifier: MIT
#include "base/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/fault_injection.h"
#include "base/file_error.h"

namespace base {
namespace {

namespace fs = std::filesystem;

/// A file descriptor that closes itself.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() { close_now(); }
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
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
  if (const int error = base::injection::strike("write", path.native())) return error;
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : EIO;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return 0;
}

std::string temporary_name(const std::string& name) {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  return "." + name + "." + std::to_string(random() % 1'000'000'000) + ".part";
}

fs::path checked(const std::string& name) {
  const fs::path path = fs::path(name).lexically_normal();
  if (name.empty() || name.find('\0') != std::string::npos || path.is_absolute() || path.begin()->string() == ".." ||
      !path.has_filename() || path.filename() == ".") {
    throw std::runtime_error("'" + name + "' is not a file name below the output folder");
  }
  return path;
}

/// The folder that `relative` is to lie in, made where it is not there. It is gone down to folder by folder, each
/// opened in the one above and never through a link: a link that was put there, even meanwhile, leads nowhere.
File open_parent(const fs::path& folder, const fs::path& relative) {
  constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw_file_error("make the folder", folder, error.value());
  File parent(open(folder.empty() ? "." : folder.c_str(), kFolder));
  if (parent.fd() < 0) throw_file_error("open the folder", folder, errno);
  fs::path place = folder;
  for (const fs::path& part : relative.parent_path()) {
    place /= part;
    if (mkdirat(parent.fd(), part.c_str(), 0777) != 0 && errno != EEXIST)
      throw_file_error("make the folder", place, errno);
    const int fd = openat(parent.fd(), part.c_str(), kFolder | O_NOFOLLOW);
    const int why = errno;
    struct stat status {};
    if (fd < 0 && fstatat(parent.fd(), part.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode)) {
      throw std::runtime_error("cannot write '" + (folder / relative).string() + "': '" + place.string() +
                               "' is a link, which could lead out of the output folder; put a folder in its place, or "
                               "choose another --output-dir");
    }
    if (fd < 0) throw_file_error("make the folder", place, why);
    parent = File(fd);
  }
  return parent;
}

}  // namespace

std::string write_output_file(const std::string& folder, const std::string& name, std::span<const std::byte> bytes) {
  const fs::path relative = checked(name);
  const fs::path path = fs::path(folder) / relative;
  const File parent = open_parent(folder, relative);
  const std::string final_name = relative.filename().string();
  const std::string temporary = temporary_name(final_name);
  File file(openat(parent.fd(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (file.fd() < 0) throw_file_error("write", path, errno);
  int error = write_all(file.fd(), bytes, path);
  if (!error) error = base::injection::attempt("sync", path.native(), [&] { return fsync(file.fd()); });
  if (file.close_now() != 0 && !error) error = errno;
  if (!error) {
    // Where the name is a link, the link is what is replaced.
    error = base::injection::attempt("rename", path.native(), [&] {
      return renameat(parent.fd(), temporary.c_str(), parent.fd(), final_name.c_str());
    });
  }
  if (error) {
    unlinkat(parent.fd(), temporary.c_str(), 0);
    throw_file_error("write", path, error);
  }
  // Without this a crash of the machine could forget the name though the bytes are there.
  fsync(parent.fd());
  return relative.string();
}

}  // namespace base
