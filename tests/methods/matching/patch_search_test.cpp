// SPDX-License-Identifier: MIT
#include "methods/matching/patch_search.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "methods/matching/bank.h"
#include "tests/methods/matching/banks.h"

namespace matching {
namespace {

/// What comparing with every point gives, in double.
std::vector<Found> by_comparing_all(const at::Tensor& query, const at::Tensor& points, std::size_t count) {
  const at::Tensor scores = at::mv(points.to(at::kDouble), query.to(at::kDouble));
  std::vector<Found> all;
  for (std::int64_t i = 0; i < scores.numel(); ++i)
    all.push_back({static_cast<float>(scores[i].item<double>()), static_cast<std::int32_t>(i)});
  std::ranges::stable_sort(all, [](const Found& a, const Found& b) { return a.score > b.score; });
  all.resize(count);
  return all;
}

std::span<const float> numbers(const at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

at::Tensor vectors(std::int64_t count, std::int64_t dimensions, int seed) {
  return normalised(
      made_up_source(1, static_cast<int>(count), static_cast<int>(dimensions), seed).latent.view({count, dimensions}));
}

struct Sizes {
  int points, dimensions, queries, per_query;
};

class PatchSearch : public ::testing::TestWithParam<Sizes> {};

TEST_P(PatchSearch, FindsWhatComparingAllFinds) {
  const auto [count, dimensions, asked, per_query] = GetParam();
  const at::Tensor points = vectors(count, dimensions, 3), queries = vectors(asked, dimensions, 4);
  const PatchTree tree(numbers(points), static_cast<std::size_t>(dimensions));
  std::vector<Found> found(static_cast<std::size_t>(asked * per_query));
  find_patches(tree, numbers(queries), static_cast<std::size_t>(per_query), found);
  for (int q = 0; q < asked; ++q) {
    const std::vector<Found> expected = by_comparing_all(queries[q], points, static_cast<std::size_t>(per_query));
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const Found& one = found[static_cast<std::size_t>(q) * expected.size() + i];
      EXPECT_NEAR(one.score, expected[i].score, 1e-6) << "query " << q << ", place " << i;
      if (one.patch == expected[i].patch) continue;
      // Another one, then as near as rounding can tell.
      EXPECT_NEAR(at::dot(points[one.patch], queries[q]).item<float>(), expected[i].score, 1e-6)
          << "query " << q << ", place " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, PatchSearch,
                         ::testing::Values(Sizes{1, 4, 3, 1}, Sizes{7, 4, 5, 7}, Sizes{33, 4, 5, 2},
                                           Sizes{2000, 4, 60, 1}, Sizes{2000, 4, 20, 9}, Sizes{500, 3, 20, 2},
                                           Sizes{700, 12, 20, 3}, Sizes{700, 16, 20, 1}, Sizes{301, 36, 23, 1},
                                           Sizes{64, 64, 8, 64}),
                         [](const auto& info) {
                           const Sizes& s = info.param;
                           return std::to_string(s.points) + "_points_of_" + std::to_string(s.dimensions) + "_best_" +
                                  std::to_string(s.per_query);
                         });

TEST(PatchSearchTies, AreWonByTheFirst) {
  at::Tensor points = vectors(40, 4, 5).repeat({3, 1});  // each point at i, 40 + i and 80 + i
  const PatchTree tree(numbers(points), 4);
  std::vector<Found> found(40 * 2);
  find_patches(tree, numbers(points.narrow(0, 80, 40)), 2, found);
  for (std::int32_t i = 0; i < 40; ++i) {
    EXPECT_EQ(found[static_cast<std::size_t>(2 * i)].patch, i);
    EXPECT_EQ(found[static_cast<std::size_t>(2 * i + 1)].patch, 40 + i);
  }
}

TEST(PatchSearchTies, OfZerosGoByIndex) {
  const at::Tensor points = vectors(100, 4, 5);
  const PatchTree tree(numbers(points), 4);
  std::vector<Found> found(3);
  find_patches(tree, std::vector<float>(4, 0), 3, found);
  for (std::int32_t i = 0; i < 3; ++i) EXPECT_EQ(found[static_cast<std::size_t>(i)].patch, i);
}

TEST(PatchSearchTies, AmongPointsThatAreAllEqual) {
  const at::Tensor points = vectors(1, 4, 5).repeat({300, 1});
  const PatchTree tree(numbers(points), 4);
  std::vector<Found> found(1);
  find_patches(tree, numbers(vectors(1, 4, 6)), 1, found);
  EXPECT_EQ(found[0].patch, 0);
}

}  // namespace
}  // namespace matching
