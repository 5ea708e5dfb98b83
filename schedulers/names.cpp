// SPDX-License-Identifier: MIT
#include "schedulers/names.h"

#include <algorithm>
#include <numeric>

namespace schedulers {
namespace {

/// Levenshtein's distance: letters to insert, remove or exchange.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t exchanged = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({exchanged, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string did_you_mean(const std::string& name, const std::vector<std::string>& names) {
  const auto nearest = std::ranges::min_element(names, {}, [&](const std::string& n) { return distance(name, n); });
  if (nearest == names.end() || distance(name, *nearest) > std::max<std::size_t>(1, name.size() / 3)) return "";
  return "; did you mean '" + *nearest + "'?";
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace schedulers
