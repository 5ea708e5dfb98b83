// SPDX-License-Identifier: MIT
/// configs/collage_diffusion.yaml on tiny models, against the original's numbers.
#include <gmock/gmock.h>

#include "methods/layering/hold.h"
#include "methods/layering/levels.h"
#include "models/networks/controlnet.h"
#include "nodes/picture_tensors.h"
#include "tests/nodes/layers/collage_run.h"

namespace nodes {
namespace {

using nlohmann::json;

// Largest differences that rounding makes: of latents, which reach 20, and of pictures.
constexpr double kFirstTolerance = 2e-3, kLatentTolerance = 4e-3, kPictureTolerance = 1.5 / 255;

class CollageParity : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    file_ = reference::layers_json("runs.json")[GetParam()]["vectors"].get<std::string>();
    if (!std::filesystem::exists(reference::layers(file_))) GTEST_SKIP() << GetParam() << " is in the larger set alone";
    sent_ = reference::run_collage(
        reference::collage_settings(GetParam()),
        {"all.image", "noise.mask", "edges-1.mask", "edges-2.mask", "lines-1.image", "words.text", "words.spans",
         "text.conditioning", "schedule.schedule", "encoded.latents", "noisy.latents", "denoise.step.latents",
         "denoise.hold.latents", "denoise.control-1.residuals", "image.image"});
  }

  const graph::Value& last(const std::string& port) { return sent_.at(port).back(); }
  at::Tensor latents(const std::string& port, std::size_t i = 0) { return sent_.at(port).at(i).as<Latents>().tensor; }

  /// A picture of the set, if it is there, equal byte by byte, or to `most`.
  void expect_picture(const std::string& name, const cv::Mat& picture, double most) {
    const std::filesystem::path path = reference::layers("expected/run_" + GetParam() + "_" + name + ".png");
    if (!std::filesystem::exists(path)) return;
    EXPECT_LE(cv::norm(picture, imaging::read_picture(path.string()), cv::NORM_INF), most) << name;
  }

  /// The map of a ControlNet's strengths, where the set has it in numbers.
  void expect_map(const reference::Vectors& vectors, const std::string& array, const std::string& port) {
    if (!vectors.has(array)) return;
    const at::Tensor map = to_tensor(last(port).as<Mask>())[0][0];
    EXPECT_LT(reference::difference(reference::thinned(map), vectors[array]), 1e-6);
  }

  /// An array, if the set has it.
  static void expect_near(const reference::Vectors& vectors, const std::string& array, const at::Tensor& tensor,
                          double most) {
    if (!vectors.has(array)) return;
    EXPECT_LT(reference::difference(tensor, vectors[array]), most) << array;
  }

  /// Which cells are the collage's again after each step.
  void expect_held(const reference::Vectors& vectors, const at::Tensor& keep) {
    if (!vectors.has("keep_dilated")) return;
    const auto& schedule = last("schedule.schedule").as<schedulers::Schedule>();
    for (std::int64_t k = 0; k < vectors["keep_dilated"].size(0); ++k) {
      const double timestep = schedule.timestep(static_cast<std::size_t>(k));
      const std::int64_t reach = layering::hold_reach(timestep, 1000);
      EXPECT_EQ(reach, vectors["dilate"][k].item<std::int64_t>());
      const at::Tensor held = layering::held_cells(keep, timestep, 1000, reach)[0][0];
      EXPECT_EQ(reference::difference(held, vectors["keep_dilated"][k]), 0) << k;
    }
  }

  /// Which tokens are biased, in order, and by whose masks.
  void expect_words(const reference::Vectors& vectors) {
    if (!vectors.has("tokens")) return;
    std::vector<std::int64_t> tokens, of_layer;
    for (const models::LayerWords& words : last("words.spans").as<Spans>().words) {
      tokens.insert(tokens.end(), words.tokens.begin(), words.tokens.end());
      of_layer.insert(of_layer.end(), words.tokens.size(), static_cast<std::int64_t>(words.layer));
    }
    EXPECT_EQ(reference::difference(at::tensor(tokens), vectors["tokens"]), 0);
    EXPECT_EQ(reference::difference(at::tensor(of_layer), vectors["token_layer"]), 0);
  }

  std::string file_;
  reference::Sent sent_;
};

TEST_P(CollageParity, EqualsTheOriginalAtEveryStage) {
  const reference::Vectors vectors(reference::layers(file_));
  const auto has = [&](const char* array) { return vectors.has(array); };
  const auto turns = static_cast<std::int64_t>(sent_.at("denoise.hold.latents").size());
  const auto& schedule = last("schedule.schedule").as<schedulers::Schedule>();
  const auto k0 = static_cast<std::int64_t>(schedule.index(0));
  EXPECT_EQ(has("k0") ? k0 : -1, has("k0") ? vectors["k0"].item<std::int64_t>() : -1);
  expect_picture("composite", last("all.image").as<Image>().pixels, 0);
  const at::Tensor noise = to_tensor(last("noise.mask").as<Mask>());
  expect_near(vectors, "keep_map", layering::keep_map(noise)[0][0], 1e-6);
  if (has("timesteps")) {
    for (std::int64_t k = 0; k < turns; ++k) {
      const auto turn = static_cast<std::size_t>(k);
      EXPECT_EQ(static_cast<float>(schedule.timestep(turn)), vectors["timesteps"][k + k0].item<float>());
      if (!has("sigmas")) continue;
      EXPECT_NEAR(schedule.sigma(turn), vectors["sigmas"][k + k0].item<double>(), 1e-5);
    }
  }
  if (has("prompt_embeds")) {
    const auto& text = last("text.conditioning").as<Conditioning>();
    const at::Tensor& due = vectors["prompt_embeds"];
    EXPECT_LT(reference::difference(text.prompt_embeds[0], due[due.size(0) - 1]), 1e-4);
    EXPECT_TRUE(due.size(0) == 1 || reference::difference(text.negative_prompt_embeds[0], due[0]) < 1e-4);
  }
  expect_near(vectors, "z0", latents("encoded.latents"), 1e-4);
  expect_near(vectors, "latents_init", latents("noisy.latents"), 1e-4);
  expect_words(vectors);
  expect_held(vectors, layering::keep_map(noise));
  expect_map(vectors, "map1", "edges-1.mask");
  expect_map(vectors, "map2", "edges-2.mask");
  if (has("sum_mid0")) {
    const auto& residuals = sent_.at("denoise.control-1.residuals").front().as<Residuals>();
    EXPECT_LT(reference::difference(residuals.prompt.mid[0], vectors["sum_mid0"][1]), 1e-4);
    EXPECT_TRUE(residuals.negative.none());
  }
  if (has("latents_first")) {
    EXPECT_LT(reference::difference(latents("denoise.hold.latents"), vectors["latents_first"]), kFirstTolerance);
    EXPECT_LT(reference::difference(latents("denoise.hold.latents", static_cast<std::size_t>(turns - 1)),
                                    vectors["latents_last"]),
              kLatentTolerance);
  } else {
    ASSERT_EQ(vectors["latents"].size(0), turns);
    for (std::int64_t k = 0; k < turns; ++k) {
      const auto turn = static_cast<std::size_t>(k);
      EXPECT_LT(reference::difference(latents("denoise.hold.latents", turn)[0], vectors["latents"][k]),
                k == 0 ? kFirstTolerance : kLatentTolerance)
          << "after step " << k;
    }
  }
  expect_picture("image", last("image.image").as<Image>().pixels, kPictureTolerance);
  if (has("image") && vectors["image"].size(2) == noise.size(2))
    expect_near(vectors, "image", to_tensor(last("image.image").as<Image>()), 1e-3);
  if (sent_.contains("lines-1.image")) expect_picture("hint", last("lines-1.image").as<Image>().pixels, 0);
}

/// Logits before and behind the pull, in two modules.
TEST(CollageStages, LogitsArePulledAsTheOriginals) {
  const reference::Vectors vectors(reference::layers("vectors/attention_attention.npz"));
  const std::vector<cv::Mat> masks =
      layering::visible_masks(reference::placed_layers("attention", 128, 128), layering::Opacity::kSquared);
  std::vector<models::AttentionRegion> regions;
  for (std::int64_t i = 0; i < vectors["tokens"].size(0); ++i) {
    const cv::Mat& mask = masks.at(static_cast<std::size_t>(vectors["token_layer"][i].item<std::int64_t>()));
    regions.push_back({{vectors["tokens"][i].item<std::int64_t>()},
                       reference::tensor_of(mask).to(at::kFloat).unsqueeze(0).unsqueeze(0),
                       vectors["w_positive"][i].item<double>(),
                       vectors["w_negative"][i].item<double>()});
  }
  for (const auto& [array, step, side] : {std::tuple("mid_step0", 0, 2), std::tuple("up1_step2", 1, 4)}) {
    const double sigma = vectors["sigma"][step].item<double>();
    EXPECT_NEAR(models::attention_weight(models::AttentionFall::kLogLog, sigma), vectors["w"][step].item<double>(),
                1e-6);
    // [uncond heads, cond heads]: the second half is pulled.
    const at::Tensor raw = vectors[std::string("raw_") + array].slice(0, 2).unsqueeze(0);
    const at::Tensor due = vectors[std::string("biased_") + array].slice(0, 2).unsqueeze(0);
    const at::Tensor pulled = models::attention_edit(regions, models::AttentionFall::kLogLog, sigma)(raw, side, side);
    EXPECT_LT(reference::difference(pulled, due), 1e-5) << array;
  }
}

/// What ControlNets add, times a map of strengths at its own size, and the sum of two.
TEST(CollageStages, ResidualsAreScaledAsTheOriginals) {
  const reference::Vectors vectors(reference::layers("vectors/control_control.npz"));
  const json strengths = reference::layers_json("runs.json")["control"]["control_strengths"];
  const std::vector<cv::Mat> masks =
      layering::visible_masks(reference::placed_layers("control", 128, 128), layering::Opacity::kSquared);
  const auto map = [&](std::size_t net) {
    return to_tensor(
        Mask{layering::level_map(masks, strengths[net].get<std::vector<double>>(), 0, layering::MapForm::kBytes, 0)});
  };
  for (const std::int64_t side : {16, 8, 4, 2})
    EXPECT_LT(reference::difference(at::upsample_bilinear2d(map(1), {side, side}, false)[0][0],
                                    vectors["map2_" + std::to_string(side) + "x" + std::to_string(side)]),
              1e-6);
  const models::UNetResiduals raw{.down = {vectors["raw1_down0"], vectors["raw1_down7"]}, .mid = vectors["raw1_mid"]};
  const models::UNetResiduals scaled = models::weighed(raw, {.map = map(0)}, false);
  EXPECT_LT(reference::difference(scaled.down[0], vectors["scaled1_down0"]), 1e-6);
  EXPECT_LT(reference::difference(scaled.down[1], vectors["scaled1_down7"]), 1e-6);
  EXPECT_LT(reference::difference(scaled.mid, vectors["scaled1_mid"]), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(AsStored, CollageParity,
                         ::testing::Values("noise", "attention", "attention_sigma_current", "control", "guess",
                                           "all_ref", "all_ref_b", "all_fix", "edit_ref", "edit_fix", "nonsquare",
                                           "noguide", "logsched", "plain512", "sdxl"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace nodes
