// SPDX-License-Identifier: MIT
#include "tests/nodes/layers/layers.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

const cv::Rect kLeftHalf(0, 0, 8, 16), kMiddle(4, 4, 8, 8);

TEST(ComposeLayers, LaysThemOverEachOther) {
  const graph::NodeHarness node = composed({placed_square(0, kLeftHalf), placed_square(1, kMiddle)});
  const auto masks = node.out<graph::List<Mask>>("masks");
  EXPECT_EQ(cv::sum(masks[0].weights)[0], 8 * 16 - 4 * 8);
  EXPECT_EQ(cv::sum(masks[1].weights)[0], 64);
  EXPECT_EQ(cv::sum(node.out<Mask>("top").weights)[0], 64);
  const cv::Mat& image = node.out<Image>("image").pixels;
  EXPECT_FLOAT_EQ(image.at<cv::Vec3f>(0, 15)[0], 150 / 255.0F) << "the canvas";
  EXPECT_FLOAT_EQ(image.at<cv::Vec3f>(0, 0)[1], 20 / 255.0F);
  EXPECT_EQ(composed({placed_square(0, kLeftHalf), placed_square(1, kMiddle)}, {{"up_to", "0"}})
                .out<graph::List<Layer>>("layers")
                .size(),
            1u);
}

TEST(ComposeLayers, AnEditLeavesLayersOfLittleNoiseAlone) {
  graph::NodeHarness node(built_in(), "compose-layers");
  node.in("layers", layer_list({placed_square(0, kLeftHalf, 0.2), placed_square(1, kMiddle, 0.21)}));
  const cv::Mat image = node.in("background", flat(16, 16, 1, 1, 1)).run().out<Image>("image").pixels;
  EXPECT_FLOAT_EQ(image.at<cv::Vec3f>(0, 0)[0], 1);
  EXPECT_FLOAT_EQ(image.at<cv::Vec3f>(8, 8)[0], 10 / 255.0F);
}

TEST(ComposeLayers, RefusesAndWarns) {
  graph::NodeHarness node(built_in(), "compose-layers");
  node.in("layers", layer_list({placed_square(0, kLeftHalf)})).in("background", flat(8, 8, 1));
  EXPECT_THAT(thrown_by([&] { node.run(); }), HasSubstr("the background has 8 x 8 px, and the canvas 16 x 16"));
  Layer plain = placed_square(0, kLeftHalf);
  plain.pixels = cv::Mat();
  EXPECT_THAT(thrown_by([&] { composed({plain}); }), HasSubstr("layers[0] is not placed"));
  EXPECT_THAT(thrown_by([&] { composed({}); }), HasSubstr("there are no layers"));
  const graph::NodeHarness hidden = composed({placed_square(0, kMiddle), placed_square(1, cv::Rect(0, 0, 16, 16))});
  EXPECT_THAT(hidden.warnings().at(0), HasSubstr("layers[0] is wholly behind"));
  EXPECT_THAT(refusal_of("compose-layers", {{"colour", "grey"}}), HasSubstr("is not a colour"));
}

}  // namespace
}  // namespace nodes
