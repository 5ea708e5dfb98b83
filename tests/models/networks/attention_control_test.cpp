// SPDX-License-Identifier: MIT
#include "models/networks/attention_control.h"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

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
  const auto fall = AttentionFall::kLogLog;
  const double sigma = (*this)["sigma"][0].item<double>();
  EXPECT_NEAR(attention_weight(fall, sigma), (*this)["w"][0].item<double>(), 1e-6);
  const LogitEdit up = attention_edit(regions("pyramid_4x6"), fall, sigma),
                  mid = attention_edit(regions("pyramid_2x3"), fall, sigma);
  const auto batch = [&](const std::string& name) { return (*this)[name].unsqueeze(0); };
  EXPECT_LT(reference::difference(up(batch("raw_up1"), 4, 6), batch("biased_up1")), 1e-5);
  EXPECT_LT(reference::difference(mid(batch("raw_mid"), 2, 3), batch("biased_mid")), 1e-5);
  EXPECT_GT(reference::difference(batch("raw_up1"), batch("biased_up1")), 0.01);
}

TEST_F(AttentionControl, LeavesOtherWordsAlone) {
  const at::Tensor logits = at::randn({1, 2, 24, 7});
  const double sigma = std::exp(0.5) - 1.01;  // at which the weight is a half
  const LogitEdit edit = attention_edit({{{2}, at::ones({1, 1, 8, 8}), 1, 0}}, AttentionFall::kLog, sigma);
  const at::Tensor edited = edit(logits, 4, 6);
  for (std::int64_t token = 0; token < 7; ++token) {
    const at::Tensor before = logits.select(3, token), after = edited.select(3, token);
    if (token != 2) EXPECT_TRUE(after.equal(before)) << token;
    else EXPECT_LT(reference::difference(after, before + 0.5 * before.max()), 1e-6);
  }
  const LogitEdit beyond = attention_edit({{{7}, at::ones({1, 1, 8, 8}), 1, 0}}, AttentionFall::kLog, sigma);
  EXPECT_THROW(beyond(logits, 4, 6), std::invalid_argument);
}

/// Its formula, written out: 0.1 · weight · ln(1 + σ) · max(q kᵀ) is added to q kᵀ before it is scaled, and regions add
/// up.
TEST_F(AttentionControl, PaintsWithWordsAsPublished) {
  constexpr double kScale = 0.25, kSigma = 3.5;
  const at::Tensor logits = (*this)["raw_up1"].unsqueeze(0).to(at::kDouble);
  std::vector<AttentionRegion> inside = regions("pyramid_4x6");
  at::Tensor products = logits / kScale;
  const double most = products.max().item<double>();
  for (AttentionRegion& region : inside) {
    region.negative_strength = 0;
    for (const std::int64_t token : region.tokens)
      products.select(3, token) +=
          0.1 * region.strength * std::log(1 + kSigma) * most * region.mask.reshape({1, 1, 24});
  }
  const LogitEdit edit = attention_edit(inside, AttentionFall::kEdiffi, kSigma);
  EXPECT_LT(reference::difference(edit(logits, 4, 6), products * kScale), 1e-6);
  EXPECT_GT(reference::difference(logits, products * kScale), 0.01);
}

TEST_F(AttentionControl, WeightsFallWithTheNoiseLevel) {
  EXPECT_NEAR(attention_weight(AttentionFall::kLogLog, 14.6146), 1.32145, 1e-5);
  EXPECT_NEAR(attention_weight(AttentionFall::kLogLog, 1), 0.52953, 1e-5);
  EXPECT_NEAR(attention_weight(AttentionFall::kLogLog, 0.0292), 0.03773, 1e-5);
  EXPECT_NEAR(attention_weight(AttentionFall::kLog, 1), std::log(2.01), 1e-12);
  EXPECT_NEAR(attention_weight(AttentionFall::kEdiffi, 1), 0.1 * std::log(2.0), 1e-12);
}

/// The predictions of a whole network, with the original's masks at each feature map's size.
TEST(AttentionControlInAUNet, PredictsAsTheOriginal) {
  const std::filesystem::path root = reference::root() / "collage_diffusion";
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
    const auto pulled = run["sigma_attention"][step].item<double>();
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
      edits[side] = attention_edit(std::move(regions), AttentionFall::kLogLog, pulled);
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

/// The runs by the spec's own rules: another fall, a batch of one, and Stable Diffusion XL with a learned word of two
/// vectors. Masks are whole, and brought to each feature map's size here.
struct PulledRun {
  const char* name;
  AttentionFall fall;
  bool xl;
};
void PrintTo(const PulledRun& run, std::ostream* out) {
  *out << run.name;
}
class PulledRuns : public ::testing::TestWithParam<PulledRun> {};
INSTANTIATE_TEST_SUITE_P(AttentionControlInAUNet, PulledRuns,
                         ::testing::Values(PulledRun{"logsched", AttentionFall::kLog, false},
                                           PulledRun{"noguide", AttentionFall::kLogLog, false},
                                           PulledRun{"sdxl", AttentionFall::kLogLog, true}));

TEST_P(PulledRuns, PredictAsTheTranscription) {
  const std::filesystem::path root = reference::root() / "collage_diffusion";
  if (!std::filesystem::exists(root / "model")) GTEST_SKIP() << root << " is in the larger set alone";
  const auto [name, fall, xl] = GetParam();
  const auto read = [&](const std::string& file) {
    return tensors::read_npz(root / "vectors" / (file + ".npz")).arrays;
  };
  auto run = read("run_" + std::string(name)), masks = read("masks");
  std::ifstream stream(root / "requests" / (std::string(name) + ".json"));
  const nlohmann::json layers = nlohmann::json::parse(stream).at("layers");
  const std::filesystem::path model = xl ? reference::sdxl("mini") / "model" : root / "model";
  WeightFiles weights(model / "unet/diffusion_pytorch_model.safetensors");
  const UNet unet(UNetConfig::read(tensors::ConfigReader::read(model / "unet/config.json")), weights);
  const auto first = run["k0"].item<std::int64_t>(), prompt = run["prompt_embeds"].size(0) - 1;
  const auto half = [&](const char* array) { return run.at(array).narrow(0, prompt, 1); };
  for (std::int64_t step = 0; step < run["latents"].size(0); ++step) {
    std::vector<AttentionRegion> regions;
    for (std::int64_t i = 0; i < run["tokens"].size(0); ++i) {
      const auto layer = run["token_layer"][i].item<std::int64_t>();
      const nlohmann::json& said = layers.at(static_cast<std::size_t>(layer));
      regions.push_back({{run["tokens"][i].item<std::int64_t>()},
                         masks["masks_fix"][layer].unsqueeze(0).unsqueeze(0),
                         said.at("cacStrength").get<double>(),
                         said.at("negativeStrength").get<double>()});
    }
    const auto edit = std::make_shared<const LogitEdit>(
        attention_edit(std::move(regions), fall, run["sigma_attention"][step].item<double>()));
    const at::Tensor latents = step == 0 ? run["latents_init"] : run["latents"][step - 1].unsqueeze(0);
    const double sigma = run["sigmas"][first + step].item<double>();
    RowConditioning told{.encoder_hidden_states = half("prompt_embeds"), .edit_logits = edit};
    if (xl) {
      told.text_embeds = half("text_embeds");
      told.time_ids = half("time_ids");
    }
    const std::vector<UNetRow> rows{
        {latents / std::sqrt(sigma * sigma + 1), run["timesteps"][first + step].item<double>(), told}};
    EXPECT_LT(reference::difference(unet(rows)[0].squeeze(0), run["noise_cond"][step]), 6e-5) << step;
  }
}

}  // namespace
}  // namespace models
