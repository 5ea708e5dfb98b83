// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace base {

/// Writes `name` below `folder`, whole or not at all (base/atomic_file.h). Folders in `name` are made. Returns the path
/// below `folder`, normalised. Throws std::runtime_error that names the path and the reason; then nothing is left
/// behind. A name that is absolute or leaves the folder is refused, and so is one that goes through a link below the
/// folder.
std::string write_output_file(const std::string& folder, const std::string& name, std::span<const std::byte> bytes);

/// What tells a path below an output folder apart from others on every file system: normalised, and without the
/// difference between capital and small letters, and between ways to write an accent.
std::string file_key(const std::string& path);

/// Why no file system takes a path: a part of it is longer than 255 bytes. "" when that is not so.
std::string name_too_long(const std::string& path);

/// Whether a path below an output folder is one under which a run keeps its own record: run.json, items.jsonl and those
/// of shards, runs/… of a folder that runs share, .state/…, scalars/…, and what a write that has not ended is called.
bool is_record_name(const std::string& path);

}  // namespace base
