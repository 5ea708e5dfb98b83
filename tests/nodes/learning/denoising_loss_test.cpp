// SPDX-License-Identifier: MIT
#include "tests/nodes/fixtures.h"
#include "tests/reference.h"

namespace nodes {
namespace {

schedulers::Schedule levels_of(const std::string& prediction) {
  schedulers::Config config{.beta_start = 0.00085, .beta_end = 0.012, .beta_schedule = "scaled_linear"};
  config.prediction_type = prediction;
  return {config, {.scheduler = "ddim", .steps = 10}};
}

double loss_of(const std::string& prediction, const at::Tensor& said, const at::Tensor& clean,
               const at::Tensor& noise) {
  graph::NodeHarness node(built_in(), "denoising-loss");
  node.in("predictions", Predictions{said, {}}).in("latents", Latents{clean}).in("noise", Latents{noise});
  node.in("schedule", levels_of(prediction)).in("timestep", std::int64_t{250}).run();
  return node.out<Loss>("loss").tensor.item<double>();
}

TEST(DenoisingLoss, IsThatOfTheFormula) {
  const at::Tensor clean = tensors::Generator(3).randn({1, 4, 4, 4}), noise = tensors::Generator(4).randn({1, 4, 4, 4}),
                   said = tensors::Generator(5).randn({1, 4, 4, 4});
  const schedulers::Schedule levels = levels_of("epsilon");
  const float alpha = levels.alphas_cumprod()[250];
  const at::Tensor velocity = std::sqrt(alpha) * noise - std::sqrt(1 - alpha) * clean;
  EXPECT_NEAR(loss_of("epsilon", said, clean, noise), (noise - said).square().mean().item<double>(), 1e-6);
  EXPECT_NEAR(loss_of("sample", said, clean, noise), (clean - said).square().mean().item<double>(), 1e-6);
  EXPECT_NEAR(loss_of("v_prediction", said, clean, noise), (velocity - said).square().mean().item<double>(), 1e-6);
}

/// Of ones and what was predicted of them as zeros, with a mask: the loss is the mean of its squares on the grid.
at::Tensor masked_loss(const cv::Mat& mask, const at::Tensor& said, const std::string& weight = "1") {
  graph::NodeHarness node(built_in(), "denoising-loss", {{"weight", weight}});
  const at::Tensor noise = at::ones_like(said);
  node.in("predictions", Predictions{said, {}}).in("latents", Latents{noise}).in("noise", Latents{noise});
  node.in("schedule", levels_of("epsilon")).in("timestep", std::int64_t{250}).in("mask", Mask{mask}).run();
  return node.out<Loss>("loss").tensor;
}

TEST(DenoisingLoss, OfAMaskIsTheMeanOverAllNumbers) {
  cv::Mat half(16, 16, CV_32FC1, cv::Scalar(0));
  half(cv::Rect(0, 0, 8, 16)).setTo(1);
  const at::Tensor zeros = at::zeros({1, 4, 2, 2});
  EXPECT_FLOAT_EQ(masked_loss(half, zeros).item<float>(), 0.5);
  EXPECT_FLOAT_EQ(masked_loss(half, zeros, "0.25").item<float>(), 0.125);
  EXPECT_EQ(masked_loss(cv::Mat(16, 16, CV_32FC1, cv::Scalar(0)), zeros).item<float>(), 0);
}

TEST(DenoisingLoss, AMaskOfZerosHasNoGradient) {
  const at::Tensor said = tensors::leaf(at::zeros({1, 4, 2, 2}));
  const at::Tensor loss = masked_loss(cv::Mat(16, 16, CV_32FC1, cv::Scalar(0)), said);
  EXPECT_EQ(tensors::gradients({{loss}}, {said})[0].abs().max().item<float>(), 0);
}

/// (k / 255) on the grid, in bytes: between two pixels lies their mean, a half to the even byte.
TEST(DenoisingLoss, AMaskIsRoundedToBytesOnTheGrid) {
  cv::Mat mask(2, 2, CV_32FC1, cv::Scalar(0));
  mask.at<float>(0, 0) = 255 / 255.0f;
  mask.at<float>(0, 1) = 254 / 255.0f;
  mask.at<float>(1, 0) = 253 / 255.0f;
  mask.at<float>(1, 1) = 251 / 255.0f;
  const double expected = 253 / 255.0;  // of 253.25
  EXPECT_NEAR(masked_loss(mask, at::zeros({1, 4, 1, 1})).item<float>(), expected * expected, 1e-6);
}

TEST(DenoisingLoss, Errors) {
  const at::Tensor one = at::ones({1, 4, 4, 4});
  EXPECT_THAT(thrown_by([&] {
                loss_of("epsilon", one, one, at::ones({1, 4, 4, 2}));
              }),
              testing::HasSubstr("noise of [1, 4, 4, 2]"));
}

}  // namespace
}  // namespace nodes
