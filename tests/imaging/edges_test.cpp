// SPDX-License-Identifier: MIT
#include "imaging/edges.h"

#include "imaging/files/picture.h"
#include "imaging/gaussian_blur.h"
#include "tests/imaging/fixtures.h"

namespace imaging {
namespace {

/// SD-piXL's own numbers: tests/data/control/README.md.
cv::Mat edge_data(const std::string& name) {
  return read_pixels(std::string(SOURCE_DIR) + "/tests/data/control/edges/" + name + ".png");
}

cv::Mat grey_data(const std::string& name) {
  cv::Mat grey;
  cv::extractChannel(edge_data(name), grey, 0);
  return grey;
}

TEST(GaussianBlur, IsPillows) {
  EXPECT_TRUE(same_pixels(gaussian_blur(edge_data("target_bytes"), 1), edge_data("blur_1")));
  EXPECT_TRUE(same_pixels(gaussian_blur(edge_data("target_bytes"), 2), edge_data("blur_2")));
}

TEST(GaussianBlur, ChannelsAreBlurredAlone) {
  cv::Mat blurred;
  cv::extractChannel(edge_data("blur_2"), blurred, 0);
  EXPECT_TRUE(same_pixels(gaussian_blur(grey_data("target_bytes"), 2), blurred));
}

TEST(GaussianBlur, EvenPicturesAndNoRadiusChangeNothing) {
  const cv::Mat even(5, 3, CV_8UC3, cv::Scalar(7, 200, 255));
  for (const double radius : {0.0, 0.3, 2.5, 40.0})
    EXPECT_TRUE(same_pixels(gaussian_blur(even, radius), even)) << radius;
  const cv::Mat one = pixels_8bit(1, 1);
  EXPECT_TRUE(same_pixels(gaussian_blur(one, 3), one));
  EXPECT_TRUE(same_pixels(gaussian_blur(pixels_8bit(9, 7), 0), pixels_8bit(9, 7)));
}

TEST(GaussianBlur, Refuses) {
  EXPECT_THROW(gaussian_blur(cv::Mat(), 1), std::invalid_argument);
  EXPECT_THROW(gaussian_blur(cv::Mat(2, 2, CV_32FC3), 1), std::invalid_argument);
  EXPECT_THROW(gaussian_blur(pixels_8bit(2, 2), -1), std::invalid_argument);
  EXPECT_THROW(gaussian_blur(pixels_8bit(2, 2), NAN), std::invalid_argument);
}

TEST(Canny, IsTheOriginals) {
  EXPECT_TRUE(same_pixels(canny(edge_data("blur_1"), 100, 200), grey_data("canny_100_200_blur1")));
  EXPECT_TRUE(same_pixels(canny(edge_data("target_bytes"), 60, 120), grey_data("canny_60_120_noblur")));
  EXPECT_TRUE(same_pixels(canny(edge_data("blur_2"), 30, 90), grey_data("canny_30_90_blur2")));
}

TEST(Canny, EvenPicturesHaveNoEdges) {
  EXPECT_EQ(cv::countNonZero(canny(cv::Mat(8, 8, CV_8UC3, cv::Scalar(9, 99, 199)), 100, 200)), 0);
  EXPECT_EQ(canny(pixels_8bit(1, 1), 100, 200).size(), cv::Size(1, 1));
  EXPECT_THROW(canny(cv::Mat(), 100, 200), std::invalid_argument);
}

}  // namespace
}  // namespace imaging
