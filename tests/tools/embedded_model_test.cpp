// SPDX-License-Identifier: MIT
// What the model in assets/model is held to. Thresholds: 85 % of pictures of what it was never shown, as the judge sees
// them (its own thresholds are in judge.h); 28 dB for scenes that the autoencoder was never shown; 12 MB in all.
#include <gmock/gmock.h>

#include <cstdlib>

#include "models/model.h"
#include "models/prompt_time_ids.h"
#include "schedulers/schedule.h"
#include "tensors/generator.h"
#include "tools/train_embedded/judge.h"
#include "tools/train_embedded/pictures.h"

namespace train_embedded {
namespace {

/// Another than the shipped one where DECOUPAGE_EMBEDDED says so: one that is still learning.
std::filesystem::path folder_of_model() {
  const char* const other = std::getenv("DECOUPAGE_EMBEDDED");
  return other == nullptr ? std::filesystem::path(SOURCE_DIR) / "assets/model" : std::filesystem::path(other);
}
const std::filesystem::path kFolder = folder_of_model();

struct Request {
  std::string prompt;
  std::vector<std::int64_t> seeds;
  std::string scheduler{};
  double guidance_scale = 4;
  std::int64_t steps = 20;
};

class EmbeddedModel : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (std::filesystem::exists(kFolder)) model_ = new models::Model(kFolder.string(), {.dtype = at::kFloat});
  }
  static void TearDownTestSuite() {
    delete model_;
    model_ = nullptr;
  }

  void SetUp() override {
    if (model_ == nullptr) GTEST_SKIP() << "there is no " << kFolder << ": docs/embedded-model.md says how it is made";
  }

  /// A batch of pictures in [−1,1], of the size that the model was made for.
  static at::Tensor draw(const Request& request) {
    const at::NoGradGuard no_gradients;
    const auto rows = static_cast<std::int64_t>(request.seeds.size());
    const std::int64_t side = model_->vae().sample_size(), cells = side / model_->vae().factor();
    const models::EncodedPrompt text = model_->text().encode({.prompt = request.prompt, .negative_prompt = ""});
    const auto config = model_->files().scheduler();
    const schedulers::Schedule schedule(schedulers::Config::parse(config.text, config.name),
                                        {.scheduler = request.scheduler, .steps = request.steps});
    std::vector<at::Tensor> noise;
    for (const std::int64_t seed : request.seeds) noise.push_back(tensors::Generator(seed).randn({1, 4, cells, cells}));
    at::Tensor latents = at::cat(noise) * schedule.init_noise_sigma();
    const auto twice = [&](const at::Tensor& with, const at::Tensor& without) {
      std::vector<std::int64_t> repeats(static_cast<std::size_t>(with.dim()), 1);
      repeats[0] = rows;
      return at::cat({with.repeat(repeats), without.repeat(repeats)});
    };
    const at::Tensor tokens = twice(text.prompt_embeds, text.negative_prompt_embeds);
    const at::Tensor pooled = twice(text.pooled_prompt_embeds, text.negative_pooled_prompt_embeds);
    const at::Tensor ids = models::base_time_ids({side, side}, {}, {side, side}).repeat({2 * rows, 1});
    schedulers::State state;
    tensors::Generator generator(0);
    for (std::size_t turn = 0; turn < schedule.size(); ++turn) {
      const at::Tensor input = schedulers::scale_model_input(schedule, turn, latents).repeat({2, 1, 1, 1});
      const at::Tensor timesteps = at::full({2 * rows}, schedule.timestep(turn), at::kFloat);
      const std::vector<at::Tensor> halves = model_->unet()({input, timesteps, tokens, pooled, ids}).chunk(2);
      latents = schedulers::step(schedule, turn, halves[1] + request.guidance_scale * (halves[0] - halves[1]), latents,
                                 state, [&](at::IntArrayRef shape) { return generator.randn(shape); });
    }
    return model_->vae().decode(latents);
  }

  static int count_good(const at::Tensor& pictures, const Order& order, Judge& judge) {
    int good = 0;
    for (std::int64_t i = 0; i < pictures.size(0); ++i) good += judge(to_picture(pictures, i), order).good();
    return good;
  }

  static models::Model* model_;
};
models::Model* EmbeddedModel::model_ = nullptr;

TEST_F(EmbeddedModel, TakesNoMoreThan12Megabytes) {
  std::uintmax_t bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(kFolder))
    if (file.is_regular_file()) bytes += file.file_size();
  EXPECT_LE(bytes, 12'000'000u);
}

TEST_F(EmbeddedModel, DrawsWhatItIsToldThoughItNeverSawIt) {
  Judge judge;
  std::vector<std::int64_t> seeds(16);
  for (std::size_t i = 0; i < seeds.size(); ++i) seeds[i] = static_cast<std::int64_t>(i);
  int good = 0, all = 0;
  for (const Order& order : unseen_orders()) {
    const std::string prompt = full_caption(arrange(order, 0));
    const int of_this = count_good(draw({prompt, seeds}), order, judge);
    good += of_this;
    all += static_cast<int>(seeds.size());
    RecordProperty(prompt, of_this);
    std::cout << of_this << " of " << seeds.size() << ": " << prompt << std::endl;
  }
  EXPECT_GE(good, 0.85 * all);
}

TEST_F(EmbeddedModel, DecodesScenesThatItNeverSaw) {
  const at::NoGradGuard no_gradients;
  Painter painter;
  for (const int side : {128, 256}) {
    std::vector<at::Tensor> pictures;
    for (std::uint64_t i = kUnseen + 100; i < kUnseen + 116; ++i)
      pictures.push_back(to_tensor(painter.draw(compose(i), side)));
    const at::Tensor batch = at::cat(pictures);
    const double decibels = psnr(batch, model_->vae().decode(model_->vae().encode(batch).mean));
    std::cout << side << " px: " << decibels << " dB" << std::endl;
    EXPECT_GE(decibels, 28) << side;
  }
}

}  // namespace
}  // namespace train_embedded
