// SPDX-License-Identifier: MIT
#include "imaging/regions/threshold_regions.h"

#include <cmath>
#include <limits>

#include "imaging/regions/features.h"
#include "tests/imaging/fixtures.h"
#include "tests/imaging/planes.h"

namespace imaging {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Regions at one similarity, by flooding.
Labels flooded(const Planes& planes, int connectivity, double similarity) {
  Scratch scratch(1 << 16);
  const Planes vectors = unit_vectors(planes, scratch);
  const int height = planes.height, width = planes.width, cells = height * width;
  const auto alike = [&](int a, int b) {
    float cosine = 0;
    for (int c = 0; c < planes.channels; ++c) cosine += vectors.data[c * cells + a] * vectors.data[c * cells + b];
    return cosine >= similarity;
  };
  Labels labels{.height = height, .width = width, .ids = std::vector<std::int32_t>(cells, -1)};
  for (int first = 0; first < cells; ++first) {
    if (labels.ids[first] >= 0) continue;
    std::vector<int> open{first};
    labels.ids[first] = labels.count;
    while (!open.empty()) {
      const int cell = open.back(), y = cell / width, x = cell % width;
      open.pop_back();
      for (int v = std::max(y - 1, 0); v <= std::min(y + 1, height - 1); ++v) {
        for (int u = std::max(x - 1, 0); u <= std::min(x + 1, width - 1); ++u) {
          const int other = v * width + u;
          if ((connectivity == 4 && u != x && v != y) || labels.ids[other] >= 0 || !alike(cell, other)) continue;
          labels.ids[other] = labels.count;
          open.push_back(other);
        }
      }
    }
    ++labels.count;
  }
  labels.threshold = similarity;
  return labels;
}

/// The search as its definition has it.
Labels searched(const Planes& planes, const ThresholdSettings& settings) {
  double low = settings.similarity_low, high = settings.similarity_high;
  double nearest = std::numeric_limits<double>::infinity();
  Labels best;
  for (int probe = 0; probe < 14; ++probe) {
    const double similarity = (low + high) / 2;
    Labels labels = flooded(planes, settings.connectivity, similarity);
    if (labels.count >= settings.min_regions && labels.count <= settings.max_regions) return labels;
    (labels.count < settings.min_regions ? low : high) = similarity;
    const double distance = std::abs(labels.count - (settings.min_regions + settings.max_regions) / 2.0);
    if (distance < nearest) nearest = distance, best = std::move(labels);
  }
  return best;
}

TEST(ThresholdRegions, EqualsItsDefinition) {
  std::uint64_t seed = 0;
  for (const auto& [height, width] : {std::pair(30, 44), std::pair(1, 60), std::pair(60, 1), std::pair(2, 2)}) {
    for (const int connectivity : {4, 8}) {
      for (const auto& [fewest, most] :
           {std::pair(64, 768), std::pair(1, 1), std::pair(1, 9), std::pair(20, 20), std::pair(5000, 6000)}) {
        const OwnPlanes planes = hilly_planes(4, height, width, ++seed, 1.5f);
        const ThresholdSettings settings{.min_regions = fewest, .max_regions = most, .connectivity = connectivity};
        const Labels labels = threshold_regions(planes, settings), due = searched(planes, settings);
        ASSERT_EQ(labels.ids, due.ids) << height << " by " << width << ", " << connectivity << " neighbours, " << fewest
                                       << " to " << most << " regions";
        EXPECT_EQ(labels.count, due.count);
        EXPECT_EQ(labels.threshold, due.threshold);
      }
    }
  }
}

/// Two directions in a checkerboard of two by two cells.
OwnPlanes checkers() {
  OwnPlanes planes = constant_planes(2, 4, 4, 0);
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 4; ++x) planes.at((y / 2 + x / 2) % 2, y, x) = 3;
  }
  return planes;
}

TEST(ThresholdRegions, DiagonalNeighboursCountOnlyAmongEight) {
  EXPECT_THAT(letters_of(threshold_regions(checkers(), {.min_regions = 1, .max_regions = 9, .connectivity = 4})),
              ElementsAre("aabb", "aabb", "ccdd", "ccdd"));
  EXPECT_THAT(letters_of(threshold_regions(checkers(), {.min_regions = 1, .max_regions = 9, .connectivity = 8})),
              ElementsAre("aabb", "aabb", "bbaa", "bbaa"));
}

TEST(ThresholdRegions, SaysAtWhichSimilarity) {
  const Labels labels = threshold_regions(checkers(), {.min_regions = 1, .max_regions = 9});
  EXPECT_EQ(labels.threshold, (-0.25 + 0.999) / 2);
  EXPECT_EQ(labels.count, 2);
}

TEST(ThresholdRegions, AFixedSimilarityIsASearchWithoutSpace) {
  const OwnPlanes planes = hilly_planes(4, 20, 20, 4, 1.5f);
  const Labels labels = threshold_regions(planes, {.similarity_low = 0.9, .similarity_high = 0.9});
  EXPECT_EQ(labels.threshold, 0.9);
  EXPECT_EQ(labels.ids, flooded(planes, 8, 0.9).ids);
}

TEST(ThresholdRegions, WhatIsAllTheSameIsOneRegion) {
  EXPECT_EQ(threshold_regions(constant_planes(4, 20, 30, -2), {}).count, 1);
  EXPECT_EQ(threshold_regions(constant_planes(4, 1, 1, 5), {}).ids, std::vector<std::int32_t>{0}) << "one cell";
  EXPECT_EQ(threshold_regions(constant_planes(4, 3, 3, 0), {.min_regions = 1, .similarity_low = 0.5}).count, 9)
      << "vectors of length 0 are like nothing";
}

TEST(ThresholdRegions, Refusals) {
  OwnPlanes planes = constant_planes(4, 5, 7, 1);
  EXPECT_EQ(thrown_by([&] { threshold_regions(planes, {.connectivity = 6}); }),
            "threshold_connectivity 6; cells have 4 or 8 neighbours");
  EXPECT_EQ(thrown_by([&] { threshold_regions(planes, {.min_regions = 9, .max_regions = 8}); }),
            "threshold_min_regions 9 is above threshold_max_regions 8");
  EXPECT_THAT(thrown_by([&] { threshold_regions(planes, {.similarity_low = 0.5, .similarity_high = 0.4}); }),
              HasSubstr("threshold_similarity_low 0.5"));
  planes.at(0, 0, 1) = NAN;
  EXPECT_THAT(thrown_by([&] { threshold_regions(planes, {}); }), HasSubstr("channel 0, row 0, column 1"));
}

}  // namespace
}  // namespace imaging
