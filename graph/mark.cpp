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

}  // namespace

std::string Fault::text(const char* sort) const {
  std::string place = mark.file;
  if (mark.line > 0) place += ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
  return place + (place.empty() ? "" : ": ") + sort + ": " + what;
}

Faults::Faults(const std::vector<Fault>& faults) : std::runtime_error(joined(sorted(faults))), list_(sorted(faults)) {}

}  // namespace graph
