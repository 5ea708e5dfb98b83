// SPDX-License-Identifier: MIT
#include "imaging/colour_jitter.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "imaging/files/picture.h"
#include "tests/imaging/fixtures.h"

namespace imaging {
namespace {

const std::string kLayers = std::string(SOURCE_DIR) + "/tests/data/layers/";

TEST(ColourJitter, HasTheOriginalsBytes) {
  const cv::Mat data = read_pixels(kLayers + "expected/inversion_data.png");
  std::ifstream file(kLayers + "expected/jitter.json");
  const nlohmann::json cases = nlohmann::json::parse(file);
  ASSERT_EQ(cases.size(), 2u);
  for (const nlohmann::json& one : cases) {
    cv::Mat pixels = data;
    for (const char step : one.at("order").get<std::string>())
      pixels = step == 'b' ? brightened(pixels, one.at("brightness")) : contrasted(pixels, one.at("contrast"));
    EXPECT_TRUE(same_pixels(pixels, read_pixels(kLayers + one.at("expected").get<std::string>()))) << one;
  }
}

TEST(ColourJitter, OfOneLeavesThePixelsAndOfNoneIsGrey) {
  const cv::Mat data = read_pixels(kLayers + "expected/inversion_data.png");
  EXPECT_TRUE(same_pixels(brightened(data, 1), data));
  EXPECT_TRUE(same_pixels(contrasted(data, 1), data));
  EXPECT_EQ(cv::countNonZero(brightened(data, 0).reshape(1)), 0);
  double least = 0, most = 0;
  cv::minMaxLoc(contrasted(data, 0).reshape(1), &least, &most);
  EXPECT_EQ(least, most);
}

TEST(ColourJitter, Errors) {
  const cv::Mat pixel(1, 1, CV_8UC3, cv::Scalar(1, 2, 3));
  EXPECT_EQ(thrown_by([&] { brightened(pixel, -0.1); }), "a factor from 0 is due");
  EXPECT_EQ(thrown_by([&] { contrasted(pixel, NAN); }), "a factor from 0 is due");
  EXPECT_EQ(thrown_by([&] { brightened(cv::Mat(1, 1, CV_32FC3), 1); }), "8-bit RGB pixels are due");
}

}  // namespace
}  // namespace imaging
