// SPDX-License-Identifier: MIT
#include "observers/record/item_records.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <stdexcept>
#include <string_view>

#include "base/descriptor.h"
#include "base/fault_injection.h"
#include "base/file_error.h"
#include "base/limits.h"
#include "observers/json.h"

namespace observers {
namespace {

Json to_json(const std::vector<FileRecord>& files) {
  Json list = Json::array();
  for (const FileRecord& file : files) {
    list.push_back({{"path", file.path}, {"bytes", file.digest.bytes}, {"crc32", file.digest.crc32}});
    if (!file.node.empty()) list.back()["node"] = file.node;
  }
  return list;
}

std::vector<FileRecord> files_of(const Json& list) {
  std::vector<FileRecord> files;
  for (const Json& file : list) {
    files.push_back({file.at("path").get<std::string>(),
                     {whole_number<std::uint64_t>(file.at("bytes")), whole_number<std::uint32_t>(file.at("crc32"))},
                     file.value("node", "")});
  }
  return files;
}

graph::ItemStatus status_of(const std::string& name) {
  using graph::ItemStatus;
  for (const ItemStatus status : {ItemStatus::kDone, ItemStatus::kFailed, ItemStatus::kCancelled}) {
    if (name == graph::status_name(status)) return status;
  }
  throw std::invalid_argument("no status '" + name + "'");
}

/// Throws std::exception when the line is not a record.
ItemRecord record_of(const std::string& line) {
  const Json json = parse_json(line);
  ItemRecord record;
  record.item = whole_number<std::int64_t>(json.at("item"));
  record.label = json.at("label").get<std::string>();
  record.session = whole_number<int>(json.at("session"));
  record.status = status_of(json.at("status").get<std::string>());
  record.error = json.value("error", "");
  for (const Json& unit : json.at("units")) {
    record.units.push_back({unit.at("node").get<std::string>(), files_of(unit.at("outputs"))});
  }
  if (json.contains("more")) record.more = files_of(json.at("more"));
  return record;
}

/// The lines of a file. As std::getline, but for one whose lines may have no end.
class LineReader {
 public:
  /// Throws std::runtime_error that names path and reason; next() does, too.
  explicit LineReader(const std::string& path) : path_(path), file_(base::open_file(path, O_RDONLY)) {
    if (!file_) base::throw_file_error("read", path, errno);
    if (const int error = base::injection::strike("read", path)) base::throw_file_error("read", path, error);
  }

  /// The next line without its end; false at the end of the file, `line` being what stands behind the last line.
  bool next(std::string& line) {
    static constexpr base::Limit kLineBytes{"record-line-bytes"};
    line.clear();
    ++number_;
    while (true) {
      const std::size_t end = rest_.find('\n');
      line += rest_.substr(0, end);
      if (line.size() > kLineBytes.most())
        throw std::runtime_error(place() + ": a line of more than " + kLineBytes.text());
      rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
      if (end != rest_.npos) return true;
      const ssize_t got = base::read_some(file_, piece_);
      if (got < 0) base::throw_file_error("read", path_, errno);
      if (got == 0) return false;
      rest_ = {piece_.data(), static_cast<std::size_t>(got)};
    }
  }

  /// "items.jsonl:7", of the line that was read last.
  std::string place() const { return path_ + ":" + std::to_string(number_); }

 private:
  const std::string& path_;
  const base::Descriptor file_;
  std::array<char, 1 << 16> piece_{};
  std::string_view rest_{};  ///< of the piece, not yet given out
  int number_ = 0;
};

}  // namespace

std::string to_line(const ItemRecord& record) {
  Json json{{"item", record.item},
            {"label", record.label},
            {"session", record.session},
            {"status", graph::status_name(record.status)}};
  if (record.status == graph::ItemStatus::kFailed) json["error"] = record.error;
  json["units"] = Json::array();
  for (const Unit& unit : record.units) {
    json["units"].push_back({{"node", unit.node}, {"outputs", to_json(unit.outputs)}});
  }
  if (!record.more.empty()) json["more"] = to_json(record.more);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

ItemRecords read_item_records(const std::string& path) {
  LineReader file(path);
  ItemRecords result;
  std::string line;
  while (file.next(line)) {
    result.whole_bytes += line.size() + 1;
    try {
      result.records.push_back(record_of(line));
    } catch (const std::exception& e) {
      result.notes.push_back(file.place() + ": this line is not a record of an item and is ignored: " + e.what());
    }
  }
  result.torn = !line.empty();
  return result;
}

std::string items_file_name(const ShardName& shard) {
  if (shard.count == 1) return "items.jsonl";
  return "items-" + std::to_string(shard.index + 1) + "-of-" + std::to_string(shard.count) + ".jsonl";
}

std::vector<std::pair<std::string, ShardName>> find_item_files(const std::string& folder) {
  static const std::regex sharded("items-([1-9][0-9]{0,8})-of-([1-9][0-9]{0,8})\\.jsonl");
  std::vector<std::pair<std::string, ShardName>> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    std::smatch match;
    if (name == items_file_name({})) files.emplace_back(entry.path().string(), ShardName{});
    else if (std::regex_match(name, match, sharded))
      files.emplace_back(entry.path().string(), ShardName{std::stoi(match[1]) - 1, std::stoi(match[2])});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return files;
}

}  // namespace observers
