// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace base {

/// An open file descriptor, closed at the end of its life; -1: none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  int release();
  /// 0, or the errno: some file systems say only now that what was written did not find room.
  int close_now();

 private:
  int number_ = -1;
};

/// open(2) with O_CLOEXEC, for what is neither read for a graph (base/reading.h) nor written whole
/// (base/atomic_file.h): locks, journals, plugins. A file that is made may be read and written by all whom the umask
/// lets. None: see errno.
Descriptor open_file(const std::filesystem::path& path, int flags);
/// The same of a name in an open folder.
Descriptor open_file_in(const Descriptor& folder, const std::string& name, int flags);
/// To lock it, sync it, or open files in it; "" is the working folder.
Descriptor open_folder(const std::filesystem::path& path);

/// As read(2) and pread(2), but goes on after a signal: how many bytes were read, fewer than `bytes` only at the end of
/// the file or, of a pipe, when no more are there yet; 0 at the end; -1: see errno.
ssize_t read_some(const Descriptor& file, std::span<char> bytes);
ssize_t read_some_at(const Descriptor& file, std::span<char> bytes, std::size_t offset);

/// Writes all of it behind what was written before, in one write(2) where the system takes it all, so that lines of
/// other writers cannot come between. `path` is for messages and for failures on order ("write";
/// base/fault_injection.h). Throws std::runtime_error that names path and reason.
void write_all(const Descriptor& file, std::span<const std::byte> bytes, const std::string& path);
/// The same at an offset, whatever was written before.
void write_all_at(const Descriptor& file, std::span<const std::byte> bytes, std::size_t offset,
                  const std::string& path);

/// Waits until what was written is on the disk ("sync"). Throws as write_all.
void sync(const Descriptor& file, const std::string& path);

}  // namespace base
