// SPDX-License-Identifier: MIT
#include "program/row_files.h"

#include <fnmatch.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "base/names.h"
#include "base/reading.h"
#include "base/utf8.h"
#include "observers/json.h"
#include "program/csv.h"

namespace program {
namespace {

namespace fs = std::filesystem;
using graph::Mark;
using observers::Json;

constexpr base::Limit kTableBytes{"items-bytes"};

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw graph::Faults(std::vector<graph::Fault>{{{path, 0, 0}, what}});
}

std::string text_of_file(const std::string& path) {
  try {
    return base::read_file(path, kTableBytes);
  } catch (const base::FileError& e) {
    const std::string what = e.what();
    const std::string start = path + ": ";
    refuse(path, what.starts_with(start) ? what.substr(start.size()) : what);
  }
}

int line_at(const std::string& text, std::size_t at) {
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

/// False, and a fault, where the text is not UTF-8.
bool check_utf8(const std::string& path, const std::string& text, const RowFault& fault) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t length = byte < 0x80 ? 1 : base::utf8_length(std::string_view(text).substr(at));
    if (length == 0) {
      fault({path, line_at(text, at), 1}, "not UTF-8: save the table as UTF-8");
      return false;
    }
    at += length;
  }
  return true;
}

/// The text without a byte order mark.
std::string_view without_mark(const std::string& text) {
  return std::string_view(text).substr(text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
}

void read_csv(const std::string& path, const Rows& take, const Columns& column, const RowFault& fault) {
  const std::string text = text_of_file(path);
  if (!check_utf8(path, text, fault)) return;
  CsvReader reader(text);
  const auto mark = [&](std::size_t cell) {
    return Mark{path, static_cast<int>(reader.record()), static_cast<int>(cell)};
  };
  const std::optional<std::vector<CsvCell>> header = reader.next();
  if (!header) return fault({path, 1, 1}, "the table is empty: its first line has the names of params");
  if (!reader.fault().empty()) return fault(mark(reader.fault_cell()), reader.fault());
  for (std::size_t c = 0; c < header->size(); ++c) column((*header)[c].text, mark(c + 1));
  while (const std::optional<std::vector<CsvCell>> cells = reader.next()) {
    if (!reader.fault().empty()) {
      fault(mark(reader.fault_cell()), reader.fault());
      continue;
    }
    if (cells->size() != header->size()) {
      fault(mark(std::min(cells->size(), header->size()) + 1),
            "the row has " + std::to_string(cells->size()) + " cells, and the header " +
                std::to_string(header->size()) + "; a cell that holds a comma stands in double quotes");
      continue;
    }
    Row row;
    for (std::size_t c = 0; c < cells->size(); ++c) {
      const CsvCell& cell = (*cells)[c];
      const Mark place = mark(c + 1);
      row.push_back({(*header)[c].text, place, {{cell.text, place, true, cell.text.empty() && !cell.quoted}}, false});
    }
    take(std::move(row), path);
  }
}

/// The lines of a text, without their ends.
void each_line(std::string_view text, const std::function<void(std::string line, int number)>& take) {
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string line(text.substr(0, end));
    if (line.ends_with('\r')) line.pop_back();
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.find_first_not_of(" \t") != std::string::npos) take(std::move(line), number);
  }
}

void read_txt(const std::string& path, const Rows& take, const Columns&, const RowFault& fault) {
  const std::string text = text_of_file(path);
  if (!check_utf8(path, text, fault)) return;
  each_line(without_mark(text), [&](std::string line, int number) {
    const Mark place{path, number, 1};
    take({{"", place, {{std::move(line), place, true, false}}, false}}, path);
  });
}

/// Rows out of a text that is known to be JSON. The library keeps no places of values, so the text is walked beside it.
class JsonRows {
 public:
  JsonRows(const std::string& path, std::string_view text, int first_line, const Rows& take, const RowFault& fault)
      : path_(path), text_(text), line_(first_line), take_(take), fault_(fault) {}

  void read() {
    if (next() != '[') return add_row();
    each_member([this] { add_row(); });
  }

 private:
  /// The next byte that is not space, or 0 at the end.
  char next() {
    for (; at_ < text_.size() && std::strchr(" \t\r\n", text_[at_]) != nullptr; ++at_) {
      if (text_[at_] != '\n') continue;
      ++line_;
      line_start_ = at_ + 1;
    }
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  Mark mark() const { return {path_, line_, static_cast<int>(at_ - line_start_) + 1}; }

  /// What stands between the brackets at hand.
  template <class Member>
  void each_member(Member member) {
    ++at_;
    for (char c = next(); c != ']' && c != '}' && c != '\0'; c = next()) {
      if (c == ',') ++at_, next();
      member();
    }
    ++at_;
  }

  /// A text, a number or a word.
  Json plain() {
    const std::size_t begin = at_;
    if (next() == '"') {
      for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) at_ += text_[at_] == '\\';
      ++at_;
    } else {
      at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
    }
    return Json::parse(text_.substr(begin, at_ - begin));
  }

  void add_row() {
    if (next() != '{') {
      const Mark place = mark();
      fault_(place, "expected an object of params, found " + skipped());
      return;
    }
    Row row;
    add("", row);
    take_(std::move(row), path_);
  }

  /// Passes over a value, and says what it was.
  std::string skipped() {
    if (next() != '[' && next() != '{') return std::string("a ") + plain().type_name();
    const bool list = next() == '[';
    each_member([&] {
      if (!list) plain(), next(), ++at_, next();
      skipped();
    });
    return list ? "a list" : "an object";
  }

  void add(const std::string& prefix, Row& row) {
    each_member([&] {
      const Mark place = mark();
      const std::string column = prefix + plain().get<std::string>();
      next(), ++at_;  // the colon
      if (next() == '{') add(column + ".", row);
      else row.push_back(cell(column, place));
    });
  }

  graph::RowCell cell(const std::string& column, const Mark& place) {
    graph::RowCell cell{column, place, {}, next() == '['};
    const auto add_value = [&] {
      const Json one = plain();
      const bool text = one.is_string();
      cell.values.push_back({text ? one.get<std::string>() : one.dump(), place, !text, one.is_null()});
    };
    if (!cell.is_list) return add_value(), cell;
    const std::size_t begin = at_;
    const Mark list = mark();
    bool nested = false;
    each_member([&] {
      if (next() != '[' && next() != '{') return add_value();
      nested = true;
      skipped();
    });
    if (nested) read_tree(cell, text_.substr(begin, at_ - begin), list);
    return cell;
  }

  /// A list with lists or maps in it. Blanks in front of it give its parts their places in the file.
  void read_tree(graph::RowCell& cell, std::string_view text, const Mark& begin) const {
    const std::string padded = std::string(begin.line - 1, '\n') + std::string(begin.column - 1, ' ');
    try {
      cell.tree = graph::parse_data(padded + std::string(text), path_, fs::path(path_).parent_path().string());
    } catch (const graph::Faults& faults) {
      for (const graph::Fault& one : faults.list()) fault_(one.mark, one.what);
    }
  }

  const std::string& path_;
  const std::string_view text_;
  std::size_t at_ = 0, line_start_ = 0;
  int line_;
  const Rows& take_;
  const RowFault& fault_;
};

void read_rows_of_json(const std::string& path, std::string_view text, int first_line, const Rows& take,
                       const RowFault& fault) {
  try {
    observers::parse_json(std::string(text));
  } catch (const Json::parse_error& e) {
    const std::size_t at = std::min<std::size_t>(e.byte > 0 ? e.byte - 1 : 0, text.size());
    const std::size_t line_start = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
    const auto lines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    const std::string what = e.what();
    const std::size_t begin = what.find("syntax error");
    return fault({path, first_line + static_cast<int>(lines), static_cast<int>(at - line_start) + 1},
                 "not JSON: " + (begin == std::string::npos ? what : what.substr(begin)));
  } catch (const std::exception& e) {
    return fault({path, first_line, 1}, e.what());
  }
  JsonRows(path, text, first_line, take, fault).read();
}

void read_json(const std::string& path, const Rows& take, const Columns&, const RowFault& fault) {
  const std::string text = text_of_file(path);
  if (check_utf8(path, text, fault)) read_rows_of_json(path, without_mark(text), 1, take, fault);
}

void read_jsonl(const std::string& path, const Rows& take, const Columns&, const RowFault& fault) {
  const std::string text = text_of_file(path);
  if (!check_utf8(path, text, fault)) return;
  each_line(without_mark(text),
            [&](const std::string& line, int number) { read_rows_of_json(path, line, number, take, fault); });
}

void read_yaml(const std::string& path, const Rows& take, const Columns&, const RowFault&) {
  for (Row& row : graph::load_rows(path)) take(std::move(row), path);
}

using RowReader = void (*)(const std::string&, const Rows&, const Columns&, const RowFault&);

const std::map<std::string, RowReader>& row_readers() {
  static const std::map<std::string, RowReader> readers{
      {".csv", read_csv}, {".json", read_json}, {".jsonl", read_jsonl}, {".ndjson", read_jsonl},
      {".txt", read_txt}, {".yaml", read_yaml}, {".yml", read_yaml}};
  return readers;
}

}  // namespace

std::vector<std::string> row_files(const std::string& path) {
  const fs::path whole(path);
  const std::string pattern = whole.filename().string();
  std::error_code error;
  if (path.find_first_of("*?[") == std::string::npos || fs::exists(whole, error)) return {path};
  const fs::path folder = whole.has_parent_path() ? whole.parent_path() : fs::path(".");
  if (folder.string().find_first_of("*?[") != std::string::npos && !fs::exists(folder, error))
    refuse(path, "wildcards may stand in the last part only");
  if (pattern.find_first_of("*?[") == std::string::npos) return {path};
  std::vector<std::string> files;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code gone;  // a link to nowhere is not a file
    if (fnmatch(pattern.c_str(), entry->path().filename().c_str(), FNM_PERIOD) == 0 && entry->is_regular_file(gone))
      files.push_back((whole.has_parent_path() ? entry->path() : entry->path().filename()).string());
  }
  std::ranges::sort(files);
  return files;
}

void read_rows(const std::string& path, const Rows& take, const Columns& column, const RowFault& fault) {
  std::string ending = fs::path(path).extension().string();
  std::ranges::transform(ending, ending.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  const auto reader = row_readers().find(ending);
  if (reader == row_readers().end()) {
    std::vector<std::string> endings;
    for (const auto& [known, read] : row_readers()) endings.push_back(known);
    refuse(path, "a table is told by its ending, one of " + base::joined(endings));
  }
  reader->second(path, take, column, fault);
}

}  // namespace program
