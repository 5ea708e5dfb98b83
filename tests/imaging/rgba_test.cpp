// SPDX-License-Identifier: MIT
#include "imaging/rgba.h"

#include "imaging/files/alpha.h"
#include "imaging/files/png.h"
#include "imaging/gaussian_blur.h"
#include "imaging/resample.h"
#include "tests/imaging/fixtures.h"

// Pillow's own bytes are in tests/methods/layering.
namespace imaging {
namespace {

TEST(Rgba, PastesByRoundedBytes) {
  cv::Mat onto(2, 3, CV_8UC1, cv::Scalar(100));
  const cv::Mat picture(2, 2, CV_8UC1, cv::Scalar(200)), mask(2, 2, CV_8UC1, cv::Scalar(128));
  paste(onto, picture, mask, {2, -1});
  EXPECT_EQ(onto.at<unsigned char>(0, 2), 150) << "(100 * 127 + 200 * 128) / 255, rounded";
  EXPECT_EQ(onto.at<unsigned char>(0, 1), 100) << "beside it";
  EXPECT_EQ(onto.at<unsigned char>(1, 2), 100);
  EXPECT_NE(thrown_by([&] { paste(onto, picture, cv::Mat(1, 1, CV_8UC1)); }), "");
}

TEST(Rgba, WhatIsTransparentGivesNoColour) {
  cv::Mat picture(1, 2, CV_8UC4, cv::Scalar(0, 0, 0, 0));
  picture.at<cv::Vec4b>(0, 1) = cv::Vec4b(200, 100, 50, 255);
  const cv::Mat one = resized_rgba(picture, 1, 1);
  EXPECT_EQ(one.at<cv::Vec4b>(0, 0), cv::Vec4b(199, 99, 49, 128));
  EXPECT_EQ(resized_rgba(picture, 2, 1).data, picture.data) << "of its own size it is itself";
}

TEST(Rgba, QuarterTurnsOfSquaresLoseNothing) {
  cv::Mat picture(2, 2, CV_8UC4, cv::Scalar(0, 0, 0, 255));
  picture.at<cv::Vec4b>(0, 1)[0] = 9;
  EXPECT_EQ(rotated_rgba(picture, 90).at<cv::Vec4b>(0, 0)[0], 9) << "counter-clockwise";
  EXPECT_EQ(rotated_rgba(picture, -90).at<cv::Vec4b>(1, 1)[0], 9);
  EXPECT_EQ(rotated_rgba(picture, 540).at<cv::Vec4b>(1, 0)[0], 9);
  EXPECT_EQ(rotated_rgba(picture, 360).data, picture.data);
}

TEST(Rgba, IsReadWithItsTransparency) {
  const Folder folder;
  const std::string path = folder.path("a.png");
  cv::Mat pixels = pixels_8bit(5, 4);
  const std::vector<std::byte> png = encode_png(pixels);
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(png.data()), std::ssize(png));
  const cv::Mat picture = read_rgba(path);
  EXPECT_EQ(picture.at<cv::Vec4b>(2, 3)[3], 255) << "it has none, and is opaque";
  EXPECT_EQ(picture.at<cv::Vec4b>(2, 3)[0], pixels.at<cv::Vec3b>(2, 3)[0]);
}

TEST(Rgba, ExactBlurIsThatOfBytesButForRounding) {
  cv::Mat bytes(20, 30, CV_8UC1, cv::Scalar(0)), doubles, difference;
  bytes(cv::Rect(10, 5, 8, 9)).setTo(255);
  bytes.convertTo(doubles, CV_64F);
  cv::Mat rounded;
  gaussian_blur(bytes, 3).convertTo(rounded, CV_64F);
  cv::absdiff(rounded, gaussian_blur_exact(doubles, 3), difference);
  EXPECT_LT(cv::norm(difference, cv::NORM_INF), 3);
  EXPECT_NE(thrown_by([&] { gaussian_blur_exact(bytes, 3); }), "");
  EXPECT_EQ(gaussian_blur_exact(doubles, 0).data, doubles.data);
}

TEST(Rgba, BicubicTakesOneToFourChannels) {
  EXPECT_EQ(bicubic(cv::Mat(4, 4, CV_8UC1, cv::Scalar(7)), 9, 3).at<unsigned char>(2, 8), 7);
  EXPECT_EQ(bicubic(cv::Mat(4, 4, CV_8UC4, cv::Scalar(7, 8, 9, 10)), 2, 2).at<cv::Vec4b>(1, 1), cv::Vec4b(7, 8, 9, 10));
}

}  // namespace
}  // namespace imaging
