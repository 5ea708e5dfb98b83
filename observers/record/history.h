// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "graph/plan.h"
#include "observers/record/item_records.h"

namespace observers {

/// What earlier sessions of a run finished. Immutable once all records are in, and then thread-safe.
class History {
 public:
  /// `plan` must outlive it. `folder` is the output folder.
  History(const graph::Plan& plan, std::string folder) : plan_(plan), folder_(std::move(folder)) {}

  /// Takes the records of one journal file.
  void add(std::vector<ItemRecord> records, const ShardName& shard);

  /// See Journal::whole.
  bool whole(int node, std::int64_t first_item) const;

  /// How many files of a whole result were deleted, where its node is curated.
  int deleted(int node, std::int64_t first_item) const;

  /// What a whole result of one file is in, relative to the folder; "" when it is not whole, or not one file.
  std::string file_of(int node, std::int64_t first_item) const;

  /// The largest number of an item that there is a record of; -1 without any.
  std::int64_t last_item() const { return by_item_.empty() ? -1 : by_item_.rbegin()->first; }

  /// Why what is not whole is not: "not run", "failed: …", "'a.png' is gone". The last thing that is known of it.
  std::string gap(int node, std::int64_t first_item) const;

 private:
  /// The records of one journal file.
  struct File {
    ShardName shard;
    std::map<std::pair<int, std::int64_t>, graph::ItemStatus> statuses;  ///< by session and item: the last one
    std::map<std::int64_t, int> first_done;  ///< by item: the first session that finished it
  };
  struct Entry {
    const File* file;
    const ItemRecord* record;
    const Unit* unit;
  };

  bool gathered_all(const Entry& entry, int node, std::int64_t first_item) const;
  bool delivered(const Entry& entry, std::int64_t item) const;
  /// Whether the node that wrote a file is curated, and the file was deleted: a decision.
  bool deleted(const FileRecord& file, const std::string& node) const;
  bool intact(const std::vector<FileRecord>& files, const std::string& node = "") const;
  /// What is wrong with the first file that is not as it was recorded; "" when all are. `node` wrote them, where they
  /// do not say it.
  std::string damage(const std::vector<FileRecord>& files, const std::string& node = "") const;
  /// The last record of a result that is whole.
  const Entry* whole_entry(int node, std::int64_t first_item) const;

  const graph::Plan& plan_;
  const std::string folder_;
  std::deque<File> files_;
  std::deque<ItemRecord> records_;
  std::map<std::int64_t, std::vector<const ItemRecord*>> by_item_;
  std::map<std::pair<int, std::int64_t>, std::vector<Entry>>
      entries_;  ///< by node and first item of its group, oldest first
};

}  // namespace observers
