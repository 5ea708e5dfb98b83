// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "imaging/contact_sheet.h"
#include "imaging/files/picture.h"
#include "imaging/noise.h"
#include "tools/train_embedded/configs.h"
#include "tools/train_embedded/controlnet_judge.h"
#include "tools/train_embedded/hinted_scenes.h"
#include "tools/train_embedded/latents.h"
#include "tools/train_embedded/objective.h"
#include "tools/train_embedded/parameters.h"
#include "tools/train_embedded/stages.h"

namespace train_embedded {
namespace {

constexpr std::uint64_t kControlSeed = 8;
constexpr int kNoiseLevels = 4;  // in the log

models::ControlNet network_on(models::ParameterSource& source) {
  return {models::ControlNetConfig::read(tensors::ConfigReader::parse(controlnet_config().dump(), "controlnet")),
          source};
}

/// The way in, down and middle: what a ControlNet begins as a copy of.
models::ParameterTable encoder_of(const models::UNet& unet) {
  models::ParameterTable table;
  for (const auto& [name, tensor] : unet.parameters())
    for (const char* part : {"conv_in.", "time_embedding.", "add_embedding.", "down_blocks.", "mid_block."})
      if (name.starts_with(part)) table.emplace_back(name, tensor);
  return table;
}

class ControlNetStage {
 public:
  explicit ControlNetStage(const Run& run)
      : run_(run),
        journal_(run.work / "controlnet", run.minutes),
        model_(run.model),
        scenes_(hinted_scenes(run.work, model_.vae(), run.scenes, journal_)),
        captioned_(scenes_.latents),
        parameters_(layout(), kControlSeed),
        controlnet_(network_on(parameters_)),
        judged_(unseen_scenes(kJudged)),
        without_(draw_judged(model_, judged_, nullptr)) {
    if (std::filesystem::exists(checkpoint())) parameters_.load(checkpoint());
    else parameters_.begin_with(encoder_of(model_.unet()));
    journal_.tell({{"stage", "controlnet"},
                   {"parameters", parameters_.count()},
                   {"from_step", parameters_.steps()},
                   {"scenes", run.scenes},
                   {"without", agreement_of(without_, judged_).f()}});
  }

  void go() {
    while (parameters_.steps() < run_.steps && !journal_.time_is_up()) {
      step(imaging::mix(kControlSeed, static_cast<std::uint64_t>(parameters_.steps())));
      if (parameters_.steps() % kTell == 0) tell();
      if (parameters_.steps() % kKeep == 0) parameters_.save(checkpoint());
      if (parameters_.steps() % kLook == 0) look();
    }
    parameters_.save(checkpoint());
    look();
  }

 private:
  static constexpr std::int64_t kTell = 50, kKeep = 100, kLook = 500;
  static constexpr int kJudged = 12;
  /// Beside the captions that are empty anyway: edges are to say enough by themselves.
  static constexpr double kWithoutCaption = 0.3;

  static Layout layout() {
    Layout layout;
    network_on(layout);
    return layout;
  }
  std::filesystem::path checkpoint() const { return journal_.folder() / "checkpoint.safetensors"; }

  void step(std::uint64_t seed) {
    CaptionedLatents::Batch batch = captioned_.batch(run_.batch, seed);
    for (std::size_t i = 0; i < batch.captions.size(); ++i)
      if (imaging::unit(imaging::mix(seed, 31), i) < kWithoutCaption) batch.captions[i].clear();
    const Noised given = noised(alphas_, batch.latents, seed);
    models::UNet::Input input = model_.input(given.latents, given.timesteps, texts(batch.captions));
    const at::Tensor edges = scenes_.hints.index_select(0, batch.rows).unsqueeze(1);
    const at::Tensor hints = (edges.to(at::kFloat) / 255).repeat({1, 3, 1, 1});
    input.residuals = controlnet_(input, controlnet_.embedded(hints));
    const at::Tensor error = (model_.unet()(input) - given.velocity).square().mean({1, 2, 3});
    (error * given.weight).mean().backward();
    rate_ = learning_rate(run_, parameters_.steps());
    norm_ = parameters_.step({.learning_rate = rate_, .mean_decay = 0.998});
    const std::int64_t part = run_.batch / kNoiseLevels;
    for (std::size_t i = 0; i < kNoiseLevels; ++i)
      errors_[i] += error.detach().narrow(0, static_cast<std::int64_t>(i) * part, part).mean().item<double>() / kTell;
  }

  Denoiser::Text texts(const std::vector<std::string>& captions) const {
    const at::NoGradGuard no_gradients;
    return model_.read(captions);
  }

  void tell() {
    journal_.tell({{"step", parameters_.steps()},
                   {"errors", errors_},
                   {"norm", norm_},
                   {"rate", rate_},
                   {"seconds", journal_.seconds()}});
    errors_ = {};
  }

  /// A sheet of what training has never seen: the drawing, its edges, and what became of them.
  void look() {
    parameters_.swap_mean();
    const std::vector<cv::Mat> told = draw_judged(model_, judged_, &controlnet_);
    const std::vector<cv::Mat> silent = draw_judged(model_, judged_, &controlnet_, Telling::kNothing);
    parameters_.swap_mean();
    std::vector<imaging::SheetCell> cells;
    for (std::size_t i = 0; i < judged_.size(); ++i) {
      cv::Mat hint;
      cv::merge(std::vector<cv::Mat>(3, judged_[i].edges), hint);
      cells.push_back({judged_[i].picture, judged_[i].caption});
      cells.push_back({imaging::from_8bit(hint), "edges"});
      cells.push_back({without_[i], "told the caption"});
      cells.push_back({told[i], "told both"});
      cells.push_back({silent[i], "told the edges"});
    }
    const imaging::SheetLayout layout{.columns = 10, .cell = kNativeSize, .background = {0.97, 0.96, 0.93}};
    journal_.picture("sheet.png", imaging::draw_contact_sheet(cells, layout));
    journal_.tell({{"step", parameters_.steps()},
                   {"agreement", agreement_of(told, judged_).f()},
                   {"agreement_without_caption", agreement_of(silent, judged_).f()},
                   {"seconds", journal_.seconds()}});
  }

  const Run& run_;
  Journal journal_;
  const ShippedModel model_;
  const HintedScenes scenes_;
  const CaptionedLatents captioned_;
  Parameters parameters_;
  const models::ControlNet controlnet_;
  const std::vector<JudgedScene> judged_;
  const std::vector<cv::Mat> without_;  ///< the ControlNet
  const at::Tensor alphas_ = alphas_cumprod();
  std::array<double, kNoiseLevels> errors_{};  ///< of the velocity by noise level, from little noise to much
  double rate_ = 0, norm_ = 0;
};

}  // namespace

void learn_controlnet(const Run& run) {
  ControlNetStage(run).go();
}

}  // namespace train_embedded
