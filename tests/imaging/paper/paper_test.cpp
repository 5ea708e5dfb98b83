// SPDX-License-Identifier: MIT
#include "imaging/paper/paper.h"

#include "imaging/files/picture.h"
#include "imaging/noise.h"
#include "tests/imaging/fixtures.h"

namespace imaging {
namespace {

// FNV-1a over the 8-bit pixels.
std::uint64_t fingerprint(const cv::Mat& picture) {
  const cv::Mat pixels = to_8bit(picture);
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (std::size_t i = 0; i < pixels.total() * 3; ++i) hash = (hash ^ pixels.data[i]) * 0x100000001B3u;
  return hash;
}

PaperSheet sheet(const std::string& style, std::uint64_t seed = 7) {
  return {.seed = seed, .width = 48, .height = 32, .style = paper_style_named(style), .palette = palette_named("teal")};
}

const std::vector<std::string> kStyles{"painted", "washed", "marbled", "plain", "noise"};

TEST(Noise, IsInItsRangeAndSmooth) {
  const Noise noise(3);
  float last = noise.at(-2.0f, 0.3f);
  for (float x = -2.0f; x < 4.0f; x += 0.01f) {
    const float value = noise.at(x, 0.3f);
    EXPECT_GE(value, 0.0f);
    EXPECT_LT(value, 1.0f);
    EXPECT_LT(std::abs(value - last), 0.02f);
    last = value;
  }
}

TEST(Noise, UnitIsUniform) {
  double sum = 0;
  int low = 0;
  for (std::uint64_t i = 0; i < 10000; ++i) {
    const double value = unit(5, i);
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
    low += value < 0.25;
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.02);
  EXPECT_NEAR(low, 2500, 150);
}

TEST(Paper, IsTheSameEverywhere) {
  // Made on x86-64; a change here changes every picture that was ever made from a seed.
  const std::vector<std::uint64_t> expected{0x1674FCEB7C99117Au, 0xEDAFB7299A0E1D11u, 0x8E5486858E2A87B5u,
                                            0xA5BB7120663DF655u, 0x1DC787E32C4963CEu};
  for (std::size_t i = 0; i < kStyles.size(); ++i)
    EXPECT_EQ(fingerprint(draw_paper(sheet(kStyles[i]))), expected[i]) << kStyles[i];
}

TEST(Paper, IsAPicture) {
  for (const std::string& style : kStyles) {
    const cv::Mat picture = draw_paper(sheet(style));
    EXPECT_EQ(picture.type(), CV_32FC3);
    EXPECT_EQ(picture.size(), cv::Size(48, 32));
    EXPECT_TRUE(cv::checkRange(picture, true, nullptr, 0.0, 1.0 + 1e-6)) << style;
  }
}

TEST(Paper, AnotherSeedAnotherSheet) {
  for (const std::string& style : kStyles) {
    EXPECT_FALSE(same_pixels(draw_paper(sheet(style, 1)), draw_paper(sheet(style, 2)))) << style;
  }
}

TEST(Paper, KeepsToItsPalette) {
  const cv::Scalar mean = cv::mean(draw_paper(sheet("painted")));
  EXPECT_LT(mean[0], mean[1]);  // teal
  EXPECT_LT(mean[0], mean[2]);
}

TEST(Paper, PlainNoiseIsUniform) {
  PaperSheet noise = sheet("noise");
  noise.width = noise.height = 128;
  cv::Scalar mean, deviation;
  cv::meanStdDev(draw_paper(noise), mean, deviation);
  for (int i = 0; i < 3; ++i) {
    EXPECT_NEAR(mean[i], 0.5, 0.01);
    EXPECT_NEAR(deviation[i], 0.2887, 0.01);
  }
}

TEST(Palette, ByNameOrColours) {
  for (const std::string& name : palette_names()) EXPECT_NO_THROW(palette_named(name));
  EXPECT_EQ(palette_named("#ff0000,#00ff00,#0000ff,#ffffff").second, cv::Vec3f(0, 1, 0));
  EXPECT_EQ(palette_named("#ff0000").main, cv::Vec3f(1, 0, 0));
  EXPECT_EQ(thrown_by([] { palette_named("tael"); }), "no palette 'tael'");
  EXPECT_EQ(thrown_by([] { palette_named("#ff0000,blue"); }), "'blue' is not a colour: write it as #rrggbb");
  EXPECT_NE(thrown_by([] { palette_named("#000000,#000000,#000000,#000000,#000000"); }), "");
}

}  // namespace
}  // namespace imaging
