// SPDX-License-Identifier: MIT
#include "imaging/regions/draw_regions.h"

#include <set>
#include <tuple>

#include "tests/imaging/fixtures.h"

namespace imaging {
namespace {

const Labels kThree = labels_of({0, 0, 1, 0, 2, 2}, 2, 3);

cv::Vec3f region_pixel(const cv::Mat& picture, int y, int x) {
  return picture.at<cv::Vec3f>(y, x);
}

TEST(DrawRegions, GivesEachRegionAColour) {
  const cv::Mat picture = draw_regions(kThree, {.scale = 4, .boundary_width = 0});
  ASSERT_EQ(picture.size(), cv::Size(12, 8));
  EXPECT_TRUE(cv::checkRange(picture, true, nullptr, 0.0, 1.0 + 1e-6));
  std::set<std::tuple<float, float, float>> colours;
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 12; ++x) {
      EXPECT_EQ(region_pixel(picture, y, x), region_pixel(picture, y / 4 * 4, x / 4 * 4)) << "a cell is of one colour";
      const cv::Vec3f colour = region_pixel(picture, y, x);
      colours.emplace(colour[0], colour[1], colour[2]);
    }
  }
  EXPECT_EQ(colours.size(), 3U);
  EXPECT_EQ(region_pixel(picture, 0, 0), region_pixel(picture, 4, 0)) << "cells of one region are of one colour";
}

TEST(DrawRegions, ColoursComeFromTheSeed) {
  const auto drawn = [](std::uint64_t seed) { return draw_regions(kThree, {.seed = seed}); };
  EXPECT_TRUE(same_pixels(drawn(1), drawn(1)));
  EXPECT_FALSE(same_pixels(drawn(1), drawn(2)));
}

TEST(DrawRegions, DrawsBoundariesOfTheirWidth) {
  // Two regions side by side: lines on the last pixels of the left one, and nowhere else.
  const cv::Mat picture =
      draw_regions(labels_of({0, 1}, 1, 2), {.scale = 5, .boundary_width = 2, .boundary = {1, 0, 1}});
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 10; ++x)
      EXPECT_EQ(region_pixel(picture, y, x) == cv::Vec3f(1, 0, 1), x == 3 || x == 4) << x << ", " << y;
  }
}

TEST(DrawRegions, BoundariesAreClosedAtCorners) {
  const cv::Mat picture = draw_regions(labels_of({0, 0, 0, 1}, 2, 2), {.scale = 3, .boundary = {1, 1, 1}});
  EXPECT_EQ(region_pixel(picture, 2, 2), cv::Vec3f(1, 1, 1));
  EXPECT_EQ(region_pixel(picture, 2, 5), cv::Vec3f(1, 1, 1));
  EXPECT_NE(region_pixel(picture, 1, 5), cv::Vec3f(1, 1, 1));
}

TEST(DrawRegions, LiesOverAPicture) {
  const cv::Mat red(40, 20, CV_32FC3, cv::Scalar(1, 0, 0));
  const RegionDrawing drawing{.boundary_width = 0, .opacity = 0};
  EXPECT_LT(cv::norm(draw_regions(kThree, drawing, red), cv::Mat(8, 12, CV_32FC3, cv::Scalar(1, 0, 0)), cv::NORM_INF),
            1e-6);
  const cv::Mat alone = draw_regions(kThree, {.boundary_width = 0});
  EXPECT_TRUE(same_pixels(draw_regions(kThree, {.boundary_width = 0, .opacity = 1}, red), alone));
  const cv::Mat half = draw_regions(kThree, {.boundary_width = 0, .opacity = 0.5}, red);
  EXPECT_NEAR(region_pixel(half, 0, 0)[0], 0.5 + 0.5 * region_pixel(alone, 0, 0)[0], 1e-6);
  EXPECT_NEAR(region_pixel(half, 0, 0)[1], 0.5 * region_pixel(alone, 0, 0)[1], 1e-6);
}

}  // namespace
}  // namespace imaging
