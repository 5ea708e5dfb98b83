// SPDX-License-Identifier: MIT
#include "nodes/picture_tensors.h"
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

graph::NodeHarness decoder(const at::Tensor& latents, const std::string& tile = "1536",
                           const std::string& norms = "picture") {
  const std::string model = (reference::sdxl("mini") / "model").string();
  graph::NodeHarness node(built_in(), "vae-decode", {{"model", model}, {"tile", tile}, {"tile_norms", norms}});
  node.in("latents", Latents{latents});
  return node;
}

Image decoded(const at::Tensor& latents, const std::string& tile = "1536", const std::string& norms = "picture") {
  return decoder(latents, tile, norms).run().out<Image>("image");
}

TEST(VaeDecode, EqualsDiffusers) {
  const reference::Vectors vectors("mini", "txt2img_euler");
  const at::Tensor last = vectors["latents"][-1];
  EXPECT_LT(reference::difference(to_tensor(decoded(last)), vectors["image"]), 1e-4);
}

TEST(VaeDecode, IsEightTimesAsLargeAndBetweenZeroAndOne) {
  const Image image = decoded(tensors::Generator(1).randn({1, 4, 3, 5}) * 50);
  EXPECT_EQ(image.pixels.size(), cv::Size(40, 24));
  EXPECT_EQ(image.pixels.type(), CV_32FC3);
  double least = 0, greatest = 0;
  cv::minMaxIdx(image.pixels.reshape(1), &least, &greatest);
  EXPECT_GE(least, 0);
  EXPECT_LE(greatest, 1);
}

TEST(VaeDecode, TilesOnlyWhatIsLarger) {
  const at::Tensor latents = tensors::Generator(2).randn({1, 4, 24, 16});
  const Image whole = decoded(latents, "0"), tiled = decoded(latents, "128", "tile");
  EXPECT_TRUE(same_pixels(decoded(latents, "192", "tile").pixels, whole.pixels));
  EXPECT_TRUE(same_pixels(decoded(latents, "128").pixels, whole.pixels)) << "its maps are small: nothing is cut";
  EXPECT_EQ(tiled.pixels.size(), whole.pixels.size());
  EXPECT_FALSE(same_pixels(tiled.pixels, whole.pixels));
}

TEST(VaeDecode, RowsOfABatchAreWhatTheyAreAlone) {
  const at::Tensor first = tensors::Generator(3).randn({1, 4, 6, 5}),
                   second = tensors::Generator(4).randn({1, 4, 6, 5});
  graph::NodeHarness a = decoder(first), b = decoder(second);
  graph::NodeHarness::run_batch({&a, &b});
  EXPECT_LT(cv::norm(a.out<Image>("image").pixels, decoded(first).pixels, cv::NORM_INF), 1e-4);
  EXPECT_LT(cv::norm(b.out<Image>("image").pixels, decoded(second).pixels, cv::NORM_INF), 1e-4);
  const at::Tensor good = first, bad = second * NAN;
  graph::NodeHarness c = decoder(good), d = decoder(bad);
  EXPECT_EQ(thrown_by([&] {
              graph::NodeHarness::run_batch({&c, &d});
            }),
            "the latents are not numbers (NaN or infinite)");
  EXPECT_TRUE(c.sent("image")) << "a row's failure is its own";
}

TEST(VaeDecode, Errors) {
  const auto refused = [](const at::Tensor& latents) { return thrown_by([&] { decoder(latents).run(); }); };
  EXPECT_EQ(refused(at::ones({1, 4, 2, 2}) * NAN), "the latents are not numbers (NaN or infinite)");
  EXPECT_EQ(refused(at::full({1, 4, 2, 2}, INFINITY)), "the latents are not numbers (NaN or infinite)");
  EXPECT_EQ(refused(at::ones({2, 4, 2, 2})), "latents of 2 pictures; decode them one by one");
  EXPECT_NE(refused(at::ones({1, 3, 2, 2})), "");
}

}  // namespace
}  // namespace nodes
