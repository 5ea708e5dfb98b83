// SPDX-License-Identifier: MIT
#include "observers/record/journal.h"

#include <algorithm>
#include <filesystem>
#include <mutex>

#include "observers/record/item_records.h"
#include "observers/record/run_folder.h"

namespace observers {

using graph::Event;

class Journal::Store {
 public:
  Store(const graph::Plan& plan, JournalOptions options)
      : plan_(plan), options_(std::move(options)), run_(open_run_folder(plan, options_)) {}

  void start(const Event& event) { labels_[event.item] = event.text; }

  void finish(const Event& event) {
    const ItemRecord record = record_of(event);
    labels_.erase(event.item);
    guarded([&] {
      const std::string line = to_line(record);
      base::write_all(run_.items, std::as_bytes(std::span(line)), run_.items_path);
      unsynced_ = true;
    });
  }

  /// Lines are safe from a crash of the program once written; this makes them safe from one of the machine.
  void sync_lines() {
    if (!std::exchange(unsynced_, false)) return;
    guarded([&] { base::sync(run_.items, run_.items_path); });
  }

  /// Asked for every item of a group; the files are read once.
  bool whole(int node, std::int64_t first_item) {
    const std::lock_guard lock(mutex_);
    const auto [known, added] = whole_.try_emplace({node, first_item}, false);
    if (!added) return known->second;
    known->second = run_.history.whole(node, first_item);
    if (known->second) deleted_ += run_.history.deleted(node, first_item);
    return known->second;
  }

  void forget() const {
    namespace fs = std::filesystem;
    std::error_code ignored;
    if (fs::file_size(run_.items_path, ignored) != 0 || ignored) return;
    fs::remove(run_.items_path, ignored);
    const fs::path record(run_.places.record);
    if (find_item_files(record.string()).empty()) fs::remove(record / "run.json", ignored);
    if (!options_.shared) return;
    fs::remove(record, ignored);  // fails, as it should, when something is in it
    remove_empty_registry();
  }

  const RunFolder& run() const { return run_; }
  void claim(const std::string& path) {
    if (run_.names) run_.names->claim(path);
  }
  int deleted() {
    const std::lock_guard lock(mutex_);
    return deleted_;
  }
  const JournalOptions& options() const { return options_; }

 private:
  void remove_empty_registry() const {
    namespace fs = std::filesystem;
    std::error_code ignored;
    const fs::path runs = fs::path(options_.folder) / "runs";
    if (fs::file_size(runs / "names.jsonl", ignored) == 0 && !ignored && shared_runs(options_.folder).empty())
      fs::remove(runs / "names.jsonl", ignored);
    fs::remove(runs, ignored);
  }

  template <class Write>
  void guarded(Write write) {
    try {
      write();
    } catch (...) {
      if (options_.stop && options_.stop->level.load() < 1) options_.stop->level.store(1);
      throw;
    }
  }

  ItemRecord record_of(const Event& event) const {
    ItemRecord record;
    record.item = event.item;
    const auto label = labels_.find(event.item);
    if (label != labels_.end()) record.label = label->second;
    record.session = run_.session;
    record.status = event.status;
    if (event.status == graph::ItemStatus::kFailed) {
      record.error =
          (event.node < 0 ? "" : "node '" + plan_.graph().place_of(event.node, event.element) + "': ") + event.text;
    }
    for (const int node : event.ran) {
      Unit unit{plan_.graph().nodes[node].id, {}};
      if (collect(event, unit.node, unit.outputs)) record.units.push_back(std::move(unit));
    }
    for (const graph::Output& output : event.outputs) {
      const auto of_unit = [&](int node) { return plan_.graph().nodes[node].id == output.node; };
      if (std::none_of(event.ran.begin(), event.ran.end(), of_unit) && add(output, record.more))
        record.more.back().node = output.node;
    }
    return record;
  }

  /// False when a file is not as it was written: then the node is left out of the record, and a resumed run does it
  /// again.
  bool collect(const Event& event, const std::string& node, std::vector<FileRecord>& files) const {
    return std::all_of(event.outputs.begin(), event.outputs.end(),
                       [&](const graph::Output& output) { return output.node != node || add(output, files); });
  }

  bool add(const graph::Output& output, std::vector<FileRecord>& files) const {
    const auto path = std::filesystem::path(options_.folder) / output.path;
    const std::optional<FileDigest> digest = digest_of(path.string());
    if (!digest || digest->bytes != output.bytes) return false;
    files.push_back({output.path, *digest, {}});
    return true;
  }

  const graph::Plan& plan_;
  const JournalOptions options_;
  RunFolder run_;
  std::map<std::int64_t, std::string> labels_;  ///< of the items in flight
  bool unsynced_ = false;
  std::mutex mutex_;
  std::map<std::pair<int, std::int64_t>, bool> whole_;
  int deleted_ = 0;  ///< files of curated nodes, of what is whole
};

Journal::Journal(const graph::Plan& plan, JournalOptions options)
    : store_(std::make_unique<Store>(plan, std::move(options))) {}

Journal::~Journal() = default;

unsigned Journal::wants() const {
  return Event::kItemStarted | Event::kItemFinished | Event::kRunFinished;
}

void Journal::observe(const Event& event) {
  if (event.kind == Event::kItemStarted) store_->start(event);
  if (event.kind == Event::kItemFinished) store_->finish(event);
  if (event.kind == Event::kRunFinished) store_->sync_lines();
}

void Journal::idle() {
  store_->sync_lines();
}

void Journal::forget() {
  store_->forget();
}

const std::string& Journal::record_folder() const {
  return store_->run().places.record;
}

void Journal::claim(const std::string& path) {
  store_->claim(path);
}

int Journal::deleted() const {
  return store_->deleted();
}

bool Journal::whole(int node, std::int64_t first_item) const {
  return store_->whole(node, first_item);
}

const std::vector<std::string>& Journal::notes() const {
  return store_->run().notes;
}

const std::string& Journal::folder() const {
  return store_->options().folder;
}

}  // namespace observers
