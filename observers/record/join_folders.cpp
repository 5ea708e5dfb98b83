// SPDX-License-Identifier: MIT
#include "observers/record/join_folders.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "base/atomic_file.h"
#include "base/file_error.h"
#include "base/output_file.h"
#include "observers/record/item_records.h"
#include "observers/record/run_places.h"
#include "observers/record/run_record.h"
#include "observers/wording.h"

namespace observers {
namespace {

namespace fs = std::filesystem;

/// One journal of one folder.
struct JoinSource {
  std::string folder, path;
  ShardName shard;
  std::vector<ItemRecord> records;
};

/// A record without what says when it was made: the same in each of its copies.
std::string timeless(ItemRecord record) {
  record.session = 0;
  return to_line(record);
}

std::vector<FileRecord> files_of_record(const ItemRecord& record) {
  std::vector<FileRecord> files = record.more;
  for (const Unit& unit : record.units) files.insert(files.end(), unit.outputs.begin(), unit.outputs.end());
  return files;
}

bool same_folder(const std::string& a, const std::string& b) {
  std::error_code error;
  return fs::equivalent(a, b, error) && !error;
}

class Join {
 public:
  explicit Join(const JoinOptions& options) : options_(options) {}

  JoinReport run() {
    check_runs();
    for (const std::string& folder : options_.folders) {
      if (!same_folder(folder, options_.into)) read_folder(folder);
    }
    if (!shared_runs(options_.into).empty())
      throw NotOneRun("'" + options_.into + "' is shared by runs; join the shards into a folder of their own");
    make_output_folder(options_.into);
    const base::Descriptor folder = base::open_folder(options_.into);
    if (folder) flock(folder.get(), LOCK_EX);  // where folders cannot be locked, joins come as they come
    const std::string record = (fs::path(options_.into) / "run.json").string();
    if (!fs::exists(record)) base::write_atomically(record, run_record_in(options_.folders.front()));
    for (const auto& [path, shard] : find_item_files(options_.into)) take_present(path, shard);
    for (JoinSource& source : sources_) add(source);
    return std::move(report_);
  }

 private:
  /// All folders, and what is in `into`, must be of one run.
  void check_runs() {
    const std::string first = run_record_in(options_.folders.front());
    std::vector<std::string> others(options_.folders.begin() + 1, options_.folders.end());
    std::error_code error;
    if (fs::exists(fs::path(options_.into) / "run.json", error)) others.push_back(options_.into);
    for (const std::string& folder : others) {
      const RunComparison comparison = compare_runs(first, run_record_in(folder));
      if (!comparison.differences.empty()) refuse(folder, comparison.what_differs());
      if (!comparison.same_version) refuse(folder, comparison.notes.front());
      for (const std::string& note : comparison.notes) report_.notes.push_back(folder + ": " + note);
    }
  }

  [[noreturn]] void refuse(const std::string& folder, const std::string& why) const {
    throw NotOneRun("'" + folder + "' and '" + options_.folders.front() + "' are not of one run: " + why +
                    " (join folders of shards of the same graph, params and version)");
  }

  void read_folder(const std::string& folder) {
    const RunPlaces run = places_of(folder);
    for (const auto& [path, shard] : find_item_files(run.record)) {
      refuse_busy(path);
      ItemRecords items = read_item_records(path);
      report_.notes.insert(report_.notes.end(), items.notes.begin(), items.notes.end());
      if (items.torn)
        report_.notes.push_back(path + ": its last line is cut off, as a crash leaves it, and is left out");
      for (const ItemRecord& record : items.records) {
        for (const FileRecord& file : files_of_record(record)) check_file(run.files, path, file);
      }
      sources_.push_back({run.files, path, shard, std::move(items.records)});
    }
  }

  static void refuse_busy(const std::string& path) {
    const base::Descriptor file = base::open_file(path, O_RDONLY);
    if (file && try_lock(file, LockKind::kShared) == Lock::kHeldByOther) {
      throw NotOneRun("another process is writing '" + path + "' (wait for its end or stop it)");
    }
  }

  /// A record may name what lies below its own folder, and nothing of the run's own records.
  static void check_file(const std::string& folder, const std::string& journal, const FileRecord& file) {
    const auto refuse = [&](const std::string& why) {
      throw NotOneRun(journal + ": a record names '" + one_line(file.path) + "', " + why + ": no run wrote that");
    };
    if (!is_below(file.path)) refuse("which is not below the folder");
    if (base::is_record_name(file.path)) refuse("which is a run's own record");
    std::error_code error;
    const fs::path root = fs::weakly_canonical(folder, error);
    const fs::path place = fs::weakly_canonical((fs::path(folder) / file.path).parent_path(), error);
    if (std::mismatch(root.begin(), root.end(), place.begin(), place.end()).first != root.end()) {
      refuse("which leads out of the folder");
    }
    if (fs::is_symlink(fs::path(folder) / file.path, error)) refuse("which is a link to elsewhere");
  }

  /// The journals that `into` has.
  struct Target {
    std::set<std::string> records;  ///< timeless
    int sessions = 0;
    std::uint64_t whole_bytes = 0;
  };

  void take_present(const std::string& path, const ShardName& shard) {
    refuse_busy(path);
    const ItemRecords items = read_item_records(path);
    Target& target = targets_[items_file_name(shard)];
    target.whole_bytes = items.whole_bytes;
    for (const ItemRecord& record : items.records) {
      target.records.insert(timeless(record));
      target.sessions = std::max(target.sessions, record.session + 1);
      for (const FileRecord& file : files_of_record(record)) claimed_[file.path].push_back(file.digest);
    }
  }

  /// Files first, then the records of them.
  void add(JoinSource& source) {
    Target& target = targets_[items_file_name(source.shard)];
    std::map<int, int> sessions;  // the folder's, and what they are in the joined journal
    std::string lines;
    for (ItemRecord& record : source.records) {
      for (const FileRecord& file : files_of_record(record)) bring(source.folder, file);
      if (!target.records.insert(timeless(record)).second) continue;
      const auto [session, is_new] = sessions.try_emplace(record.session, target.sessions);
      if (is_new) ++target.sessions;
      record.session = session->second;
      lines += to_line(record);
    }
    append(target, (fs::path(options_.into) / items_file_name(source.shard)).string(), lines);
  }

  void append(Target& target, const std::string& path, const std::string& lines) const {
    const base::Descriptor file = base::open_file(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW);
    if (!file) base::throw_file_error("write", path, errno);
    if (try_lock(file, LockKind::kExclusive) == Lock::kHeldByOther) refuse_busy(path);
    if (lines.empty()) return;
    // What a crash has left of a line would spoil the next one.
    if (ftruncate(file.get(), static_cast<off_t>(target.whole_bytes)) != 0)
      base::throw_file_error("write", path, errno);
    base::write_all(file, std::as_bytes(std::span(lines)), path);
    base::sync(file, path);
    target.whole_bytes += lines.size();
  }

  /// Puts a file in its place, unless it is there or is not as it was recorded: then it counts as missing.
  void bring(const std::string& folder, const FileRecord& file) {
    const fs::path to = fs::path(options_.into) / file.path;
    const std::optional<FileDigest> present = digest_of(to.string());
    if (present == file.digest) return claimed_[file.path].push_back(file.digest);
    const fs::path from = fs::path(folder) / file.path;
    const std::optional<FileDigest> found = digest_of(from.string());
    if (found != file.digest) {
      if (found) report_.notes.push_back(from.string() + ": is not as it was written, and is left out");
      return;
    }
    std::vector<FileDigest>& claimed = claimed_[file.path];
    if (present && std::ranges::count(claimed, *present) > 0) {
      report_.notes.push_back(from.string() + ": differs from the same file of another folder, which is kept");
      return;
    }
    place(from, to, file.digest);
    claimed.push_back(file.digest);
  }

  void place(const fs::path& from, const fs::path& to, const FileDigest& digest) {
    std::error_code error;
    fs::create_directories(to.parent_path(), error);
    if (error) base::throw_file_error("make the folder", to.parent_path().string(), error.value());
    // A run replaces files and never changes them, so that a link is as good as a copy.
    const bool linked = !options_.copy && base::link_atomically(from, to);
    if (!linked) copy(from, to, digest);
    ++(linked ? report_.linked : report_.copied);
  }

  static void copy(const fs::path& from, const fs::path& to, const FileDigest& digest) {
    base::AtomicFile file(to);
    const std::optional<FileDigest> copied =
        digest_of(from.string(), [&](std::span<const std::byte> piece) { file.write(piece); });
    if (copied != digest) throw std::runtime_error("'" + from.string() + "' has changed while it was copied");
    file.finish();
  }

  const JoinOptions& options_;
  std::vector<JoinSource> sources_;
  std::map<std::string, Target> targets_;                   ///< by the journal's name
  std::map<std::string, std::vector<FileDigest>> claimed_;  ///< by file: as a record of `into` has it
  JoinReport report_;
};

}  // namespace

std::string run_record_in(const std::string& folder) {
  std::error_code error;
  const fs::path path = fs::path(places_of(folder).record) / "run.json";
  if (!fs::is_directory(folder, error)) throw NotOneRun("'" + folder + "' is not a folder");
  if (!fs::is_regular_file(path, error)) {
    throw NotOneRun("'" + folder + "' holds no run: it has no run.json (is it the --output-dir of a shard?)");
  }
  try {
    const std::string text = read_text(path.string()).value_or("");
    parse_run_record(text);
    return text;
  } catch (const std::runtime_error& e) {
    throw NotOneRun("'" + path.string() + "' cannot be read: " + e.what());
  }
}

JoinReport join_folders(const JoinOptions& options) {
  return Join(options).run();
}

}  // namespace observers
