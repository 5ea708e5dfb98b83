// SPDX-License-Identifier: MIT
#include "imaging/regions/draw_regions.h"

#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

const imaging::Labels kMap = imaging::labels_of({0, 0, 1, 0, 2, 2}, 2, 3);

graph::NodeHarness regions_node(const graph::NodeHarness::Pairs& props = {}) {
  graph::NodeHarness node(built_in(), "draw-regions", props);
  node.in("labels", Labels{std::make_shared<const imaging::Labels>(kMap)});
  return node;
}

cv::Mat regions_drawn(const graph::NodeHarness::Pairs& props = {}) {
  return regions_node(props).run().out<Image>("image").pixels;
}

TEST(DrawRegionsNode, DrawsWithItsProperties) {
  EXPECT_TRUE(same_pixels(regions_drawn(), imaging::draw_regions(kMap, {}))) << "4 px a cell, black lines";
  const imaging::RegionDrawing other{.seed = 5, .scale = 9, .boundary_width = 3, .boundary = {1, 0, 1}};
  EXPECT_TRUE(
      same_pixels(regions_drawn({{"seed", "5"}, {"scale", "9"}, {"boundary", "#ff00ff"}, {"boundary_width", "3"}}),
                  imaging::draw_regions(kMap, other)));
}

TEST(DrawRegionsNode, LiesOverAnImage) {
  const Image red = flat(6, 6, 1);
  const cv::Mat over = regions_node({{"opacity", "0.25"}}).in("image", red).run().out<Image>("image").pixels;
  EXPECT_TRUE(same_pixels(over, imaging::draw_regions(kMap, {.opacity = 0.25}, red.pixels)));
}

TEST(DrawRegionsNode, Refusals) {
  EXPECT_EQ(refusal_of("draw-regions", {{"boundary_width", "5"}}),
            "boundary_width 5 is wider than a cell, whose side is scale, 4");
  EXPECT_EQ(refusal_of("draw-regions", {{"boundary", "black"}}),
            "boundary: 'black' is not a colour: write it as #rrggbb");
  EXPECT_THAT(refusal_of("draw-regions", {{"scale", "0"}}), HasSubstr("'scale'"));
}

}  // namespace
}  // namespace nodes
