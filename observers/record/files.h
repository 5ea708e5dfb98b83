// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/file_error.h"

/// What the readers do with files beyond streams. Errors are std::runtime_error naming path and reason.
namespace observers {

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

 private:
  int number_ = -1;
};

using base::throw_file_error;

enum class Lock { kTaken, kHeldByOther, kUnknown };  ///< unknown: some network file systems have no locks
enum class LockKind { kShared, kExclusive };
/// Never waits. A lock ends with the descriptor.
Lock try_lock(const Descriptor& file, LockKind kind);

/// Makes a folder that files can be written into. Throws: it cannot be made, or not be written into.
void make_output_folder(const std::string& folder);

/// A name for a file that is to become `path`: ".<name>.<random>.part" in its folder.
std::string part_name(const std::string& path);
/// Whether a file's name (without folder) is one that part_name makes, or the engine for its outputs.
bool is_part_name(const std::string& name);

/// All of the text in one write(2), so that other writers cannot come between.
void write_whole(const Descriptor& file, const std::string& text, const std::string& path);
void sync(const Descriptor& file, const std::string& path);
/// Writes, syncs and renames, so that `path` has the old text or the new one at any moment.
void write_atomically(const std::string& path, const std::string& text);
/// Empty when there is no such file.
std::optional<std::string> read_text(const std::string& path);

/// Whether a relative path, taken from a folder, stays below it.
bool is_below(const std::string& path);

/// Size and CRC-32 (zlib's) of a file as it is on the disk.
struct FileDigest {
  std::uint64_t bytes = 0;
  std::uint32_t crc32 = 0;
  bool operator==(const FileDigest&) const = default;
};
/// Empty when the file cannot be read or is not a file.
std::optional<FileDigest> digest_of(const std::string& path);
std::uint32_t crc32_of(const std::string& text);

}  // namespace observers
