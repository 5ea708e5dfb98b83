// SPDX-License-Identifier: MIT
#include "program/csv.h"

namespace program {

CsvReader::CsvReader(std::string_view text) : text_(text) {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
}

bool CsvReader::at_line_end() const {
  return at_ == text_.size() || text_[at_] == '\n' || (text_[at_] == '\r' && text_.substr(at_ + 1, 1) == "\n");
}

void CsvReader::blame(std::size_t cell, const std::string& what) {
  if (!fault_.empty()) return;
  fault_ = what;
  fault_cell_ = cell;
}

CsvCell CsvReader::read_quoted(std::size_t cell) {
  CsvCell read{"", true};
  for (++at_;;) {
    const std::size_t quote = text_.find('"', at_);
    read.text += text_.substr(at_, quote - at_);
    if (quote == std::string_view::npos) {
      at_ = text_.size();
      blame(cell, "a double quote does not close");
      return read;
    }
    at_ = quote + 1;
    if (at_ == text_.size() || text_[at_] != '"') break;
    read.text += '"';
    ++at_;
  }
  if (at_line_end() || text_[at_] == ',') return read;
  blame(cell, "something stands behind the closing quote; a double quote within a cell is written twice");
  while (!at_line_end() && text_[at_] != ',') ++at_;
  return read;
}

CsvCell CsvReader::read_plain(std::size_t cell) {
  const std::size_t begin = at_;
  while (!at_line_end() && text_[at_] != ',') {
    if (text_[at_] == '"')
      blame(cell,
            "a double quote stands in a cell that does not begin with one; put the cell in quotes, and double it");
    ++at_;
  }
  return {std::string(text_.substr(begin, at_ - begin)), false};
}

std::optional<std::vector<CsvCell>> CsvReader::next() {
  fault_.clear();
  while (at_ < text_.size() && at_line_end()) at_ += text_[at_] == '\r' ? 2 : 1;
  if (at_ == text_.size()) return std::nullopt;
  ++record_;
  std::vector<CsvCell> cells;
  while (true) {
    const std::size_t cell = cells.size() + 1;
    cells.push_back(at_ < text_.size() && text_[at_] == '"' ? read_quoted(cell) : read_plain(cell));
    if (at_line_end()) break;
    ++at_;  // the comma
  }
  if (at_ < text_.size()) at_ += text_[at_] == '\r' ? 2 : 1;
  return cells;
}

}  // namespace program
