// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <opencv2/imgcodecs.hpp>

#include "tests/nodes/regions/regions.h"

namespace nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using CanvasPairs = graph::NodeHarness::Pairs;

const std::string kWhole = "{row_init: 0, row_end: 64, col_init: 0, col_end: 96, prompt: a meadow}";

graph::NodeHarness canvas(const std::string& regions, CanvasPairs props = {}) {
  props.insert(props.end(), {{"height", "64"}, {"width", "96"}, {"regions", regions}});
  graph::NodeHarness node(built_in(), "load-canvas", props);
  node.run();
  return node;
}

std::string refused(const std::string& regions, CanvasPairs props = {}) {
  return thrown_by([&] { canvas(regions, std::move(props)); });
}

TEST(LoadCanvas, SendsRegionsByTheirUse) {
  const Folder folder;
  const std::string picture = folder.path("a.png");
  cv::imwrite(picture, cv::Mat(8, 8, CV_8UC3, cv::Scalar(9, 9, 9)));
  const graph::NodeHarness node = canvas(
      "[" + kWhole + ", {kind: image, row_init: 8, row_end: 40, col_init: 16, col_end: 64, noise_eps: 0.2, " +
          "reference_image: '" + picture + "', strength: 0.5}, {row_init: 0, row_end: 32, col_init: 48, col_end: 96, " +
          "prompt: a moon, guidance_scale: null, mask_type: quartic, mask_weight: 2, region_seed: 4, " +
          "noise_eps: 0.1}]",
      {{"reroll_regions",
        "[{row_init: 0, row_end: 8, col_init: 0, col_end: 8, reroll_mode: epsilon, "
        "noise_eps: 1}, {row_init: 0, row_end: 16, col_init: 0, col_end: 8, noise_eps: 3}]"}});
  const std::vector<tiling::Region> texts = regions_at(node, "texts"), images = regions_at(node, "images");
  EXPECT_THAT(names_of(texts), ElementsAre("regions[0]", "regions[2]"));
  EXPECT_THAT(names_of(images), ElementsAre("regions[1]"));
  EXPECT_EQ(images[0].reference_image, picture);
  EXPECT_EQ(images[0].strength, 0.5);
  EXPECT_EQ(texts[1].box, (tiling::Box{0, 4, 6, 12}));
  EXPECT_FALSE(texts[1].guidance_scale) << "to be drawn";
  EXPECT_EQ(texts[0].guidance_scale, 7.5);
  EXPECT_EQ(texts[1].weights.type, tiling::MaskType::kQuartic);
  EXPECT_EQ(texts[1].weights.weight, 2);
  EXPECT_EQ(texts[1].crop_left, 48);
  const std::vector<tiling::Region> noised = regions_at(node, "noised");
  EXPECT_THAT(names_of(noised), ElementsAre("reroll_regions[1]", "regions[1]", "regions[2]", "reroll_regions[0]"));
  EXPECT_EQ(noised[0].noise_eps, 0) << "a reset has none";
  EXPECT_EQ(node.out<std::int64_t>("width"), 96);
}

TEST(LoadCanvas, WhatIsNotCoveredIsToldOrHasABackground) {
  const std::string half = "[{row_init: 0, row_end: 64, col_init: 0, col_end: 40, prompt: a house}]";
  EXPECT_THAT(refused(half), HasSubstr("regions: no text region covers rows 0 to 64, columns 40 to 96 (px)"));
  EXPECT_EQ(regions_at(canvas(half, {{"allow_uncovered", "true"}}), "texts").size(), 1u);
  const std::vector<tiling::Region> texts =
      regions_at(canvas(half, {{"background", "{prompt: a meadow, guidance_scale: 5}"}}), "texts");
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_EQ(texts[1].name, "background");
  EXPECT_EQ(texts[1].box, (tiling::Box{0, 8, 0, 12}));
  EXPECT_EQ(texts[1].guidance_scale, 5);
  EXPECT_THAT(refused("[{row_init: 0, row_end: 64, col_init: 0, col_end: 96, mask_weight: 0}]"),
              HasSubstr("no text region covers rows 0 to 64, columns 0 to 96"));
}

TEST(LoadCanvas, RegionsMayBePolygons) {
  const tiling::Region region =
      regions_at(canvas("[" + kWhole + ", {polygon: [[20, 8], [60, 8], [40, 40]], prompt: a hat}]"), "texts")[1];
  EXPECT_EQ(region.box, (tiling::Box{1, 5, 2, 8}));
  EXPECT_NEAR(region.weights.mask.sum().item<double>() * 64, 40 * 32 / 2, 2);
  const tiling::Region soft =
      regions_at(canvas("[" + kWhole + ", {polygon: [[20, 8], [60, 8], [40, 40]], feather: 4}]"), "texts")[1];
  EXPECT_GT(soft.box.width(), region.box.width());
  EXPECT_THAT(refused("[{polygon: [[200, 8], [260, 8], [240, 40]]}]"), HasSubstr("nothing of it lies on the canvas"));
  EXPECT_THAT(refused("[{polygon: [[0, 8], [60, 8], [40, 40]], row_init: 0}]"), HasSubstr("takes the place of a box"));
  EXPECT_THAT(refused("[{row_init: 0, row_end: 64, col_init: 0, col_end: 96, feather: 3}]"),
              HasSubstr("feather: is for a polygon or a mask"));
}

TEST(LoadCanvas, OrPictures) {
  const Folder folder;
  cv::Mat mask(32, 48, CV_8UC3, cv::Scalar(0, 0, 0));
  mask(cv::Rect(24, 0, 24, 32)).setTo(cv::Scalar(255, 255, 255));
  const std::string file = folder.path("mask.png"), black = folder.path("black.png");
  cv::imwrite(file, mask);
  cv::imwrite(black, mask * 0);
  const tiling::Region region = regions_at(canvas("[" + kWhole + ", {mask: '" + file + "', prompt: a}]"), "texts")[1];
  EXPECT_EQ(region.box.left, 5) << "resampling rounds off the edge";
  EXPECT_EQ(region.box.right, 12);
  EXPECT_NEAR(region.weights.mask[4][5].item<double>(), 1, 0.01);
  EXPECT_EQ(region.crop_left, 40);
  const tiling::Region boxed =
      regions_at(canvas("[" + kWhole + ", {mask: '" + file + "', row_init: 0, row_end: 32, col_init: 0, col_end: 48}]"),
                 "texts")[1];
  EXPECT_EQ(boxed.box, (tiling::Box{0, 4, 0, 6}));
  EXPECT_NEAR(boxed.weights.mask.sum().item<double>(), 12, 0.2);
  const std::vector<tiling::Region> noised =
      regions_at(canvas("[" + kWhole + ", {mask: '" + file + "', noise_eps: 1}]"), "noised");
  EXPECT_EQ(noised.front().box, region.box);
  EXPECT_THAT(refused("[{mask: '" + file + "'}]"), HasSubstr("no text region covers rows 0 to 64, columns 0 to 40"));
  EXPECT_THAT(refused("[" + kWhole + ", {mask: '" + black + "'}]"), HasSubstr("is black"));
  EXPECT_THAT(refused("[" + kWhole + ", {mask: nowhere.png}]"), HasSubstr("nowhere.png"));
  EXPECT_THAT(refused("[" + kWhole + ", {kind: image, reference_image: nowhere.png, row_init: 0, row_end: 32, " +
                      "col_init: 0, col_end: 48}]"),
              HasSubstr("nowhere.png"));
}

}  // namespace
}  // namespace nodes
