// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;
using Pairs = graph::NodeHarness::Pairs;

graph::NodeHarness node(const at::Tensor& latents, const Pairs& props = {}) {
  graph::NodeHarness node(built_in(), "preview", props);
  node.in("latents", Latents{latents});
  return node;
}

cv::Mat seen(const at::Tensor& latents, const Pairs& props = {}) {
  return node(latents, props).run().out<Image>("image").pixels;
}

TEST(Preview, ShowsLatents) {
  at::Tensor latents = at::zeros({1, 4, 3, 5});
  latents[0][0][1][2] = 0.5;
  const cv::Mat small = seen(latents);
  ASSERT_EQ(small.size(), cv::Size(5, 3));
  EXPECT_NEAR(small.at<cv::Vec3f>(1, 2)[0], 180 / 255.0, 1e-6);
  EXPECT_NEAR(small.at<cv::Vec3f>(0, 0)[2], 130 / 255.0, 1e-6);
  const cv::Mat large = seen(latents, {{"scale", "8"}});
  ASSERT_EQ(large.size(), cv::Size(40, 24));
  EXPECT_EQ(large.at<cv::Vec3f>(15, 23), small.at<cv::Vec3f>(1, 2));
  EXPECT_EQ(large.at<cv::Vec3f>(16, 23), small.at<cv::Vec3f>(2, 2));
}

TEST(Preview, IsSentToWhoeverWatches) {
  graph::NodeHarness watched = node(at::zeros({1, 4, 3, 5}));
  watched.run();
  ASSERT_EQ(watched.previews().size(), 1U);
  EXPECT_TRUE(same_pixels(watched.previews()[0].as<Image>().pixels, watched.out<Image>("image").pixels));
}

TEST(Preview, ShowsLatentsOfOtherModels) {
  const at::Tensor latents = tensors::Generator(1).randn({1, 16, 4, 6});
  EXPECT_EQ(seen(latents, {{"colours", "principal"}}).size(), cv::Size(6, 4));
  EXPECT_EQ(thrown_by([&] { seen(latents); }),
            "latents of 16 channels, and SDXL's colours are those of 4; colours: principal shows any");
}

TEST(Preview, Refusals) {
  EXPECT_THAT(thrown_by([] { seen(at::zeros({3, 4, 2, 2})); }), HasSubstr("show them one by one"));
  EXPECT_THAT(thrown_by([] {
                seen(at::full({1, 4, 2, 2}, NAN), {{"colours", "principal"}});
              }),
              HasSubstr("not numbers"));
  EXPECT_THAT(refusal_of("preview", {{"colours", "grey"}}), HasSubstr("'grey'"));
}

}  // namespace
}  // namespace nodes
