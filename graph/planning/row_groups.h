// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace graph {

/// How the rows of a table fall into groups, by what some of its columns say. Two ways: neighbours that agree are a
/// group, so that what they share can be dropped behind the last of them; or all that agree are, wherever they stand.
/// Groups are numbered by their first rows. Immutable.
class RowGroups {
 public:
  /// `agree(a, b)`: whether row a says what row b does.
  template <class Agree>
  static RowGroups of_neighbours(std::int64_t rows, Agree agree) {
    RowGroups groups;
    groups.rows_ = rows;
    for (std::int64_t row = 0; row < rows; ++row) {
      if (row == 0 || !agree(row - 1, row)) groups.first_.push_back(row);
    }
    return groups;
  }
  /// `texts[row]`: what the row says.
  static RowGroups of_all(const std::vector<std::string>& texts);

  std::int64_t count() const { return static_cast<std::int64_t>(first_.size()); }
  std::int64_t group(std::int64_t row) const;
  std::int64_t first(std::int64_t group) const { return first_[group]; }
  /// Ascending.
  std::vector<std::int64_t> rows(std::int64_t group) const;

 private:
  std::int64_t rows_ = 0;
  std::vector<std::int64_t> first_;     ///< by group
  std::vector<std::int64_t> group_of_;  ///< by row, where others may stand between; else empty
};

}  // namespace graph
