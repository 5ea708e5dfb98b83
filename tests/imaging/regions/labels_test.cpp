// SPDX-License-Identifier: MIT
#include "imaging/regions/labels.h"

#include "tests/imaging/fixtures.h"
#include "tests/imaging/planes.h"

namespace imaging {
namespace {

using ::testing::ElementsAre;

TEST(SquareGrid, IsInReadingOrder) {
  const Labels grid = square_grid(4, 6, 2);
  EXPECT_THAT(letters_of(grid), ElementsAre("aabbcc", "aabbcc", "ddeeff", "ddeeff"));
  EXPECT_EQ(grid.count, 6);
  EXPECT_EQ(grid.patch_size, 2);
  EXPECT_EQ(square_grid(3, 5, 1).count, 15);
}

TEST(SquareGrid, NamesTheNearestSidesThatDo) {
  const auto refusal = [](int height, int width, int size) {
    return thrown_by([&] { square_grid(height, width, size); });
  };
  EXPECT_EQ(refusal(32, 40, 5), "patch_size 5 does not divide the latents of 32 by 40 cells; 4 and 8 do");
  EXPECT_EQ(refusal(32, 40, 9), "patch_size 9 does not divide the latents of 32 by 40 cells; 8 does");
  EXPECT_EQ(refusal(7, 9, 3), "patch_size 3 does not divide the latents of 7 by 9 cells; 1 does");
  EXPECT_EQ(refusal(8, 8, 1000), "patch_size 1000 does not divide the latents of 8 by 8 cells; 8 does");
  EXPECT_EQ(refusal(8, 8, 0), "patch_size 0; a square has at least one cell");
}

TEST(LabelsOf, CountsRegions) {
  const Labels labels = labels_of({2, 0, 1, 1, 0, 2}, 2, 3);
  EXPECT_EQ(labels.count, 3);
  EXPECT_THAT(letters_of(labels), ElementsAre("cab", "bac"));
  EXPECT_EQ(labels.patch_size, 0);
}

TEST(LabelsOf, RefusesWhatIsNotNumberedFromZero) {
  const auto refusal = [](const std::vector<std::int32_t>& ids) { return thrown_by([&] { labels_of(ids, 2, 2); }); };
  EXPECT_EQ(refusal({0, 1, -1, 1}), "the label -1 in row 1, column 0; labels count from 0");
  EXPECT_EQ(refusal({0, 0, 2, 2}), "no cell has the label 1, but one has 2; number the regions from 0 without gaps");
  EXPECT_EQ(refusal({1, 1, 1, 1}), "no cell has the label 0, but one has 1; number the regions from 0 without gaps");
  EXPECT_EQ(refusal({0, 0, 0, 2'000'000'000}),
            "no cell has the label 1, but one has 2000000000; number the regions from 0 without gaps");
  EXPECT_EQ(refusal({0, 0}), "2 labels for 2 by 2 cells");
  EXPECT_EQ(thrown_by([] { labels_of({}, 0, 4); }), "labels without a cell");
}

}  // namespace
}  // namespace imaging
