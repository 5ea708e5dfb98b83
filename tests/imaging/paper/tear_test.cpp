// SPDX-License-Identifier: MIT
#include "imaging/paper/tear.h"

#include <opencv2/imgproc.hpp>

#include "imaging/paper/laying.h"
#include "tests/imaging/fixtures.h"

namespace imaging {
namespace {

const cv::Size kSize(96, 96);
const cv::Mat kCanvas(kSize, CV_32FC3, cv::Scalar(0.8, 0.7, 0.6)),
    kTornPaper(kSize, CV_32FC3, cv::Scalar(0.1, 0.2, 0.9));

cv::Vec3f torn_pixel(const cv::Mat& picture, int x, int y) {
  return picture.at<cv::Vec3f>(y, x);
}

cv::Mat with_disc(const Tear& tear) {
  return lay_piece(kCanvas, kTornPaper, disc_field(kSize, {.length = 0.5}), tear);
}

TEST(Tear, PaperInsideCanvasFarOutside) {
  const cv::Mat out = with_disc({.seed = 1});
  EXPECT_LT(cv::norm(torn_pixel(out, 48, 48), torn_pixel(kTornPaper, 0, 0), cv::NORM_INF), 1e-6);
  EXPECT_EQ(torn_pixel(out, 2, 93), torn_pixel(kCanvas, 0, 0));
  EXPECT_TRUE(cv::checkRange(out, true, nullptr, 0.0, 1.0 + 1e-6));
}

TEST(Tear, TheCanvasItselfIsLeftAlone) {
  const cv::Mat before = kCanvas.clone();
  with_disc({.seed = 1});
  EXPECT_TRUE(same_pixels(kCanvas, before));
}

TEST(Tear, ShowsAWhiteRim) {
  const auto white = [](const cv::Mat& picture) {
    int count = 0;
    for (int y = 0; y < picture.rows; ++y) {
      for (int x = 0; x < picture.cols; ++x) count += torn_pixel(picture, x, y)[0] > 0.88f;
    }
    return count;
  };
  EXPECT_EQ(white(with_disc({.seed = 1, .rim = 0.0})), 0);
  const int narrow = white(with_disc({.seed = 1, .rim = 0.02})), wide = white(with_disc({.seed = 1, .rim = 0.05}));
  EXPECT_GT(narrow, 50);
  EXPECT_GT(wide, narrow);
}

TEST(Tear, ThrowsAShadowUpAndRight) {
  const cv::Mat out = with_disc({.seed = 1, .shadow = 0.1, .shadow_strength = 0.6});
  const float above = torn_pixel(out, 48, 18)[0], below = torn_pixel(out, 48, 78)[0];
  EXPECT_LT(above, 0.75f);
  EXPECT_GT(below, above);
  EXPECT_EQ(torn_pixel(with_disc({.seed = 1, .shadow_strength = 0.0}), 48, 18), torn_pixel(kCanvas, 0, 0));
}

TEST(Tear, IsDrawnFromItsSeed) {
  EXPECT_TRUE(same_pixels(with_disc({.seed = 4}), with_disc({.seed = 4})));
  EXPECT_FALSE(same_pixels(with_disc({.seed = 4}), with_disc({.seed = 5})));
}

TEST(Outline, FieldsArePositiveInside) {
  const Piece piece{.x = 0.5, .y = 0.5, .length = 0.6, .aspect = 0.5};
  for (const cv::Mat& field :
       {disc_field(kSize, piece), scrap_field(kSize, piece, 3), leaf_field(kSize, piece), tree_field(kSize, piece)}) {
    EXPECT_GT(field.at<float>(48, 48), 5.0f);
    EXPECT_LT(field.at<float>(2, 48), 0.0f);
    EXPECT_LT(field.at<float>(48, 2), 0.0f);
    EXPECT_GT(field.at<float>(48, 60), field.at<float>(60, 48)) << "longer across than down";
  }
}

TEST(Outline, ADiscsFieldIsTheDistance) {
  const cv::Mat field = disc_field(kSize, {.length = 0.5});
  EXPECT_NEAR(field.at<float>(48, 48), 24, 1);
  EXPECT_NEAR(field.at<float>(48, 90), 24 - 42.5, 1);
}

TEST(Outline, ABandLiesBelowItsRidge) {
  for (const double peaks : {0.0, 1.0}) {
    const cv::Mat field = band_field(kSize, {.seed = 9, .edge = 0.5, .relief = 0.2, .peaks = peaks});
    for (int x = 0; x < kSize.width; ++x) {
      EXPECT_LT(field.at<float>(0, x), 0.0f);
      EXPECT_GT(field.at<float>(95, x), 0.0f);
    }
  }
}

TEST(Outline, FlatWithoutRelief) {
  const cv::Mat field = band_field(kSize, {.edge = 0.25, .relief = 0.0});
  for (int x = 0; x < kSize.width; ++x) EXPECT_FLOAT_EQ(field.at<float>(24, x), 0.5f);
}

TEST(CutSheet, StaysOnThePaperWhereItCan) {
  // A paper whose edges are white: no turn of a sheet of half its size may show them.
  cv::Mat paper(80, 80, CV_32FC3, cv::Scalar(0, 0, 0));
  cv::rectangle(paper, {0, 0, 80, 80}, cv::Scalar(1, 1, 1));
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    EXPECT_EQ(cv::norm(cut_sheet(paper, {40, 40}, 1, seed), cv::NORM_INF), 0) << seed;
  }
}

TEST(CutSheet, ShowsNothingButThePaper) {
  cv::Mat paper(10, 14, CV_32FC3, cv::Scalar(0.25, 0.5, 0.75));
  const cv::Mat sheet = cut_sheet(paper, {50, 40}, 1.7, 3);
  EXPECT_EQ(sheet.size(), cv::Size(50, 40));
  EXPECT_LT(cv::norm(sheet, cv::Mat(40, 50, CV_32FC3, cv::Scalar(0.25, 0.5, 0.75)), cv::NORM_INF), 1e-6);
  const cv::Mat dot(1, 1, CV_32FC3, cv::Scalar(1, 0, 0));
  EXPECT_EQ(torn_pixel(cut_sheet(dot, {4, 4}, 1, 1), 3, 3), cv::Vec3f(1, 0, 0));
}

TEST(Laying, ChanceMovesPiecesWithinTheirSpread) {
  double low = 1, high = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Laying laying{.seed = seed,
                        .shape = PieceShape::kDisc,
                        .size = 0.1,
                        .spread_x = 0.3,
                        .tear = {.rim = 0, .shadow_strength = 0}};
    const cv::Mat out = lay(kCanvas, kTornPaper, laying);
    double sum = 0, count = 0;
    for (int x = 0; x < kSize.width; ++x) {
      if (torn_pixel(out, x, 48)[2] > 0.85f) sum += x, ++count;
    }
    ASSERT_GT(count, 0);
    low = std::min(low, sum / count / kSize.width);
    high = std::max(high, sum / count / kSize.width);
  }
  EXPECT_LT(low, 0.35);
  EXPECT_GE(low, 0.18);
  EXPECT_GT(high, 0.65);
  EXPECT_LE(high, 0.82);
}

TEST(Laying, ASheetCoversAll) {
  const cv::Mat out = lay(kCanvas, kTornPaper, {.shape = PieceShape::kSheet});
  EXPECT_LT(cv::norm(out, kTornPaper, cv::NORM_INF), 1e-6);
}

TEST(Laying, HazeGoesToTheColourOfTheTopEdge) {
  cv::Mat canvas = kCanvas.clone();
  canvas(cv::Rect(0, 20, 96, 76)).setTo(cv::Scalar(0, 0, 0));
  const cv::Mat out = lay(canvas, kTornPaper, {.shape = PieceShape::kSheet, .haze = 1.0});
  EXPECT_LT(cv::norm(out, kCanvas, cv::NORM_INF), 1e-6);
}

TEST(Laying, ShuffledIsAPermutation) {
  const std::vector<int> order = shuffled(12, 5);
  EXPECT_THAT(order, ::testing::UnorderedElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  EXPECT_EQ(order, shuffled(12, 5));
  EXPECT_NE(order, shuffled(12, 6));
  EXPECT_THAT(shuffled(1, 5), ::testing::ElementsAre(0));
}

TEST(Laying, ShapesByNameAndNoOthers) {
  EXPECT_EQ(shape_named("leaf"), PieceShape::kLeaf);
  EXPECT_EQ(thrown_by([] { shape_named("star"); }),
            "no shape 'star': there are band, disc, scrap, leaf, tree and sheet");
}

}  // namespace
}  // namespace imaging
