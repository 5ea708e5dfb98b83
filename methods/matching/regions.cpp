// SPDX-License-Identifier: MIT
#include "methods/matching/regions.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace matching {
namespace {

struct LabelledRun {
  std::int32_t label;
  Run run;
};

std::vector<LabelledRun> runs_of(const imaging::Labels& labels) {
  std::vector<LabelledRun> runs;
  for (std::int32_t y = 0; y < labels.height; ++y) {
    const std::int32_t* row = labels.ids.data() + static_cast<std::ptrdiff_t>(y) * labels.width;
    for (std::int32_t x = 0; x < labels.width;) {
      const std::int32_t from = x, label = row[x];
      while (x < labels.width && row[x] == label) ++x;
      if (label < 0 || label >= labels.count)
        throw std::invalid_argument("the label " + std::to_string(label) + " is not among the " +
                                    std::to_string(labels.count) + " that there should be, counted from 0");
      runs.push_back({label, {y, from, x - from}});
    }
  }
  return runs;
}

Region region_of(std::int32_t label, std::span<const Run> runs) {
  Region region{.label = label, .runs = runs};
  std::int32_t right = 0;
  region.x0 = runs.front().x;
  for (const Run& run : runs) {
    region.area += run.length;
    region.x0 = std::min(region.x0, run.x);
    right = std::max(right, run.x + run.length);
  }
  region.y0 = runs.front().y;
  region.height = runs.back().y + 1 - region.y0;
  region.width = right - region.x0;
  return region;
}

}  // namespace

Regions::Regions(const imaging::Labels& labels) {
  const std::vector<LabelledRun> found = runs_of(labels);
  // Sorted by counting: `ends` are first the numbers of runs, then where each label's next run goes.
  std::vector<std::size_t> ends(static_cast<std::size_t>(labels.count) + 1, 0);
  for (const LabelledRun& run : found) ++ends[static_cast<std::size_t>(run.label) + 1];
  for (std::size_t i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
  runs_.resize(found.size());
  for (const LabelledRun& run : found) runs_[ends[static_cast<std::size_t>(run.label)]++] = run.run;
  std::size_t from = 0;
  for (std::int32_t label = 0; label < labels.count; ++label) {
    const std::size_t to = ends[static_cast<std::size_t>(label)];
    if (to > from) regions_.push_back(region_of(label, std::span(runs_).subspan(from, to - from)));
    from = to;
  }
}

}  // namespace matching
