// SPDX-License-Identifier: MIT
#include "imaging/latent_colours.h"

#include <cmath>

#include "tests/imaging/fixtures.h"
#include "tests/imaging/planes.h"

namespace imaging {
namespace {

using ::testing::HasSubstr;

cv::Vec3f colour_pixel(const cv::Mat& picture, int y, int x) {
  return picture.at<cv::Vec3f>(y, x);
}

TEST(SdxlColours, MapChannelsToRgb) {
  OwnPlanes planes = constant_planes(4, 2, 3, 0);
  planes.at(0, 1, 2) = 1, planes.at(3, 1, 2) = -0.5;
  planes.at(0, 0, 1) = 9;
  const cv::Mat picture = sdxl_colours(planes);
  ASSERT_EQ(picture.size(), cv::Size(3, 2));
  EXPECT_LT(cv::norm(colour_pixel(picture, 0, 0), cv::Vec3f(150 / 255.F, 140 / 255.F, 130 / 255.F), cv::NORM_INF),
            1e-6);
  EXPECT_LT(cv::norm(colour_pixel(picture, 1, 2), cv::Vec3f(245 / 255.F, 225 / 255.F, 207.5F / 255.F), cv::NORM_INF),
            1e-6);
  EXPECT_EQ(colour_pixel(picture, 0, 1), cv::Vec3f(1, 1, 1)) << "clamped";
}

TEST(PrincipalColours, WhatDiffersMostIsBrightness) {
  // Channel 1 goes from black to white along x, channel 0 is a tenth of it along y.
  OwnPlanes planes = constant_planes(5, 21, 21, 3);
  for (int y = 0; y < 21; ++y) {
    for (int x = 0; x < 21; ++x)
      planes.at(1, y, x) = static_cast<float>(x), planes.at(0, y, x) = 0.1f * static_cast<float>(y);
  }
  const cv::Mat picture = principal_colours(planes);
  EXPECT_LT(cv::norm(colour_pixel(picture, 10, 10), cv::Vec3f(0.5, 0.5, 0.5), cv::NORM_INF), 1e-6)
      << "the mean is grey";
  for (int x = 1; x < 21; ++x) EXPECT_GT(colour_pixel(picture, 10, x)[1], colour_pixel(picture, 10, x - 1)[1]);
  const double deviation = std::sqrt((21 * 21 - 1) / 12.0);
  EXPECT_NEAR(colour_pixel(picture, 10, 20)[1], 0.5 + 0.5 * 10 / (2.5 * deviation), 1e-6);
  EXPECT_NEAR(colour_pixel(picture, 10, 20)[0], colour_pixel(picture, 10, 20)[2], 1e-6) << "no colour in it";
  EXPECT_GT(colour_pixel(picture, 20, 10)[2], colour_pixel(picture, 0, 10)[2]) << "the second is blue";
}

TEST(PrincipalColours, ShowAnyNumberOfChannels) {
  for (const int channels : {1, 2, 3, 4, 16}) {
    const cv::Mat picture = principal_colours(hilly_planes(channels, 12, 9, 3));
    EXPECT_EQ(picture.size(), cv::Size(9, 12));
    EXPECT_TRUE(cv::checkRange(picture, true, nullptr, 0.0, 1.0 + 1e-6));
    EXPECT_GT(cv::norm(colour_pixel(picture, 0, 0), colour_pixel(picture, 11, 8), cv::NORM_INF), 0.01);
  }
  EXPECT_TRUE(
      same_pixels(principal_colours(constant_planes(4, 3, 3, 7)), cv::Mat(3, 3, CV_32FC3, cv::Scalar::all(0.5))));
}

TEST(PrincipalColours, RefuseWhatIsNoNumber) {
  EXPECT_THAT(thrown_by([] { principal_colours(constant_planes(4, 3, 3, NAN)); }), HasSubstr("not numbers"));
}

}  // namespace
}  // namespace imaging
