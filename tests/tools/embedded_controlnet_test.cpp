// SPDX-License-Identifier: MIT
// What the ControlNet in assets/controlnet-canny is held to: 5 MB; edges of what is drawn agree with the hint's, in
// scenes that no training has seen. DECOUPAGE_CONTROL_SCENES=100 judges a hundred of them.
#include <gmock/gmock.h>

#include <cstdlib>
#include <iomanip>
#include <iostream>

#include "models/files/controlnet_files.h"
#include "models/files/weights.h"
#include "tools/train_embedded/configs.h"
#include "tools/train_embedded/controlnet_judge.h"
#include "tools/train_embedded/parameters.h"
#include "tools/train_embedded/pictures.h"

namespace train_embedded {
namespace {

const std::filesystem::path kAssets = std::filesystem::path(SOURCE_DIR) / "assets";

models::ControlNet shipped_controlnet() {
  const models::NetworkFiles files = models::find_controlnet("embedded-canny", {.embedded = kAssets / "model"});
  models::WeightFiles weights = files.open({.dtype = at::kFloat});
  models::ControlNet network(models::ControlNetConfig::read(files.config()), weights);
  weights.finish();
  return network;
}

TEST(EmbeddedControlNet, TakesNoMoreThan5Megabytes) {
  std::uintmax_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(kAssets / "controlnet-canny")) bytes += file.file_size();
  EXPECT_GT(bytes, 1'000'000u);
  EXPECT_LE(bytes, 5'000'000u);
}

TEST(EmbeddedControlNet, DrawsTheEdgesThatItIsTold) {
  const char* const wanted = std::getenv("DECOUPAGE_CONTROL_SCENES");
  const ShippedModel model(kAssets / "model");
  const models::ControlNet controlnet = shipped_controlnet();
  const std::vector<JudgedScene> scenes = unseen_scenes(wanted == nullptr ? 4 : std::atoi(wanted));
  const auto f = [&](const char* what, const EdgeAgreement& agreement) {
    std::cout << std::fixed << std::setprecision(3) << what << ": F " << agreement.f() << ", precision "
              << agreement.precision << ", recall " << agreement.recall << std::endl;
    return agreement.f();
  };
  std::vector<cv::Mat> coded;
  {
    const at::NoGradGuard no_gradients;
    for (const JudgedScene& scene : scenes)
      coded.push_back(to_picture(model.vae().decode(model.vae().encode(to_tensor(scene.picture)).mean), 0));
  }
  f("the drawings themselves, coded and decoded", agreement_of(coded, scenes));
  const double without = f("told the caption", agreement_of(draw_judged(model, scenes, nullptr), scenes));
  const double with = f("told caption and edges", agreement_of(draw_judged(model, scenes, &controlnet), scenes));
  const double alone =
      f("told the edges alone", agreement_of(draw_judged(model, scenes, &controlnet, Telling::kNothing), scenes));
  EXPECT_LT(without, 0.35);
  EXPECT_GT(with, 2 * without);
  EXPECT_GT(alone, 1.5 * without);
}

/// Before its first step it adds nothing, and after it something.
TEST(EmbeddedControlNet, LearningBeginsFromNone) {
  const auto network_on = [](models::ParameterSource& source) {
    return models::ControlNet(
        models::ControlNetConfig::read(tensors::ConfigReader::parse(controlnet_config().dump(), "controlnet")), source);
  };
  Layout layout;
  network_on(layout);
  Parameters parameters(layout, 1);
  const models::ControlNet network = network_on(parameters);
  const models::UNet::Input input{at::randn({1, 4, 4, 4}), at::full({1}, 500.0), at::randn({1, 3, 128}),
                                  at::randn({1, 64}), at::full({1, 6}, 32.0)};
  const auto residuals = [&] { return network(input, network.embedded(at::rand({1, 3, 32, 32}))); };
  const models::UNetResiduals before = residuals();
  EXPECT_EQ(before.mid.abs().max().item<double>(), 0);
  for (const at::Tensor& one : before.down) EXPECT_EQ(one.abs().max().item<double>(), 0);
  (before.mid - 1).square().sum().backward();
  parameters.step({.learning_rate = 0.01});
  EXPECT_GT(residuals().mid.abs().max().item<double>(), 0);
}

TEST(EdgeAgreement, CountsWhatLiesOneBeside) {
  cv::Mat wanted = cv::Mat::zeros(8, 8, CV_8U), found = wanted.clone();
  EXPECT_EQ(edge_agreement(found, wanted).f(), 1);
  wanted.col(2).setTo(255);
  EXPECT_EQ(edge_agreement(found, wanted).f(), 0);
  found.col(3).setTo(255);
  EXPECT_EQ(edge_agreement(found, wanted).f(), 1);
  found.col(6).setTo(255);
  EXPECT_EQ(edge_agreement(found, wanted).precision, 0.5);
  EXPECT_EQ(edge_agreement(found, wanted).recall, 1);
}

}  // namespace
}  // namespace train_embedded
