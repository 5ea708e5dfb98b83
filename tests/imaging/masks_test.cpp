// SPDX-License-Identifier: MIT
#include "imaging/masks.h"

#include "imaging/files/alpha.h"
#include "imaging/files/picture.h"
#include "tests/imaging/fixtures.h"

namespace imaging {
namespace {

cv::Mat mask_data(const std::string& name) {
  return mask_of_bytes(
      lightness(read_pixels(std::string(SOURCE_DIR) + "/tests/data/control/pictures/" + name + ".png")));
}

/// Zeros, but for a rectangle.
cv::Mat rectangle(cv::Size size, const cv::Rect& where, double weight = 1) {
  cv::Mat mask(size, CV_32FC1, cv::Scalar(0));
  mask(where).setTo(weight);
  return mask;
}

TEST(Masks, ComeToAnotherSizeAsDiffusersHasIt) {
  EXPECT_TRUE(same_pixels(hard_mask(resized_mask(mask_data("mask_other_size"), 128, 96)), mask_data("mask_resized")));
  const cv::Mat mask = mask_data("mask_soft");
  EXPECT_EQ(resized_mask(mask, mask.cols, mask.rows).data, mask.data);
}

TEST(Masks, AreHardFromOneHalfOn) {
  const cv::Mat mask = (cv::Mat_<float>(1, 4) << 0, 127 / 255.0f, 0.5f, 1);
  EXPECT_TRUE(same_pixels(hard_mask(mask), (cv::Mat_<float>(1, 4) << 0, 0, 1, 1)));
}

TEST(Masks, GrowAndShrinkAsDiscs) {
  const cv::Mat dot = rectangle({9, 9}, {4, 4, 1, 1});
  EXPECT_EQ(cv::countNonZero(grown_mask(dot, 1)), 5);
  EXPECT_EQ(cv::countNonZero(grown_mask(dot, 2)), 13);
  EXPECT_TRUE(same_pixels(grown_mask(grown_mask(dot, 2), -2), dot));
  EXPECT_EQ(grown_mask(dot, 0).data, dot.data);
  // What lies beyond the edge neither counts nor takes away.
  EXPECT_EQ(cv::countNonZero(grown_mask(cv::Mat(5, 5, CV_32FC1, cv::Scalar(1)), -2)), 25);
}

TEST(Masks, FeatheredEdgesFallFromInsideOut) {
  const cv::Mat soft = feathered_mask(rectangle({40, 5}, {0, 0, 20, 5}), 3);
  for (int x = 1; x < 40; ++x) EXPECT_LE(soft.at<float>(2, x), soft.at<float>(2, x - 1));
  EXPECT_EQ(soft.at<float>(2, 0), 1);
  EXPECT_EQ(soft.at<float>(2, 39), 0);
  EXPECT_NEAR(soft.at<float>(2, 19) + soft.at<float>(2, 20), 1, 0.01);
}

struct RegionCase {
  cv::Size size;
  cv::Rect rectangle;
  cv::Size drawn;
  int padding;
  cv::Rect region;
};

TEST(Masks, RegionsAreDiffusers) {
  // crop_regions.json of the reference: corners there, sizes here.
  const std::vector<RegionCase> cases{
      {{128, 96}, {40, 30, 20, 20}, {64, 64}, 0, {40, 30, 20, 20}},
      {{128, 96}, {40, 30, 20, 20}, {64, 64}, 16, {24, 14, 52, 52}},
      {{128, 96}, {0, 0, 20, 90}, {128, 96}, 8, {0, 0, 128, 96}},
      {{128, 96}, {100, 5, 28, 15}, {128, 64}, 4, {82, 1, 46, 23}},
      {{96, 128}, {10, 100, 80, 28}, {64, 128}, 0, {10, 0, 80, 128}},
      {{200, 60}, {150, 10, 49, 2}, {64, 64}, 32, {118, 0, 82, 60}},
      {{64, 64}, {63, 63, 1, 1}, {128, 64}, 1, {60, 62, 4, 2}},
      {{50, 61}, {5, 7, 39, 13}, {80, 112}, 3, {2, 0, 45, 61}},
      {{300, 40}, {10, 0, 270, 40}, {64, 64}, 5, {5, 0, 280, 40}},
  };
  for (const RegionCase& one : cases) {
    const cv::Mat mask = rectangle(one.size, one.rectangle, 7 / 255.0);
    EXPECT_EQ(region_around(mask, one.drawn.width, one.drawn.height, one.padding), one.region);
  }
  EXPECT_THROW(region_around(cv::Mat(4, 4, CV_32FC1, cv::Scalar(0)), 8, 8, 2), std::invalid_argument);
}

TEST(Masks, TheLargestRegionIsTheMiddleUnlessTheMaskIsElsewhere) {
  const auto region = [](cv::Size size, const cv::Rect& covered, int width, int height) {
    return largest_region(rectangle(size, covered), width, height);
  };
  const cv::Rect nothing;
  EXPECT_EQ(region({100, 60}, nothing, 64, 64), cv::Rect(20, 0, 60, 60));
  EXPECT_EQ(region({100, 60}, nothing, 32, 64), cv::Rect(35, 0, 30, 60));
  EXPECT_EQ(region({7, 500}, nothing, 64, 64), cv::Rect(0, 246, 7, 7));
  EXPECT_EQ(region({100, 60}, {30, 5, 40, 50}, 64, 64), cv::Rect(20, 0, 60, 60));
  EXPECT_EQ(region({100, 60}, {5, 5, 40, 50}, 64, 64), cv::Rect(5, 0, 60, 60));
  EXPECT_EQ(region({100, 60}, {90, 5, 10, 50}, 64, 64), cv::Rect(40, 0, 60, 60));
  EXPECT_EQ(region({100, 60}, {10, 5, 80, 50}, 64, 64), cv::Rect(20, 0, 60, 60));
}

TEST(Masks, KnowWhatARegionCovers) {
  const cv::Mat mask = rectangle({20, 20}, {3, 4, 5, 6});
  EXPECT_TRUE(covers({3, 4, 5, 6}, mask));
  EXPECT_FALSE(covers({3, 4, 4, 6}, mask));
  EXPECT_TRUE(covers({0, 0, 1, 1}, rectangle({20, 20}, {})));
}

TEST(Masks, LightnessIsPillows) {
  cv::Mat pixels(1, 3, CV_8UC3);
  pixels.at<cv::Vec3b>(0, 0) = {255, 255, 255};
  pixels.at<cv::Vec3b>(0, 1) = {255, 0, 0};
  pixels.at<cv::Vec3b>(0, 2) = {10, 200, 30};
  const cv::Mat grey = lightness(pixels);
  EXPECT_EQ(grey.at<unsigned char>(0, 0), 255);
  EXPECT_EQ(grey.at<unsigned char>(0, 1), 76);
  EXPECT_EQ(grey.at<unsigned char>(0, 2), 124);
}

TEST(Alpha, OpaqueFilesAreOpaque) {
  const cv::Mat alpha = read_alpha(std::string(SOURCE_DIR) + "/tests/data/control/pictures/init_image.png");
  EXPECT_EQ(alpha.size(), cv::Size(128, 96));
  EXPECT_EQ(cv::countNonZero(alpha != 255), 0);
  EXPECT_THROW(read_alpha("no-such.png"), std::runtime_error);
}

}  // namespace
}  // namespace imaging
