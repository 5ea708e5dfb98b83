// SPDX-License-Identifier: MIT
#include "models/networks/attention_control.h"

#include <gmock/gmock.h>

#include <cmath>

#include "models/files/weights.h"
#include "models/networks/unet.h"
#include "tensors/npz.h"
#include "tests/reference.h"

namespace models {
namespace {

/// Collage Diffusion's own logits before and after, on a canvas that is not square: tests/data/control/README.md.
class AttentionControl : public ::testing::Test {
 protected:
  const at::Tensor& operator[](const std::string& name) const { return npz_.at(name, path_); }

  /// The regions of the run, with their masks at one feature map's size.
  std::vector<AttentionRegion> regions(const std::string& masks) const {
    std::vector<AttentionRegion> all;
    std::int64_t last = -1;
    for (std::int64_t i = 0; i < (*this)["tokens"].size(0); ++i) {
      const auto layer = (*this)["token_layer"][i].item<std::int64_t>();
      if (layer != last)
        all.push_back({{},
                       (*this)[masks][layer].unsqueeze(0).unsqueeze(0),
                       (*this)["w_positive"][i].item<double>(),
                       (*this)["w_negative"][i].item<double>()});
      all.back().tokens.push_back((*this)["tokens"][i].item<std::int64_t>());
      last = layer;
    }
    return all;
  }

  const std::filesystem::path path_ =
      std::filesystem::path(SOURCE_DIR) / "tests/data/control/vectors/attention_nonsquare.npz";
  const tensors::Npz npz_ = tensors::read_npz(path_);
};

TEST_F(AttentionControl, EditsLogitsAsTheOriginal) {
  const double weight = attention_weight(AttentionFall::kLogLog, (*this)["sigma"][0].item<double>());
  EXPECT_NEAR(weight, (*this)["w"][0].item<double>(), 1e-6);
  const LogitEdit up = attention_edit(regions("pyramid_4x6"), weight),
                  mid = attention_edit(regions("pyramid_2x3"), weight);
  const auto batch = [&](const std::string& name) { return (*this)[name].unsqueeze(0); };
  EXPECT_LT(reference::difference(up(batch("raw_up1"), 4, 6), batch("biased_up1")), 1e-5);
  EXPECT_LT(reference::difference(mid(batch("raw_mid"), 2, 3), batch("biased_mid")), 1e-5);
  EXPECT_GT(reference::difference(batch("raw_up1"), batch("biased_up1")), 0.01);
}

TEST_F(AttentionControl, LeavesOtherWordsAlone) {
  const at::Tensor logits = at::randn({1, 2, 24, 7});
  const LogitEdit edit = attention_edit({{{2}, at::ones({1, 1, 8, 8}), 1, 0}}, 0.5);
  const at::Tensor edited = edit(logits, 4, 6);
  for (std::int64_t token = 0; token < 7; ++token) {
    const at::Tensor before = logits.select(3, token), after = edited.select(3, token);
    if (token != 2) EXPECT_TRUE(after.equal(before)) << token;
    else EXPECT_LT(reference::difference(after, before + 0.5 * before.max()), 1e-6);
  }
  const LogitEdit beyond = attention_edit({{{7}, at::ones({1, 1, 8, 8}), 1, 0}}, 0.5);
  EXPECT_THROW(beyond(logits, 4, 6), std::invalid_argument);
}

TEST_F(AttentionControl, WeightsFallWithTheNoiseLevel) {
  EXPECT_NEAR(attention_weight(AttentionFall::kLogLog, 14.6146), 1.32145, 1e-5);
  EXPECT_NEAR(attention_weight(AttentionFall::kLogLog, 1), 0.52953, 1e-5);
  EXPECT_NEAR(attention_weight(AttentionFall::kLogLog, 0.0292), 0.03773, 1e-5);
  EXPECT_NEAR(attention_weight(AttentionFall::kLog, 1), std::log(2.01), 1e-12);
}

/// The predictions of a whole network, with the original's masks at each feature map's size.
TEST(AttentionControlInAUNet, PredictsAsTheOriginal) {
  const std::filesystem::path root = std::filesystem::path(REFERENCE_DIR) / "collage_diffusion";
  if (!std::filesystem::exists(root / "model")) GTEST_SKIP() << root << " is in the larger set alone";
  const auto read = [&](const std::string& name) {
    return tensors::read_npz(root / "vectors" / (name + ".npz")).arrays;
  };
  auto run = read("run_attention"), words = read("attention_attention"), masks = read("masks");
  WeightFiles weights(root / "model/unet/diffusion_pytorch_model.safetensors");
  const UNet unet(UNetConfig::read(tensors::ConfigReader::read(root / "model/unet/config.json")), weights);
  const auto first = run["k0"].item<std::int64_t>();
  for (std::int64_t step = 0; step < run["latents"].size(0); ++step) {
    const double sigma = run["sigmas"][first + step].item<double>();
    const double weight = attention_weight(AttentionFall::kLogLog, run["sigma_attention"][step].item<double>());
    std::map<std::int64_t, LogitEdit> edits;
    for (const std::int64_t side : {16, 8, 4, 2}) {
      std::vector<AttentionRegion> regions;
      for (std::int64_t i = 0; i < words["tokens"].size(0); ++i)
        regions.push_back({{words["tokens"][i].item<std::int64_t>()},
                           masks["pyramid_ref_" + std::to_string(side)][words["token_layer"][i].item<std::int64_t>()]
                               .unsqueeze(0)
                               .unsqueeze(0),
                           words["w_positive"][i].item<double>(),
                           words["w_negative"][i].item<double>()});
      edits[side] = attention_edit(std::move(regions), weight);
    }
    const auto edit =
        std::make_shared<const LogitEdit>([&](const at::Tensor& logits, std::int64_t height, std::int64_t width) {
          return edits.at(height)(logits, height, width);
        });
    const at::Tensor latents = step == 0 ? run["latents_init"] : run["latents"][step - 1].unsqueeze(0);
    const at::Tensor sample = latents / std::sqrt(sigma * sigma + 1);
    const double timestep = run["timesteps"][first + step].item<double>();
    const at::Tensor texts = run["prompt_embeds"];
    const std::vector<UNetRow> rows{
        {sample, timestep, {.encoder_hidden_states = texts.narrow(0, 0, 1)}},
        {sample, timestep, {.encoder_hidden_states = texts.narrow(0, 1, 1), .edit_logits = edit}}};
    const std::vector<at::Tensor> found = unet(rows);
    EXPECT_LT(reference::difference(found[0].squeeze(0), run["noise_uncond"][step]), 6e-5) << step;
    EXPECT_LT(reference::difference(found[1].squeeze(0), run["noise_cond"][step]), 6e-5) << step;
  }
}

}  // namespace
}  // namespace models
