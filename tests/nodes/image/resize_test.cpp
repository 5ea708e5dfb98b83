// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

cv::Size size_of(const graph::NodeHarness::Pairs& props, const Image& image) {
  graph::NodeHarness node(built_in(), "resize", props);
  return node.in("image", image).run().out<Image>("image").pixels.size();
}

TEST(Resize, ToAWidthAndAHeight) {
  EXPECT_EQ(size_of({{"width", "30"}, {"height", "7"}}, flat(10, 10, 1)), cv::Size(30, 7));
}

TEST(Resize, OneSideKeepsTheProportions) {
  EXPECT_EQ(size_of({{"width", "50"}}, flat(100, 60, 1)), cv::Size(50, 30));
  EXPECT_EQ(size_of({{"height", "30"}}, flat(100, 60, 1)), cv::Size(50, 30));
  EXPECT_EQ(size_of({{"width", "1"}}, flat(100, 10, 1)), cv::Size(1, 1));
}

TEST(Resize, ContainTakesItsBackground) {
  graph::NodeHarness node(built_in(), "resize",
                          {{"width", "8"}, {"height", "8"}, {"fit", "contain"}, {"background", "#00ff00"}});
  const cv::Mat out = node.in("image", flat(8, 4, 1)).run().out<Image>("image").pixels;
  EXPECT_EQ(out.at<cv::Vec3f>(0, 0), cv::Vec3f(0, 1, 0));
  EXPECT_EQ(out.at<cv::Vec3f>(4, 4), cv::Vec3f(1, 0, 0));
}

TEST(Resize, ToTheModelsOwnSize) {
  const std::string model = (reference::sdxl("mini") / "model").string();
  EXPECT_EQ(size_of({{"model", model}}, flat(100, 60, 1)), cv::Size(64, 64));
  EXPECT_EQ(size_of({{"model", model}, {"width", "50"}}, flat(100, 60, 1)), cv::Size(50, 32))
      << "the other side is one that models take";
}

// What a text is conditioned on is then the size of the picture.
TEST(Resize, SendsItsSize) {
  graph::NodeHarness node(built_in(), "resize", {{"width", "50"}});
  node.in("image", flat(100, 60, 1)).run();
  EXPECT_EQ(node.out<std::int64_t>("width"), 50);
  EXPECT_EQ(node.out<std::int64_t>("height"), 30);
}

TEST(Resize, NeverTouchesWhatItWasGiven) {
  const Image image = flat(10, 10, 0.5);
  graph::NodeHarness node(built_in(), "resize", {{"width", "10"}});
  node.in("image", image).run();
  EXPECT_TRUE(same_pixels(image.pixels, flat(10, 10, 0.5).pixels));
}

TEST(Resize, RefusesWhatCannotBe) {
  EXPECT_EQ(refusal_of("resize", {}), "neither a width nor a height: give one of them, in px, or the model");
  EXPECT_THAT(refusal_of("resize", {{"width", "8"}, {"background", "grey"}}), HasSubstr("'grey' is not a colour"));
  EXPECT_THAT(refusal_of("resize", {{"heigth", "8"}}), HasSubstr("no property 'heigth' (did you mean 'height'?)"));
  EXPECT_THAT(refusal_of("resize", {{"width", "-1"}}), HasSubstr("'width'"));
  EXPECT_THAT(refusal_of("resize", {{"width", "8"}, {"filter", "bicubic"}}), HasSubstr("'bicubic'"));
}

}  // namespace
}  // namespace nodes
