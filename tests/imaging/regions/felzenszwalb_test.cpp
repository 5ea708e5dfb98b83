// SPDX-License-Identifier: MIT
#include "imaging/regions/felzenszwalb.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "imaging/regions/features.h"
#include "imaging/regions/grid_edges.h"
#include "tests/imaging/fixtures.h"
#include "tests/imaging/planes.h"

namespace imaging {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The method as its definition has it: all edges sorted at once, both passes over all of them, nothing left out.
class Plain {
 public:
  Plain(const GridEdges& edges, const FelzenszwalbSettings& settings)
      : edges_(edges), roots_(edges.cells()), sizes_(roots_.size(), 1), inside_(roots_.size()) {
    std::iota(roots_.begin(), roots_.end(), 0);
    std::vector<int> order;
    for (int i = 0; i < 4 * edges.cells(); ++i) {
      if (std::isfinite(edges.weights[i])) order.push_back(i);
    }
    std::ranges::stable_sort(order, {}, [&](int i) { return edges.weights[i]; });
    const double c = settings.scale / 255;
    for (const int i : order) {
      const double weight = edges.weights[i];
      const auto limit = [&](int root) { return static_cast<float>(inside_[root] + c / sizes_[root]); };
      join(i, [&](int a, int b) { return weight < std::min(limit(a), limit(b)); });
    }
    for (const int i : order) {
      join(i, [&](int a, int b) { return sizes_[a] < settings.min_size || sizes_[b] < settings.min_size; });
    }
  }

  std::vector<std::int32_t> ids() {
    std::vector<std::int32_t> ids(roots_.size());
    std::int32_t count = 0;
    for (int cell = 0; cell < edges_.cells(); ++cell) ids[cell] = find(cell) == cell ? count++ : ids[find(cell)];
    return ids;
  }

 private:
  int find(int cell) {
    while (roots_[cell] != cell) cell = roots_[cell];
    return cell;
  }
  template <class Joins>
  void join(int edge, const Joins& joins) {
    const int cell = edge % edges_.cells(), a = find(cell), b = find(cell + edges_.step(edge / edges_.cells()));
    if (a == b || !joins(a, b)) return;
    roots_[std::max(a, b)] = std::min(a, b);
    sizes_[std::min(a, b)] += sizes_[std::max(a, b)];
    inside_[std::min(a, b)] = edges_.weights[edge];
  }

  const GridEdges& edges_;
  std::vector<int> roots_, sizes_;
  std::vector<double> inside_;
};

std::vector<std::int32_t> plain(const Planes& planes, const FelzenszwalbSettings& settings) {
  Scratch scratch(1 << 20);
  const GridEdges edges = blurred_distances(standardised(planes, scratch), settings.sigma, scratch);
  return Plain(edges, settings).ids();
}

TEST(Felzenszwalb, EqualsItsDefinition) {
  std::uint64_t seed = 0;
  for (const auto& [height, width] : {std::pair(40, 56), std::pair(1, 90), std::pair(90, 1), std::pair(17, 3)}) {
    for (const int channels : {1, 3, 4, 16}) {
      for (const double scale : {0.0, 1.0, 8.0, 32.0, 128.0, 1000.0, 1e9}) {
        for (const int min_size : {0, 2, 8, 60}) {
          const OwnPlanes planes = hilly_planes(channels, height, width, ++seed);
          const FelzenszwalbSettings settings{.scale = scale, .sigma = 0.8, .min_size = min_size};
          ASSERT_EQ(felzenszwalb(planes, settings).ids, plain(planes, settings))
              << channels << " channels of " << height << " by " << width << ", scale " << scale << ", min_size "
              << min_size;
        }
      }
    }
  }
}

TEST(Felzenszwalb, EqualsItsDefinitionWhereEdgesTie) {
  // Whole numbers without a blur: few different distances, and many edges of each.
  OwnPlanes planes = hilly_planes(2, 48, 48, 7, 2);
  for (float& number : planes.numbers) number = std::round(number);
  // A ramp: distances that differ in the last digits of a double alone.
  OwnPlanes ramp = constant_planes(1, 40, 48, 0);
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 48; ++x) ramp.at(0, y, x) = 0.1f * static_cast<float>(x + 2 * y);
  }
  for (const Planes& some : {Planes(planes), Planes(ramp)}) {
    for (const double sigma : {0.0, 0.8}) {
      for (const double scale : {4.0, 32.0, 300.0}) {
        const FelzenszwalbSettings settings{.scale = scale, .sigma = sigma, .min_size = 8};
        EXPECT_EQ(felzenszwalb(some, settings).ids, plain(some, settings)) << "sigma " << sigma << ", scale " << scale;
      }
    }
  }
}

TEST(Felzenszwalb, CutsBetweenWhatDiffers) {
  OwnPlanes planes = constant_planes(4, 4, 6, 1);
  for (int y = 0; y < 4; ++y) {
    for (int x = 3; x < 6; ++x) planes.at(2, y, x) = -1;
  }
  EXPECT_THAT(letters_of(felzenszwalb(planes, {.sigma = 0, .min_size = 0})),
              ElementsAre("aaabbb", "aaabbb", "aaabbb", "aaabbb"));
}

TEST(Felzenszwalb, JoinsRegionsThatAreTooSmall) {
  const OwnPlanes planes = hilly_planes(4, 32, 32, 3);
  for (const int min_size : {2, 9, 100}) {
    const Labels labels = felzenszwalb(planes, {.scale = 0, .min_size = min_size});
    std::vector<int> sizes(labels.count);
    for (const int id : labels.ids) ++sizes[id];
    EXPECT_GE(*std::ranges::min_element(sizes), min_size);
    EXPECT_GT(labels.count, 1);
  }
  EXPECT_EQ(felzenszwalb(planes, {.scale = 0, .min_size = 0}).count, 32 * 32);
  EXPECT_EQ(felzenszwalb(planes, {.scale = 0, .min_size = 1}).count, 32 * 32);
  EXPECT_EQ(felzenszwalb(planes, {.scale = 0, .min_size = 5000}).count, 1) << "larger than the whole";
}

TEST(Felzenszwalb, LargerScalesMakeFewerRegions) {
  const OwnPlanes planes = hilly_planes(4, 48, 48, 5);
  int last = 48 * 48 + 1;
  for (const double scale : {0.0, 30.0, 100.0, 1000.0}) {
    const int count = felzenszwalb(planes, {.scale = scale, .min_size = 0}).count;
    EXPECT_LT(count, last);
    last = count;
  }
}

TEST(Felzenszwalb, WhatIsAllTheSameIsOneRegion) {
  const Labels labels = felzenszwalb(constant_planes(4, 30, 50, 0.25f), {});
  EXPECT_EQ(labels.count, 1);
  EXPECT_EQ(labels.height, 30);
  EXPECT_EQ(labels.width, 50);
  EXPECT_EQ(labels.patch_size, 0);
  EXPECT_EQ(labels.ids, std::vector<std::int32_t>(1500, 0));
  EXPECT_EQ(felzenszwalb(constant_planes(4, 1, 1, 3), {}).ids, std::vector<std::int32_t>{0}) << "one cell";
}

TEST(Felzenszwalb, BlursOverMoreThanTheWholePlane) {
  const FelzenszwalbSettings wide{.scale = 32, .sigma = 50, .min_size = 0};
  const OwnPlanes planes = hilly_planes(4, 5, 9, 2);
  EXPECT_EQ(felzenszwalb(planes, wide).ids, plain(planes, wide));
  EXPECT_EQ(felzenszwalb(planes, wide).count, 1);
}

TEST(Felzenszwalb, RefusesWhatIsNoNumber) {
  OwnPlanes planes = constant_planes(4, 5, 7, 1);
  planes.at(2, 3, 4) = NAN;
  planes.at(3, 0, 0) = -INFINITY;
  EXPECT_EQ(thrown_by([&] { felzenszwalb(planes, {}); }),
            "the latents are not numbers (NaN, infinite or above 1e37) in 2 of 140 places, first in channel 2, row 3, "
            "column 4");
  EXPECT_EQ(thrown_by([] { felzenszwalb(constant_planes(4, 0, 7, 1), {}); }), "latents without a cell");
  OwnPlanes large = constant_planes(1, 1, 2, 9e36f);
  large.at(0, 0, 1) = -9e36f;
  EXPECT_EQ(felzenszwalb(large, {.sigma = 0, .min_size = 0}).count, 2);
}

TEST(BlurredDistances, EqualAGaussianWorkedOutByHand) {
  // One channel, one row: blurred by a kernel of radius int(4·0.3 + 0.5) = 1, borders mirrored.
  OwnPlanes planes = constant_planes(1, 1, 3, 0);
  planes.at(0, 0, 0) = 1, planes.at(0, 0, 1) = 4, planes.at(0, 0, 2) = 9;
  const double side = std::exp(-0.5 / 0.09), sum = 1 + 2 * side;
  const double blurred[] = {(1 + side * (1 + 4)) / sum, (4 + side * (1 + 9)) / sum, (9 + side * (4 + 9)) / sum};
  Scratch scratch(64);
  const GridEdges edges = blurred_distances(planes, 0.3, scratch);
  EXPECT_DOUBLE_EQ(edges.weights[0], blurred[1] - blurred[0]);
  EXPECT_DOUBLE_EQ(edges.weights[1], blurred[2] - blurred[1]);
  for (int i = 2; i < 12; ++i) EXPECT_EQ(edges.weights[i], INFINITY) << "nothing lies beyond";
}

TEST(Features, AreStandardised) {
  const OwnPlanes planes = hilly_planes(3, 20, 30, 1);
  Scratch scratch(64);
  const Planes features = standardised(planes, scratch);
  for (int c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    for (int i = 0; i < 600; ++i) {
      const double x = features.data[600 * c + i];
      sum += x, squares += x * x;
    }
    EXPECT_NEAR(sum / 600, 0, 1e-6);
    EXPECT_NEAR(squares / 600, 1, 1e-6);
  }
  const Planes same = standardised(constant_planes(1, 2, 2, 5), scratch);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(same.data[i], 0) << "no deviation to divide by";
}

}  // namespace
}  // namespace imaging
