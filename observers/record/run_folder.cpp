// SPDX-License-Identifier: MIT
#include "observers/record/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <stdexcept>

#include "base/atomic_file.h"
#include "base/file_error.h"
#include "observers/record/loop_state_folder.h"
#include "observers/record/run_record.h"
#include "observers/wording.h"

namespace observers {
namespace {

namespace fs = std::filesystem;

/// A journal file that was there before.
struct Found {
  std::string path;
  ShardName shard;
  bool empty = true;
  bool busy = false;  ///< another process writes it
};

std::vector<Found> find_journals(const std::string& folder) {
  std::vector<Found> journals;
  for (const auto& [path, shard] : find_item_files(folder)) {
    std::error_code error;
    const bool empty = fs::file_size(path, error) == 0;
    const base::Descriptor file = base::open_file(path, O_RDONLY);
    journals.push_back({path, shard, empty, file && try_lock(file, LockKind::kShared) == Lock::kHeldByOther});
  }
  return journals;
}

/// A crash leaves files of which nobody knows. Only for a folder in which nobody else writes.
void remove_parts(const std::string& folder) {
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(folder, options, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored) && !it->is_symlink(ignored) &&
        base::is_part_name(it->path().filename().string())) {
      fs::remove(it->path(), ignored);
    }
  }
}

/// The same of a run that crashed before its record was there: what else is in the folder may be anybody's.
void remove_parts_of_record(const std::string& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    std::error_code ignored;
    if (name.starts_with(".run.json.") && base::is_part_name(name)) fs::remove(it->path(), ignored);
  }
}

class Opening {
 public:
  Opening(const graph::Plan& plan, const JournalOptions& options)
      : plan_(plan),
        options_(options),
        own_{options.shard_index, options.shard_count},
        places_{options.folder, options.folder, 0} {}

  RunFolder open_folder() {
    make_output_folder(options_.folder);
    // Openings of one folder come one after the other. Where folders cannot be locked, they come as they come.
    const base::Descriptor folder = base::open_folder(options_.folder);
    folder_locked_ = folder && flock(folder.get(), LOCK_EX) == 0;
    is_ = run_record(plan_, options_);
    find_place();
    RunFolder result{places_, {}, items_path_, {}, 0, {plan_, options_.folder}, {}};
    look();
    decide();
    if (fresh_) begin();
    else if (options_.may_go_further) note_new_end();
    if (folder_locked_ && had_run_ && !others_busy_ && !neighbours_busy()) remove_parts(options_.folder);
    if (folder_locked_ && !had_run_) remove_parts_of_record(places_.record);
    take_items_file(result);
    if (options_.resume) read_history(result);
    if (options_.shared)
      result.names = std::make_unique<NameRegistry>(options_.folder, places_.number, options_.overwrite);
    result.items_path = items_path_;
    result.notes.insert(result.notes.begin(), notes_.begin(), notes_.end());
    return result;
  }

 private:
  /// In a shared folder a run goes on with the newest one of the same graph and params, and is a new one else.
  void find_place() {
    if (options_.shared) {
      std::vector<RunPlaces> runs = shared_runs(options_.folder);
      const auto same =
          std::find_if(runs.rbegin(), runs.rend(), [&](const RunPlaces& run) { return is_same_run(run); });
      if (same != runs.rend()) places_ = *same;
      else places_ = new_shared_run(options_.folder);
      if (same == runs.rend() && options_.resume && !runs.empty()) {
        notes_.push_back("no run in '" + options_.folder + "' has this graph and these params: this is a new one, " +
                         places_.record);
      }
    } else if (!shared_runs(options_.folder).empty()) {
      throw std::runtime_error(
          "'" + options_.folder +
          "' is shared by runs (add this one to them by --append, or choose another --output-dir)");
    }
    record_path_ = (fs::path(places_.record) / "run.json").string();
    items_path_ = (fs::path(places_.record) / items_file_name(own_)).string();
  }

  bool is_same_run(const RunPlaces& run) const {
    const std::optional<std::string> was = read_text((fs::path(run.record) / "run.json").string());
    try {
      return was && compare_runs(*was, is_).differences.empty();
    } catch (const std::runtime_error&) {
      return false;
    }
  }

  /// Whether another run of a shared folder is at work in it.
  bool neighbours_busy() const {
    for (const RunPlaces& run : shared_runs(options_.folder)) {
      if (run.record == places_.record) continue;
      const std::vector<Found> journals = find_journals(run.record);
      if (std::ranges::any_of(journals, &Found::busy)) return true;
    }
    return false;
  }

  void look() {
    journals_ = find_journals(places_.record);
    was_ = read_text(record_path_);
    had_run_ = was_.has_value() || !journals_.empty();
    others_busy_ = std::any_of(journals_.begin(), journals_.end(), [](const Found& f) { return f.busy; });
    for (const Found& journal : journals_) {
      if (journal.busy && (journal.shard == own_ || journal.shard.count != own_.count)) refuse_busy(journal.path);
    }
  }

  /// Sets fresh_, or throws.
  void decide() {
    const bool recorded = has_loop_states(places_.record) ||
                          std::any_of(journals_.begin(), journals_.end(), [](const Found& f) { return !f.empty; });
    if (!had_run_) {
      fresh_ = true;
    } else if (!recorded && !others_busy_) {
      // A run that ended before its first item did is worth no question. But without locks, busy shards look like it.
      fresh_ = own_.count == 1 || !was_ || !is_same();
    } else if (options_.overwrite) {
      decide_overwrite();
    } else if (options_.resume) {
      check_same("resume");
    } else if (own_.count > 1 && was_ && !own_recorded()) {
      check_same("join");
    } else {
      refuse_held();
    }
  }

  void decide_overwrite() {
    const bool same = was_ && is_same();
    if (!same && others_busy_) check_same("overwrite");
    // A shard takes its own part back, not the others'.
    fresh_ = !same || own_.count == 1;
    forget_own_ = !fresh_;
  }

  bool own_recorded() const {
    return std::any_of(journals_.begin(), journals_.end(),
                       [this](const Found& f) { return f.shard == own_ && !f.empty; });
  }

  bool is_same() const {
    try {
      return compare_runs(*was_, is_).differences.empty();
    } catch (const std::runtime_error&) {
      return false;
    }
  }

  void check_same(const std::string& doing) {
    if (!was_) {
      throw std::runtime_error("cannot " + doing + " the run in '" + options_.folder +
                               "': its run.json is missing (start again with --overwrite, or in another --output-dir)");
    }
    RunComparison comparison;
    try {
      comparison = compare_runs(*was_, is_);
    } catch (const std::runtime_error& e) {
      throw std::runtime_error("cannot " + doing + " the run: '" + record_path_ + "' cannot be read: " + e.what() +
                               " (start again with --overwrite, or in another --output-dir)");
    }
    if (!comparison.differences.empty()) {
      throw std::runtime_error("cannot " + doing + " the run in '" + options_.folder +
                               "', it is another one: " + comparison.what_differs() +
                               " (give the same graph and params, or choose another --output-dir)");
    }
    notes_ = comparison.notes;
  }

  [[noreturn]] void refuse_busy(const std::string& path) const {
    throw std::runtime_error("another process is writing '" + path +
                             "' (wait for its end or stop it, or choose another --output-dir)");
  }

  [[noreturn]] void refuse_held() const {
    const std::string what =
        options_.shared ? "' holds this run already, as " + places_.record : "' holds a run already";
    throw std::runtime_error("'" + options_.folder + what +
                             " (go on with it by --resume, forget it by --overwrite, or choose another --output-dir)");
  }

  /// A run that goes on may be told to go further than before, or not as far.
  void note_new_end() const {
    const std::string updated = updated_record(*was_, is_);
    if (updated != *was_) base::write_atomically(record_path_, updated);
  }

  void begin() {
    for (const Found& journal : journals_) {
      if (unlink(journal.path.c_str()) != 0) base::throw_file_error("replace", journal.path, errno);
    }
    base::write_atomically(record_path_, is_);
  }

  void take_items_file(RunFolder& result) {
    base::Descriptor file = base::open_file(items_path_, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW);
    if (!file) base::throw_file_error("write", items_path_, errno);
    const Lock lock = try_lock(file, LockKind::kExclusive);
    if (lock == Lock::kHeldByOther) refuse_busy(items_path_);
    if (lock == Lock::kUnknown) {
      notes_.push_back("the file system of '" + options_.folder +
                       "' has no locks: take care that no second process writes into it");
    }
    if (forget_own_) cut(file, 0);
    result.items = std::move(file);
  }

  void read_history(RunFolder& result) {
    for (const auto& [path, shard] : find_item_files(places_.record)) {
      ItemRecords items = read_item_records(path);
      if (shard == own_) {
        cut(result.items, items.whole_bytes);
        for (const ItemRecord& record : items.records) result.session = std::max(result.session, record.session + 1);
      }
      result.notes.insert(result.notes.end(), items.notes.begin(), items.notes.end());
      result.history.add(std::move(items.records), shard);
    }
  }

  void cut(const base::Descriptor& file, std::uint64_t bytes) const {
    struct stat status {};
    if (fstat(file.get(), &status) == 0 && static_cast<std::uint64_t>(status.st_size) == bytes) return;
    if (ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) base::throw_file_error("write", items_path_, errno);
  }

  const graph::Plan& plan_;
  const JournalOptions& options_;
  const ShardName own_;
  RunPlaces places_;
  std::string record_path_, items_path_;
  std::vector<std::string> notes_;
  std::vector<Found> journals_;
  std::optional<std::string> was_;
  std::string is_;
  bool folder_locked_ = false, had_run_ = false, others_busy_ = false;
  bool fresh_ = false;       ///< the record of the run is written anew
  bool forget_own_ = false;  ///< only this shard's records go
};

}  // namespace

RunFolder open_run_folder(const graph::Plan& plan, const JournalOptions& options) {
  return Opening(plan, options).open_folder();
}

}  // namespace observers
