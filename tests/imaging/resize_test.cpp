// SPDX-License-Identifier: MIT
#include "imaging/resize.h"

#include "imaging/files/picture.h"
#include "tests/imaging/fixtures.h"

namespace imaging {
namespace {

cv::Mat halves() {  // left half black, right half white
  cv::Mat picture(8, 8, CV_32FC3, cv::Scalar(0, 0, 0));
  picture(cv::Rect(4, 0, 4, 8)).setTo(cv::Scalar(1, 1, 1));
  return picture;
}

constexpr Filter kFilters[] = {Filter::kNearest, Filter::kLinear, Filter::kCubic, Filter::kLanczos, Filter::kArea};

TEST(Resize, SameSizeIsTheSamePicture) {
  const cv::Mat picture = halves();
  for (const Filter filter : kFilters) EXPECT_TRUE(same_pixels(resize(picture, 8, 8, filter), picture));
}

TEST(Resize, ShrinkingAveragesEveryPixel) {
  const cv::Mat picture = from_8bit(pixels_8bit(16, 16));
  for (const Filter filter : {Filter::kLinear, Filter::kCubic, Filter::kLanczos, Filter::kArea}) {
    const cv::Vec3f pixel = resize(picture, 1, 1, filter).at<cv::Vec3f>(0, 0);
    const cv::Scalar mean = cv::mean(picture);
    for (int i = 0; i < 3; ++i) EXPECT_NEAR(pixel[i], mean[i], 1e-5);
  }
}

TEST(Resize, NearestMakesNoNewValues) {
  for (const int side : {3, 8, 21}) {
    const cv::Mat out = resize(halves(), side, side, Filter::kNearest);
    for (int x = 0; x < side; ++x)
      EXPECT_TRUE(out.at<cv::Vec3f>(0, x)[0] == 0.0f || out.at<cv::Vec3f>(0, x)[0] == 1.0f);
  }
}

TEST(Resize, NothingLeavesTheRange) {
  for (const Filter filter : kFilters) {
    const cv::Mat out = resize(halves(), 31, 5, filter);
    EXPECT_EQ(out.size(), cv::Size(31, 5));
    EXPECT_TRUE(cv::checkRange(out, true, nullptr, 0.0, 1.0 + 1e-6)) << static_cast<int>(filter);
  }
}

TEST(Resize, OneSideShrinksAndTheOtherGrows) {
  const cv::Mat out = resize(halves(), 32, 2, Filter::kLinear);
  EXPECT_EQ(out.at<cv::Vec3f>(1, 0), cv::Vec3f(0, 0, 0));
  EXPECT_EQ(out.at<cv::Vec3f>(1, 31), cv::Vec3f(1, 1, 1));
  EXPECT_GT(out.at<cv::Vec3f>(1, 16)[0], out.at<cv::Vec3f>(1, 15)[0]);
}

TEST(Resize, StretchChangesProportions) {
  const cv::Mat out = resize(halves(), 20, 4, Filter::kLinear, Fit::kStretch, {});
  EXPECT_EQ(out.size(), cv::Size(20, 4));
}

TEST(Resize, CoverCropsTheMiddle) {
  cv::Mat wide(10, 30, CV_32FC3, cv::Scalar(0, 0, 0));
  wide(cv::Rect(10, 0, 10, 10)).setTo(cv::Scalar(1, 1, 1));
  const cv::Mat out = resize(wide, 5, 5, Filter::kArea, Fit::kCover, {});
  EXPECT_EQ(out.size(), cv::Size(5, 5));
  EXPECT_EQ(cv::mean(out), cv::Scalar(1, 1, 1, 0));
}

TEST(Resize, ContainShowsAllBetweenBars) {
  const cv::Mat white(10, 20, CV_32FC3, cv::Scalar(1, 1, 1));
  const cv::Mat out = resize(white, 8, 8, Filter::kArea, Fit::kContain, cv::Scalar(0.5, 0.25, 0));
  EXPECT_EQ(out.size(), cv::Size(8, 8));
  EXPECT_EQ(out.at<cv::Vec3f>(1, 4), cv::Vec3f(0.5f, 0.25f, 0));
  EXPECT_EQ(out.at<cv::Vec3f>(2, 4), cv::Vec3f(1, 1, 1));
  EXPECT_EQ(out.at<cv::Vec3f>(5, 4), cv::Vec3f(1, 1, 1));
  EXPECT_EQ(out.at<cv::Vec3f>(6, 4), cv::Vec3f(0.5f, 0.25f, 0));
}

TEST(Resize, ExtremeProportionsKeepAPixel) {
  const cv::Mat line(1, 1000, CV_32FC3, cv::Scalar(1, 1, 1));
  for (const Fit fit : {Fit::kStretch, Fit::kCover, Fit::kContain}) {
    EXPECT_EQ(resize(line, 10, 10, Filter::kLanczos, fit, {}).size(), cv::Size(10, 10));
    EXPECT_EQ(resize(line, 1, 1, Filter::kLanczos, fit, {}).size(), cv::Size(1, 1));
  }
}

TEST(Resize, NamesAndNoOthers) {
  EXPECT_EQ(filter_named("cubic"), Filter::kCubic);
  EXPECT_EQ(fit_named("contain"), Fit::kContain);
  EXPECT_EQ(thrown_by([] { filter_named("Cubic"); }),
            "no filter 'Cubic': there are nearest, linear, cubic, lanczos, area, lanczos-8bit and bilinear");
  EXPECT_EQ(thrown_by([] { fit_named("fill"); }), "no fit 'fill': there are stretch, cover and contain");
}

TEST(Colour, IsReadInBothCases) {
  EXPECT_EQ(colour_named("#ff0033"), cv::Scalar(1, 0, 0.2));
  EXPECT_EQ(colour_named("#FF0033"), cv::Scalar(1, 0, 0.2));
  for (const char* text : {"", "red", "#fff", "#12345g", "112233", "#1122334"}) {
    EXPECT_EQ(thrown_by([&] { colour_named(text); }),
              "'" + std::string(text) + "' is not a colour: write it as #rrggbb");
  }
}

}  // namespace
}  // namespace imaging
