// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/descriptor.h"

/// What a run's record does with files. Errors are std::runtime_error naming path and reason.
namespace observers {

enum class Lock { kTaken, kHeldByOther, kUnknown };  ///< unknown: some network file systems have no locks
enum class LockKind { kShared, kExclusive };
/// Never waits. A lock ends with the descriptor.
Lock try_lock(const base::Descriptor& file, LockKind kind);

/// Makes a folder that files can be written into. Throws: it cannot be made, or not be written into.
void make_output_folder(const std::string& folder);

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
/// Empty when the file cannot be read or is not a file. What is read is given to `take`, too, piece by piece.
std::optional<FileDigest> digest_of(const std::string& path,
                                    const std::function<void(std::span<const std::byte>)>& take = {});
std::uint32_t crc32_of(const std::string& text);

}  // namespace observers
