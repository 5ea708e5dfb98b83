// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace program {

/// A cell as it is written, without its quotes.
struct CsvCell {
  std::string text;
  bool quoted = false;  ///< an empty one in quotes is an empty text, and without them nothing
};

/// Reads the records of a CSV text one after the other. Cells are parted by commas; one in double quotes may hold
/// commas, ends of lines and, doubled, double quotes. Lines end with LF or CR LF, the last one with or without. A line
/// without anything is passed over. Source: RFC 4180.
class CsvReader {
 public:
  /// `text` must outlive it. A byte order mark in front is passed over.
  explicit CsvReader(std::string_view text);

  /// The next record; none at the end. Numbers of records count from 1, the header being one.
  std::optional<std::vector<CsvCell>> next();
  std::size_t record() const { return record_; }
  /// What is wrong with the form of the last record, and in which cell, from 1; "" when nothing is.
  const std::string& fault() const { return fault_; }
  std::size_t fault_cell() const { return fault_cell_; }

 private:
  CsvCell read_quoted(std::size_t cell);
  CsvCell read_plain(std::size_t cell);
  bool at_line_end() const;
  void blame(std::size_t cell, const std::string& what);

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t record_ = 0;
  std::string fault_;
  std::size_t fault_cell_ = 0;
};

}  // namespace program
