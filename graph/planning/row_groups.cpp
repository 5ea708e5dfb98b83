// SPDX-License-Identifier: MIT
#include "graph/planning/row_groups.h"

#include <algorithm>
#include <unordered_map>

namespace graph {

RowGroups RowGroups::of_all(const std::vector<std::string>& texts) {
  RowGroups groups;
  groups.rows_ = static_cast<std::int64_t>(texts.size());
  std::unordered_map<std::string, std::int64_t> known;
  for (std::int64_t row = 0; row < groups.rows_; ++row) {
    const auto [group, added] = known.try_emplace(texts[row], groups.count());
    if (added) groups.first_.push_back(row);
    groups.group_of_.push_back(group->second);
  }
  return groups;
}

std::int64_t RowGroups::group(std::int64_t row) const {
  if (!group_of_.empty()) return group_of_[row];
  if (count() == rows_) return row;
  return std::ranges::upper_bound(first_, row) - first_.begin() - 1;
}

std::vector<std::int64_t> RowGroups::rows(std::int64_t group) const {
  std::vector<std::int64_t> rows;
  const bool last = group + 1 == count();
  const std::int64_t end = group_of_.empty() && !last ? first_[group + 1] : rows_;
  for (std::int64_t row = first_[group]; row < end; ++row) {
    if (group_of_.empty() || group_of_[row] == group) rows.push_back(row);
  }
  return rows;
}

}  // namespace graph
