// SPDX-License-Identifier: MIT
#include "base/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/atomic_file.h"
#include "base/file_error.h"
#include "base/utf8.h"

namespace base {
namespace {

namespace fs = std::filesystem;

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
Descriptor open_parent(const fs::path& folder, const fs::path& relative) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw_file_error("make the folder", folder, error.value());
  Descriptor parent = open_folder(folder);
  if (!parent) throw_file_error("open the folder", folder, errno);
  fs::path place = folder;
  for (const fs::path& part : relative.parent_path()) {
    place /= part;
    if (mkdirat(parent.get(), part.c_str(), 0777) != 0 && errno != EEXIST)
      throw_file_error("make the folder", place, errno);
    Descriptor next = open_file_in(parent, part.string(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    const int why = errno;
    struct stat status {};
    if (!next && fstatat(parent.get(), part.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode)) {
      throw std::runtime_error("cannot write '" + (folder / relative).string() + "': '" + place.string() +
                               "' is a link, which could lead out of the output folder; put a folder in its place, or "
                               "choose another --output-dir");
    }
    if (!next) throw_file_error("make the folder", place, why);
    parent = std::move(next);
  }
  return parent;
}

}  // namespace

std::string write_output_file(const std::string& folder, const std::string& name, std::span<const std::byte> bytes) {
  const fs::path relative = checked(name);
  AtomicFile file(open_parent(folder, relative), relative.filename().string(), fs::path(folder) / relative);
  file.write(bytes);
  file.finish();
  return relative.string();
}

std::string file_key(const std::string& path) {
  return folded(fs::path(path).lexically_normal().string());
}

std::string name_too_long(const std::string& path) {
  for (const fs::path& part : fs::path(path)) {
    const std::string& name = part.native();
    if (name.size() > NAME_MAX)
      return "'" + std::string(start_of(name, 40)) + "…' has " + std::to_string(name.size()) +
             " bytes, and a file's name may have " + std::to_string(NAME_MAX);
  }
  return "";
}

bool is_record_name(const std::string& path) {
  const std::string name = file_key(path);
  const fs::path normal(name);
  const bool journal = name.starts_with("items") && name.ends_with(".jsonl") && !normal.has_parent_path();
  return name == "run.json" || journal || name == "runs" || name.starts_with("runs/") || name == ".state" ||
         name == "scalars" || name.starts_with("scalars/") || name.starts_with(".state/") ||
         is_part_name(normal.filename().string());
}

}  // namespace base
