// SPDX-License-Identifier: MIT
#include "observers/record/name_registry.h"

#include <fcntl.h>
#include <sys/file.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <span>
#include <stdexcept>

#include "base/file_error.h"
#include "base/output_file.h"
#include "observers/json.h"
#include "observers/record/item_records.h"
#include "observers/record/run_places.h"
#include "observers/wording.h"

namespace observers {
namespace {

namespace fs = std::filesystem;

/// Held while a name is looked up and written: between processes. Where files cannot be locked, names go in as they
/// come.
class FileLock {
 public:
  explicit FileLock(const base::Descriptor& file) : file_(file) { flock(file_.get(), LOCK_EX); }
  ~FileLock() { flock(file_.get(), LOCK_UN); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  const base::Descriptor& file_;
};

}  // namespace

NameRegistry::NameRegistry(const std::string& folder, int number, bool overwrite)
    : folder_(folder),
      file_path_((fs::path(folder) / "runs" / "names.jsonl").string()),
      number_(number),
      overwrite_(overwrite),
      file_(base::open_file(file_path_, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW)) {
  if (!file_) base::throw_file_error("write", file_path_, errno);
}

void NameRegistry::claim(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const FileLock file_lock(file_);
  read_more();
  const auto owner = owners_.find(std::hash<std::string>()(base::file_key(path)));
  if (owner != owners_.end() && owner->second == number_) return;
  const std::string whose = owner == owners_.end() ? "no run of this folder" : "run " + std::to_string(owner->second);
  std::error_code error;
  const bool there = fs::exists(fs::symlink_status(fs::path(folder_) / path, error));
  if (there && !overwrite_) refuse(path, "is there already, and " + whose + " made it");
  if (owner != owners_.end() && is_at_work(owner->second)) refuse(path, "is being made by " + whose);
  const std::string line = Json{{"path", path}, {"run", number_}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  const std::string text = (torn_ ? "\n" : "") + line + "\n";
  base::write_all(file_, std::as_bytes(std::span(text)), file_path_);
}

void NameRegistry::refuse(const std::string& path, const std::string& why) {
  throw std::runtime_error("'" + one_line(path) + "' " + why +
                           "; give the file another name, replace what is there by --overwrite, or choose another "
                           "--output-dir");
}

/// Whether a process has a journal of the run open.
bool NameRegistry::is_at_work(int run) const {
  for (const RunPlaces& one : shared_runs(folder_)) {
    if (one.number != run) continue;
    for (const auto& [path, shard] : find_item_files(one.record)) {
      const base::Descriptor journal = base::open_file(path, O_RDONLY);
      if (journal && try_lock(journal, LockKind::kShared) == Lock::kHeldByOther) return true;
    }
  }
  return false;
}

void NameRegistry::read_more() {
  std::string text;
  std::array<char, 1 << 16> piece{};
  while (true) {
    const ssize_t got = base::read_some_at(file_, piece, read_ + text.size());
    if (got < 0) base::throw_file_error("read", file_path_, errno);
    if (got == 0) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    try {
      const Json line = parse_json(text.substr(begin, end - begin));
      owners_[std::hash<std::string>()(base::file_key(line.at("path").get<std::string>()))] =
          whole_number<int>(line.at("run"));
    } catch (const std::exception&) {  // half a line, as a crash leaves it
    }
    begin = end + 1;
  }
  read_ += begin;
  torn_ = begin < text.size();
}

}  // namespace observers
