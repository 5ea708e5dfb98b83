// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/bus.h"
#include "observers/record/files.h"

/// The lines of items.jsonl.
namespace observers {

struct FileRecord {
  std::string path;  ///< relative to the output folder
  FileDigest digest;
  std::string node{};  ///< of ItemRecord::more: that wrote it; "" in records of before
};

/// A node without readers that ran to its end, and what it wrote.
struct Unit {
  std::string node;
  std::vector<FileRecord> outputs;
};

struct ItemRecord {
  std::int64_t item = -1;
  std::string label;
  int session = 0;  ///< how many processes had written records before the one that wrote this
  graph::ItemStatus status = graph::ItemStatus::kDone;
  std::string error;  ///< why it failed
  std::vector<Unit> units;
  std::vector<FileRecord> more;  ///< files of nodes that have readers
};

/// With the newline.
std::string to_line(const ItemRecord& record);

struct ItemRecords {
  std::vector<ItemRecord> records;
  std::vector<std::string> notes;  ///< lines that are no records
  std::uint64_t whole_bytes = 0;   ///< up to the end of the last whole line
  bool torn = false;               ///< something follows that
};

/// A last line without its newline is what a crash leaves: it is left out. Throws std::runtime_error when the file
/// cannot be read.
ItemRecords read_item_records(const std::string& path);

/// Which part of a run a journal file is of, by its name: items.jsonl, items-2-of-4.jsonl.
struct ShardName {
  int index = 0;  ///< from 0
  int count = 1;
  bool operator==(const ShardName&) const = default;
};
std::string items_file_name(const ShardName& shard);
/// All of them in a folder, by name.
std::vector<std::pair<std::string, ShardName>> find_item_files(const std::string& folder);

}  // namespace observers
