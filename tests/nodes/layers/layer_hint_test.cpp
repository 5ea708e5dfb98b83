// SPDX-License-Identifier: MIT
#include "tests/nodes/layers/layers.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

double lit(const Image& hint) {
  return cv::sum(hint.pixels)[0];
}

class LayerHint : public ::testing::Test {
 protected:
  Image hint(const graph::NodeHarness::Pairs& props, std::vector<Layer> layers) {
    graph::NodeHarness node(built_in(), "layer-hint", props);
    const graph::NodeHarness all = composed(std::move(layers));
    node.in("layers", all.out<graph::List<Layer>>("layers")).in("image", all.out<Image>("image")).run();
    return node.out<Image>("image");
  }
  const Folder folder_;
};

TEST_F(LayerHint, EdgesOfTheWholeOrOfEachAlone) {
  // Of one colour: together they have no edge between them.
  const std::vector<Layer> layers{placed_square(0, cv::Rect(2, 2, 12, 12)), placed_square(1, cv::Rect(6, 6, 5, 5))};
  const double whole = lit(hint({}, layers)), apart = lit(hint({{"of", "layers"}}, layers));
  EXPECT_GT(whole, 0);
  EXPECT_GT(apart, whole);
}

TEST_F(LayerHint, MayBeReady) {
  const std::string white = folder_.path("white.png");
  cv::imwrite(white, cv::Mat(8, 8, CV_8UC3, cv::Scalar::all(255)));
  Layer layer = placed_square(0, cv::Rect(4, 4, 8, 8));
  EXPECT_EQ(lit(hint({{"images", "['" + white + "']"}}, {layer})), 256);
  layering::Layer written = *layer.layer;
  written.hints = {"", white};
  written.placement = {.x = 0.25, .y = 0.25, .scale = 1 / 16.0};
  layer.layer = std::make_shared<const layering::Layer>(written);
  layer.cut = std::make_shared<const layering::Cut>(layering::Cut{cv::Mat(8, 8, CV_8UC4), {8, 8}, {0, 0, 8, 8}});
  EXPECT_EQ(lit(hint({{"of", "layers"}, {"number", "1"}}, {layer})), 64) << "the layer's place is all white";
  EXPECT_LT(lit(hint({{"of", "layers"}}, {layer})), 64);
}

TEST_F(LayerHint, RefusesHintsThatAreNotThere) {
  EXPECT_THAT(refusal_of("layer-hint", {{"images", "[gone.png]"}}), HasSubstr("no file or folder 'gone.png'"));
  EXPECT_THAT(refusal_of("layer-hint", {{"low_threshold", "300"}}), HasSubstr("low_threshold is above"));
}

}  // namespace
}  // namespace nodes
