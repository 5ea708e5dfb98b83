// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/descriptor.h"

namespace base {

/// A file that is whole or not there: it is written to `.NAME.RANDOM.part` beside its place, and finish() syncs it,
/// renames it over what has its name (a link is replaced, not followed) and syncs the folder. Not thread-safe, but for
/// write_at() of parts that do not overlap.
///
/// Each step may fail on order ("write", "sync", "rename"; base/fault_injection.h), with the final path for a place.
/// All functions throw std::runtime_error that names the final path and the reason.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  /// A name in an open folder; `path` is what messages call the file.
  AtomicFile(Descriptor folder, const std::string& name, const std::filesystem::path& path);
  /// Removes what is not finished.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Behind what was written by write().
  void write(std::span<const std::byte> bytes) { write_at(bytes, end_), end_ += bytes.size(); }
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  void write_at(std::span<const std::byte> bytes, std::size_t offset);
  /// Once, when all is written.
  void finish();

 private:
  void open();

  std::string path_, name_, part_;
  Descriptor folder_, file_;
  std::size_t end_ = 0;
};

/// All at once.
void write_atomically(const std::filesystem::path& path, std::string_view text);

/// Makes `to` another name of the file `from`, over what has the name. False where the file system cannot do that
/// (another disk, no links). Throws std::runtime_error as AtomicFile::finish().
bool link_atomically(const std::filesystem::path& from, const std::filesystem::path& to);

/// Whether a file's name (without folder) is one under which an AtomicFile is written: a crash may leave it.
bool is_part_name(std::string_view name);

}  // namespace base
