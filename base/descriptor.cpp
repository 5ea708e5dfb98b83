// SPDX-License-Identifier: MIT
#include "base/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/fault_injection.h"
#include "base/file_error.h"

namespace base {
namespace {

/// An operation that may be cut short by a signal, again until it is not.
template <class Operation>
ssize_t unbroken(Operation operation) {
  ssize_t result = 0;
  do result = operation();
  while (result < 0 && errno == EINTR);
  return result;
}

/// `write` is given what is left and how much was written.
template <class Write>
void write_pieces(std::span<const std::byte> bytes, const std::string& path, Write write) {
  if (const int error = injection::strike("write", path)) throw_file_error("write", path, error);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = unbroken([&] { return write(bytes.subspan(done), done); });
    if (n <= 0) throw_file_error("write", path, n < 0 ? errno : EIO);
    done += static_cast<std::size_t>(n);
  }
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  close_now();
}

int Descriptor::release() {
  return std::exchange(number_, -1);
}

int Descriptor::close_now() {
  const int number = release();
  return number >= 0 && close(number) != 0 ? errno : 0;
}

Descriptor open_file(const std::filesystem::path& path, int flags) {
  return Descriptor(open(path.c_str(), flags | O_CLOEXEC, 0666));
}

Descriptor open_file_in(const Descriptor& folder, const std::string& name, int flags) {
  return Descriptor(openat(folder.get(), name.c_str(), flags | O_CLOEXEC, 0666));
}

Descriptor open_folder(const std::filesystem::path& path) {
  return open_file(path.empty() ? "." : path, O_RDONLY | O_DIRECTORY);
}

ssize_t read_some(const Descriptor& file, std::span<char> bytes) {
  return unbroken([&] { return read(file.get(), bytes.data(), bytes.size()); });
}

ssize_t read_some_at(const Descriptor& file, std::span<char> bytes, std::size_t offset) {
  return unbroken([&] { return pread(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
}

void write_all(const Descriptor& file, std::span<const std::byte> bytes, const std::string& path) {
  write_pieces(bytes, path, [&](std::span<const std::byte> left, std::size_t /*done*/) {
    return write(file.get(), left.data(), left.size());
  });
}

void write_all_at(const Descriptor& file, std::span<const std::byte> bytes, std::size_t offset,
                  const std::string& path) {
  write_pieces(bytes, path, [&](std::span<const std::byte> left, std::size_t done) {
    return pwrite(file.get(), left.data(), left.size(), static_cast<off_t>(offset + done));
  });
}

void sync(const Descriptor& file, const std::string& path) {
  // Pipes and some file systems know no syncing; what they keep is theirs to say.
  const int error = injection::attempt("sync", path, [&] { return fdatasync(file.get()); });
  if (error && error != EINVAL && error != ENOSYS) throw_file_error("write", path, error);
}

}  // namespace base
