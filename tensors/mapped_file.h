// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>

namespace tensors {

struct MappedRange;

/// A whole file in memory, read-only. Its pages are read when someone looks at them, and belong to the system's cache.
/// When the file is made shorter meanwhile, or its disk fails, there is nothing to look at, and the process gets a
/// SIGBUS: see end_when_pages_are_lost(). A file that is replaced by another of its name stays as it was.
class MappedFile {
 public:
  /// Throws FileError: it cannot be read, or is not a file.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  char* data() const { return static_cast<char*>(data_); }
  std::uint64_t size() const { return size_; }

  /// Advice on the pages that lie wholly within a range (`inner`) or touch it.
  void advise(std::uint64_t begin, std::uint64_t end, int advice, bool inner) const;

 private:
  void* data_ = nullptr;  ///< null: the file is empty
  std::uint64_t size_ = 0;
  MappedRange* range_ = nullptr;
};

/// From now on the process ends with this code, and says which file it was, when a page of a MappedFile is lost. A
/// handler of signals: main() may call it, a library may not.
void end_when_pages_are_lost(int code);

}  // namespace tensors
