// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

using ::testing::HasSubstr;

const at::Tensor kPrompt = at::tensor({1.0F, -2.0F, 0.5F, 4.0F}).reshape({1, 1, 2, 2});
const at::Tensor kNegative = at::tensor({0.0F, 1.0F, 0.5F, -1.0F}).reshape({1, 1, 2, 2});

at::Tensor guide(const std::string& scale, const at::Tensor& prompt = kPrompt, const at::Tensor& negative = kNegative) {
  graph::NodeHarness node(built_in(), "guide", {{"guidance_scale", scale}});
  return node.in("predictions", Predictions{prompt, negative}).run().out<Prediction>("prediction").tensor;
}

TEST(Guide, GoesFromTheNegativeToThePromptAndBeyond) {
  const at::Tensor expected = at::tensor({3.0F, -8.0F, 0.5F, 14.0F}).reshape({1, 1, 2, 2});
  EXPECT_LT(reference::difference(guide("3"), expected), 1e-6);
}

TEST(Guide, UpToOneIsThePromptAlone) {
  EXPECT_TRUE(guide("1").equal(kPrompt));
  EXPECT_TRUE(guide("0.5").equal(kPrompt));
  EXPECT_TRUE(guide("0", kPrompt, {}).equal(kPrompt)) << "no negative is needed";
}

TEST(Guide, RescalesToTheContrastOfThePrompt) {
  graph::NodeHarness node(built_in(), "guide", {{"guidance_scale", "3"}, {"guidance_rescale", "1"}});
  const at::Tensor out =
      node.in("predictions", Predictions{kPrompt, kNegative}).run().out<Prediction>("prediction").tensor;
  EXPECT_NEAR(out.std().item<double>(), kPrompt.std().item<double>(), 1e-6);
  EXPECT_LT(reference::difference(out / out.std(), guide("3") / guide("3").std()), 1e-6);
}

TEST(Guide, RefusesAScaleBelowZero) {
  EXPECT_THAT(refusal_of("guide", {{"guidance_scale", "-1"}}), HasSubstr("guidance_scale: a scale below 0 is for"));
}

TEST(Guide, LinearlyAnyScaleCounts) {
  const auto linear = [](const std::string& scale) {
    graph::NodeHarness node(built_in(), "guide", {{"guidance_scale", scale}, {"rule", "linear"}});
    return node.in("predictions", Predictions{kPrompt, kNegative}).run().out<Prediction>("prediction").tensor;
  };
  EXPECT_TRUE(linear("0").equal(kNegative));
  EXPECT_LT(reference::difference(linear("0.5"), (kPrompt + kNegative) / 2), 1e-6);
  EXPECT_LT(reference::difference(linear("1"), kPrompt), 1e-6);
  EXPECT_LT(reference::difference(linear("-1"), 2 * kNegative - kPrompt), 1e-6);
  EXPECT_TRUE(linear("3").equal(guide("3")));
  graph::NodeHarness one(built_in(), "guide", {{"guidance_scale", "1"}, {"rule", "linear"}});
  EXPECT_TRUE(
      one.in("predictions", Predictions{kPrompt, {}}).run().out<Prediction>("prediction").tensor.equal(kPrompt));
  graph::NodeHarness half(built_in(), "guide", {{"guidance_scale", "0.5"}, {"rule", "linear"}});
  half.in("predictions", Predictions{kPrompt, {}});
  EXPECT_THAT(thrown_by([&] { half.run(); }), HasSubstr("nothing was predicted without the prompt"));
}

}  // namespace
}  // namespace nodes
