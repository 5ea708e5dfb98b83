// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "tests/nodes/regions/regions.h"

namespace nodes {
namespace {

TEST(RegionNode, SendsWhatATextHas) {
  tiling::Region text{.box = {1, 9, 4, 10}, .prompt = "a cat", .negative_prompt = "blurry", .guidance_scale = 3.5};
  text.crop_left = 32;
  text.target = {104, 136};
  graph::NodeHarness node(built_in(), "region", {{"guidance_scale", "9"}});
  node.in("region", made_region(text)).run();
  const auto number = [&](const std::string& port) { return node.out<std::int64_t>(port); };
  EXPECT_EQ(number("top"), 8);
  EXPECT_EQ(number("left"), 32);
  EXPECT_EQ(number("height"), 64);
  EXPECT_EQ(number("width"), 48);
  EXPECT_EQ(number("crop_top"), 0);
  EXPECT_EQ(number("crop_left"), 32);
  EXPECT_EQ(number("target_height"), 104);
  EXPECT_EQ(number("target_width"), 136);
  EXPECT_EQ(node.out<std::string>("prompt"), "a cat");
  EXPECT_EQ(node.out<std::string>("negative_prompt"), "blurry");
  EXPECT_FALSE(node.out<bool>("no_negative_prompt"));
  EXPECT_EQ(node.out<double>("guidance_scale"), 3.5);
  EXPECT_FALSE(node.out<bool>("prompt_alone"));
  EXPECT_FALSE(node.sent("reference_image"));
  EXPECT_FALSE(node.sent("region_seed"));
  text.guidance_scale.reset();
  EXPECT_EQ(node.in("region", made_region(text)).run().out<double>("guidance_scale"), 9);
  text.guidance_scale = 1;
  EXPECT_TRUE(node.in("region", made_region(text)).run().out<bool>("prompt_alone"));
}

TEST(RegionNode, SendsWhatAnImageHas) {
  graph::NodeHarness node(built_in(), "region");
  node.in("region", made_region({.kind = tiling::Region::Kind::kImage, .seed = 7, .reference_image = "a.png"})).run();
  EXPECT_EQ(node.out<graph::FilePath>("reference_image").text, "a.png");
  EXPECT_EQ(node.out<double>("strength"), 0.8);
  EXPECT_EQ(node.out<std::int64_t>("region_seed"), 7);
  EXPECT_FALSE(node.sent("prompt"));
}

}  // namespace
}  // namespace nodes
