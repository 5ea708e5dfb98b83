// SPDX-License-Identifier: MIT
#include "tests/nodes/layers/layers.h"

namespace nodes {
namespace {

TEST(Layer, SaysWhatItHas) {
  graph::NodeHarness node(built_in(), "layer");
  layering::Layer written{.name = "layers[1]", .index = 1, .text = "moon", .prompt = "a moon", .seed = 7};
  node.in("layer", Layer{.layer = std::make_shared<const layering::Layer>(written)}).run();
  EXPECT_EQ(node.out<std::string>("text"), "moon");
  EXPECT_EQ(node.out<std::string>("prompt"), "a moon");
  EXPECT_TRUE(node.out<bool>("drawn"));
  EXPECT_EQ(node.out<std::int64_t>("seed"), 7);
  EXPECT_FALSE(node.sent("embedding"));
  EXPECT_FALSE(node.sent("noise")) << "it has no picture yet";
  written.image = "moon.png";
  written.embedding = "moon.safetensors";
  const auto cut = std::make_shared<const layering::Cut>(layering::Cut{cv::Mat(2, 2, CV_8UC4), {2, 2}, {0, 0, 2, 2}});
  node.in("layer",
          Layer{.layer = std::make_shared<const layering::Layer>(written), .cut = cut, .strengths = {.noise = 0.4}})
      .run();
  EXPECT_FALSE(node.sent("prompt"));
  EXPECT_EQ(node.out<graph::FilePath>("embedding").text, "moon.safetensors");
  EXPECT_EQ(node.out<double>("noise"), 0.4);
}

}  // namespace
}  // namespace nodes
