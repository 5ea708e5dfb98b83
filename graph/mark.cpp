// SPDX-License-Identifier: MIT
#include "graph/mark.h"

#include <algorithm>
#include <tuple>

namespace graph {
namespace {

std::string joined(const std::vector<Fault>& faults) {
  std::string text;
  for (const Fault& fault : faults) text += (text.empty() ? "" : "\n") + fault.text();
  return text;
}

std::vector<Fault> sorted(std::vector<Fault> faults) {
  const auto key = [](const Fault& f) { return std::tie(f.mark.file, f.mark.line, f.mark.column, f.what); };
  std::stable_sort(faults.begin(), faults.end(), [&](const Fault& a, const Fault& b) { return key(a) < key(b); });
  faults.erase(
      std::unique(faults.begin(), faults.end(), [&](const Fault& a, const Fault& b) { return key(a) == key(b); }),
      faults.end());
  return faults;
}

/// Optimal string alignment distance: insert, delete, replace, or swap two neighbours.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string Fault::text() const {
  std::string place = mark.file;
  if (mark.line > 0) place += ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
  return place + (place.empty() ? "" : ": ") + "error: " + what;
}

Faults::Faults(const std::vector<Fault>& faults) : std::runtime_error(joined(sorted(faults))), list_(sorted(faults)) {}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
  if (word.size() > 100) return "";
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  const std::string* nearest = nullptr;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > word.size() + best || word.size() > candidate.size() + best) continue;
    const std::size_t d = distance(word, candidate);
    if (d < best && d > 0 && d < word.size()) best = d, nearest = &candidate;
  }
  return nearest ? " (did you mean '" + *nearest + "'?)" : "";
}

}  // namespace graph
