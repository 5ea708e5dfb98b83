// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/limits.h"

/// What this process may read, and reading a file that may be anybody's. Thread-safe, but for allow_reading_only().
namespace base {

/// A file that cannot be read or is not what it should be. The text begins with the file's path.
class FileError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// From now on nothing is read for a graph but these files, and what lies below these folders; links are followed
/// first. For a graph that may be anybody's: `decoupage rerun`. Called before anything is read.
void allow_reading_only(const std::vector<std::filesystem::path>& places);

/// Throws FileError that names the cure when reading is confined and `path`, links followed, lies outside.
void check_readable(const std::filesystem::path& path);

/// Whether a path lies in a folder or is it, links followed.
bool lies_in(const std::filesystem::path& path, const std::filesystem::path& folder);

/// "no file or folder 'photos'", with the whole path that it means, how much of that is there, and what relative paths
/// count from.
std::string not_there(const std::filesystem::path& path);

/// Opens a file to read. What was opened is what is checked, so that a link that changes meanwhile is not a way out.
/// Throws FileError: not there, not readable, no file (but a folder, a pipe).
Descriptor open_to_read(const std::filesystem::path& path);

/// All of a file. Throws FileError as open_to_read, and for a file of more than `most` bytes, which names the limit.
std::string read_file(const std::filesystem::path& path, Limit limit, std::uint64_t most);
inline std::string read_file(const std::filesystem::path& path, Limit limit) {
  return read_file(path, limit, limit.most());
}

/// Gives `take` all of an open file, piece by piece. Throws FileError that begins with `path`.
void read_pieces(const Descriptor& file, const std::filesystem::path& path,
                 const std::function<void(std::string_view)>& take);

/// Throws FileError that begins with `name` when objects and lists of a JSON text are nested deeper than json-depth:
/// what goes down through them by recursion would run out of stack.
void check_json_depth(std::string_view text, const std::string& name);

}  // namespace base
