// SPDX-License-Identifier: MIT
#include "observers/record/history.h"

#include <algorithm>
#include <filesystem>

#include "observers/wording.h"

namespace observers {

using graph::ItemStatus;

void History::add(std::vector<ItemRecord> records, const ShardName& shard) {
  File& file = files_.emplace_back(File{shard, {}, {}});
  for (ItemRecord& taken : records) {
    if (taken.item < 0 || taken.item >= plan_.items()) continue;
    const ItemRecord& record = records_.emplace_back(std::move(taken));
    by_item_[record.item].push_back(&record);
    file.statuses[{record.session, record.item}] = record.status;
    if (record.status == ItemStatus::kDone) file.first_done.emplace(record.item, record.session);
    for (const Unit& unit : record.units) {
      const int node = plan_.graph().find_node(unit.node);
      if (node < 0) continue;
      entries_[{node, plan_.first_item(plan_.scope(node), record.item)}].push_back({&file, &record, &unit});
    }
  }
}

const History::Entry* History::whole_entry(int node, std::int64_t first_item) const {
  const auto found = entries_.find({node, plan_.first_item(plan_.scope(node), first_item)});
  if (found == entries_.end()) return nullptr;
  const auto entry = std::find_if(found->second.rbegin(), found->second.rend(), [&](const Entry& one) {
    return gathered_all(one, node, first_item) && intact(one.unit->outputs, one.unit->node) && intact(one.record->more);
  });
  return entry == found->second.rend() ? nullptr : &*entry;
}

bool History::whole(int node, std::int64_t first_item) const {
  return whole_entry(node, first_item) != nullptr;
}

int History::deleted(int node, std::int64_t first_item) const {
  const Entry* entry = whole_entry(node, first_item);
  if (!entry) return 0;
  const auto gone = [&](const FileRecord& file) { return deleted(file, entry->unit->node); };
  return static_cast<int>(std::ranges::count_if(entry->unit->outputs, gone) +
                          std::ranges::count_if(entry->record->more, gone));
}

bool History::deleted(const FileRecord& file, const std::string& node) const {
  const int writer = plan_.graph().find_node(file.node.empty() ? node : file.node);
  std::error_code error;
  return writer >= 0 && plan_.graph().nodes[writer].curated &&
         !std::filesystem::exists(std::filesystem::symlink_status(std::filesystem::path(folder_) / file.path, error));
}

std::string History::file_of(int node, std::int64_t first_item) const {
  const auto found = entries_.find({node, plan_.first_item(plan_.scope(node), first_item)});
  if (found == entries_.end()) return {};
  const auto usable = [&](const Entry& entry) {
    return entry.unit->outputs.size() == 1 && intact(entry.unit->outputs);
  };
  const auto entry = std::find_if(found->second.rbegin(), found->second.rend(), usable);
  return entry == found->second.rend() ? "" : entry->unit->outputs[0].path;
}

/// A node that gathers runs without the items that failed. Once those can be done, its result is stale, so it is whole
/// only when all of the items that it was made from had been done by then.
bool History::gathered_all(const Entry& entry, int node, std::int64_t first_item) const {
  if (!plan_.after_gather(node)) return true;
  const std::vector<std::int64_t> members = plan_.members(plan_.scope(node), first_item);
  return std::all_of(members.begin(), members.end(), [&](std::int64_t item) {
    return item % entry.file->shard.count != entry.file->shard.index || delivered(entry, item);
  });
}

bool History::delivered(const Entry& entry, std::int64_t item) const {
  const int session = entry.record->session;
  const auto status = entry.file->statuses.find({session, item});
  if (status != entry.file->statuses.end()) return status->second == ItemStatus::kDone;
  // Not run in that session: it need not have been, if it had been done before.
  return std::any_of(files_.begin(), files_.end(), [&](const File& file) {
    const auto done = file.first_done.find(item);
    return done != file.first_done.end() && (&file != entry.file || done->second < session);
  });
}

bool History::intact(const std::vector<FileRecord>& files, const std::string& node) const {
  return damage(files, node).empty();
}

std::string History::damage(const std::vector<FileRecord>& files, const std::string& node) const {
  for (const FileRecord& file : files) {
    const std::string name = "'" + one_line(file.path) + "'";
    if (!is_below(file.path)) return name + " is not a file of the run";
    if (deleted(file, node)) continue;
    const std::optional<FileDigest> digest = digest_of((std::filesystem::path(folder_) / file.path).string());
    if (!digest) return name + " is gone";
    if (*digest != file.digest) return name + " is not as it was written";
  }
  return {};
}

std::string History::gap(int node, std::int64_t first_item) const {
  const std::int64_t first = plan_.first_item(plan_.scope(node), first_item);
  const auto made = entries_.find({node, first});
  if (made != entries_.end()) {
    const Entry& last = made->second.back();
    for (const auto* files : {&last.unit->outputs, &last.record->more}) {
      if (const std::string text = damage(*files, last.unit->node); !text.empty()) return text;
    }
    return "was made before all that it shows was there";
  }
  const auto ran = by_item_.find(first);
  if (ran == by_item_.end()) return "not run";
  const ItemRecord& last = *ran->second.back();
  if (last.status == ItemStatus::kFailed) return "failed: " + one_line(last.error);
  return last.status == ItemStatus::kCancelled ? "was interrupted" : "its record is incomplete";
}

}  // namespace observers
